import type { IncomingMessage } from 'node:http';
import { Upload } from './fields.ts';
import { badRequest, Refusal } from './refusal.ts';

/** 50 MB of files, and a little for what goes around them. */
const MAX_BODY_BYTES = 51 * 1_024 * 1_024;

async function readBody(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Buffer)) continue;
    byteCount += chunk.byteLength;
    if (byteCount <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (byteCount > MAX_BODY_BYTES) throw new Refusal(413, 'Request Entity Too Large');
  return Buffer.concat(chunks);
}

function readJson(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    throw badRequest("can't parse JSON object");
  }
  throw badRequest("can't parse JSON object");
}

async function readForm(
  body: Buffer<ArrayBuffer>,
  contentType: string,
): Promise<Record<string, unknown>> {
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
  const params: Record<string, unknown> = {};
  for (const [name, value] of form) {
    if (typeof value === 'string') {
      params[name] = value;
      continue;
    }
    params[name] = new Upload({
      fileName: value.name,
      mimeType: value.type || 'application/octet-stream',
      content: Buffer.from(await value.arrayBuffer()),
    });
  }
  return params;
}

/**
 * The parameters of a call, from the query and a body of any of the three forms that the Bot API
 * takes: https://core.telegram.org/bots/api#making-requests
 */
export async function readParams(
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<Record<string, unknown>> {
  const fromQuery = Object.fromEntries(query);
  const body = await readBody(request);
  const contentType = request.headers['content-type'] ?? '';
  if (body.byteLength === 0) return fromQuery;
  if (contentType.startsWith('application/json')) return { ...fromQuery, ...readJson(body) };
  if (
    contentType.startsWith('multipart/form-data') ||
    contentType.startsWith('application/x-www-form-urlencoded')
  ) {
    return { ...fromQuery, ...(await readForm(body, contentType)) };
  }
  throw badRequest(`unsupported content type "${contentType}"`);
}
