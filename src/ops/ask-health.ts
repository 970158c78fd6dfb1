import { z } from 'zod';
import { parseJson } from '../core/json.ts';
import type { HttpClient } from '../platform/http-client.ts';

const TIMEOUT_MS = 5000;
const MAX_BYTES = 256 * 1024;

const reportSchema = z.looseObject({
  status: z.enum(['ok', 'failing']),
  version: z.string(),
  uptimeSeconds: z.number(),
  pid: z.number().optional(),
  home: z.string().optional(),
  checks: z.record(z.string(), z.looseObject({ ok: z.boolean(), remedy: z.string().optional() })),
});

/** What `GET /health` says. */
export type HealthAnswer = z.infer<typeof reportSchema>;

/** What became of asking. */
export type AskedHealth =
  | { readonly kind: 'answered'; readonly report: HealthAnswer }
  /** Something listens there that is no Claudio, or one that is broken. */
  | { readonly kind: 'odd'; readonly reason: string }
  | { readonly kind: 'silent'; readonly reason: string };

/** Asks the service on this machine how it is: GET /health. Takes up to five seconds; never throws. */
export async function askHealth(http: HttpClient, port: number): Promise<AskedHealth> {
  const outcome = await http.request({
    method: 'GET',
    url: `http://127.0.0.1:${port}/health`,
    timeoutMs: TIMEOUT_MS,
    maxResponseBytes: MAX_BYTES,
  });
  if (outcome.kind === 'failed') return { kind: 'silent', reason: outcome.reason };
  const parsed = reportSchema.safeParse(parseJson(outcome.body));
  if (parsed.success) return { kind: 'answered', report: parsed.data };
  return { kind: 'odd', reason: `HTTP ${outcome.status}, and not what Claudio answers` };
}
