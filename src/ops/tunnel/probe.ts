import { z } from 'zod';
import { parseJson } from '../../core/json.ts';
import type { HttpClient } from '../../platform/http-client.ts';

const TIMEOUT_MS = 2000;
const MAX_BYTES = 64 * 1024;

const readySchema = z.looseObject({ readyConnections: z.number() });
const quickSchema = z.looseObject({ hostname: z.string() });

/** What cloudflared says of its connections to Cloudflare. */
export type Probed =
  | { readonly kind: 'connected'; readonly connectionCount: number }
  | { readonly kind: 'unconnected' }
  | { readonly kind: 'silent'; readonly reason: string };

/**
 * Asks a running cloudflared whether it is connected: `GET /ready`, 200 or 503.
 *
 * Source: https://github.com/cloudflare/cloudflared/blob/master/metrics/readiness.go
 */
export async function probeReady(
  http: HttpClient,
  port: number,
  signal: AbortSignal,
): Promise<Probed> {
  const answer = await get(http, port, '/ready', signal);
  if (typeof answer === 'string') return { kind: 'silent', reason: answer };
  const parsed = readySchema.safeParse(answer.json);
  if (!parsed.success || (answer.status !== 200 && answer.status !== 503)) {
    return { kind: 'silent', reason: `HTTP ${answer.status}, and not what cloudflared answers` };
  }
  const { readyConnections } = parsed.data;
  return answer.status === 200 && readyConnections > 0
    ? { kind: 'connected', connectionCount: readyConnections }
    : { kind: 'unconnected' };
}

/** The address of a quick tunnel, without a slash at the end; `null` while there is none. */
export async function probeQuickUrl(
  http: HttpClient,
  port: number,
  signal: AbortSignal,
): Promise<string | null> {
  const answer = await get(http, port, '/quicktunnel', signal);
  const parsed = quickSchema.safeParse(typeof answer === 'string' ? undefined : answer.json);
  const hostname = parsed.success ? parsed.data.hostname : '';
  const url = /^https?:\/\//u.test(hostname) ? hostname : `https://${hostname}`;
  return URL.canParse(url) ? new URL(url).origin : null;
}

async function get(http: HttpClient, port: number, path: string, signal: AbortSignal) {
  const outcome = await http.request({
    method: 'GET',
    url: `http://127.0.0.1:${port}${path}`,
    timeoutMs: TIMEOUT_MS,
    maxResponseBytes: MAX_BYTES,
    signal,
  });
  if (outcome.kind === 'failed') return outcome.reason;
  return { status: outcome.status, json: parseJson(outcome.body) };
}
