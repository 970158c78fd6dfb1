import { Agent, FormData, request } from 'undici';

/** How long to wait for a connection, and how long an idle one is kept for the next request. */
const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 4_000;

/** One request to the outside. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | FormData;
  /** For the whole request, from the connection to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly signal?: AbortSignal;
}

/** What came of a request. */
export type HttpOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** What `Retry-After` asks for in seconds; null where it asks for nothing, or names a date. */
      readonly retryAfterMs: number | null;
      /** What time it was there, to the second; null where the answer does not tell. */
      readonly serverTimeMs: number | null;
      readonly body: Uint8Array;
    }
  /** No whole answer came. The `reason` never holds the URL, which may carry a secret. */
  | { readonly kind: 'failed'; readonly reason: string };

/** What came of a request whose body was handed on. */
export type HttpTransfer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** What `Location` says; null where it says nothing. */
      readonly location: string | null;
    }
  | { readonly kind: 'failed'; readonly reason: string };

/** The one way out: every HTTP request that Claudio makes goes through it. */
export interface HttpClient {
  /** Makes one attempt; never throws for what a network or a server does. */
  request(request: HttpRequest): Promise<HttpOutcome>;
  /**
   * Makes one attempt at a GET, and hands its body on as it comes, however long that is. Nothing is handed
   * on of an answer other than 200. Throws what `take` throws, and nothing else.
   *
   * @param stallMs How long nothing may come.
   */
  receive(
    request: { readonly url: string; readonly stallMs: number; readonly signal?: AbortSignal },
    take: (chunk: Uint8Array) => Promise<void>,
  ): Promise<HttpTransfer>;
  /** Cuts the connections, and with them the requests under way, which end as `failed`. */
  close(): Promise<void>;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'name resolution failed',
  ENETUNREACH: 'network unreachable',
  EHOSTUNREACH: 'host unreachable',
  UND_ERR_SOCKET: 'connection closed before the answer was complete',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'answer stalled',
};

/** Says what was thrown without its message, in which undici may quote the request. */
function reasonOf(thrown: unknown): string {
  const code =
    thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
      ? thrown.code
      : null;
  if (code !== null) return REASONS[code] ?? `request failed (${code})`;
  return `request failed (${thrown instanceof Error ? thrown.name : typeof thrown})`;
}

function retryAfterMsOf(header: string | string[] | undefined): number | null {
  return typeof header === 'string' && /^\d{1,6}$/u.test(header) ? Number(header) * 1000 : null;
}

function timeOf(header: string | string[] | undefined): number | null {
  const timeMs = typeof header === 'string' ? Date.parse(header) : Number.NaN;
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** Reads a body up to a bound; null when there is more of it. */
async function readUpTo(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of body) {
    byteCount += chunk.byteLength;
    if (byteCount > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Opens a pool of keep-alive connections. HTTP/1.1 only, one request a connection: an aborted request
 * then takes nothing but itself down, and a slow one holds no other up.
 */
export function createHttpClient(): HttpClient {
  const agent = new Agent({
    allowH2: false,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    keepAliveTimeout: KEEP_ALIVE_MS,
  });

  return {
    async request({ method, url, headers, body, timeoutMs, maxResponseBytes, signal }) {
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        const answer = await request(url, {
          dispatcher: agent,
          method,
          headers: headers ?? {},
          body: body ?? null,
          signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
        });
        const content = await readUpTo(answer.body, maxResponseBytes);
        if (content === null) {
          return { kind: 'failed', reason: `answer larger than ${maxResponseBytes} bytes` };
        }
        return {
          kind: 'answered',
          status: answer.statusCode,
          retryAfterMs: retryAfterMsOf(answer.headers['retry-after']),
          serverTimeMs: timeOf(answer.headers['date']),
          body: content,
        };
      } catch (thrown) {
        if (deadline.aborted) {
          return { kind: 'failed', reason: `no answer within ${timeoutMs} ms` };
        }
        if (signal?.aborted === true) {
          const late =
            signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
          return { kind: 'failed', reason: late ? 'no answer in time' : 'aborted' };
        }
        return { kind: 'failed', reason: reasonOf(thrown) };
      }
    },
    async receive({ url, stallMs, signal }, take) {
      let taking: { readonly thrown: unknown } | null = null;
      try {
        const answer = await request(url, {
          dispatcher: agent,
          signal: signal ?? null,
          headersTimeout: stallMs,
          bodyTimeout: stallMs,
        });
        const { location } = answer.headers;
        if (answer.statusCode === 200) {
          for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
            await take(chunk).catch((thrown: unknown) => {
              taking = { thrown };
              throw thrown;
            });
          }
        } else {
          await answer.body.dump();
        }
        return {
          kind: 'answered',
          status: answer.statusCode,
          location: typeof location === 'string' ? location : null,
        };
      } catch (thrown) {
        if (taking !== null) throw thrown;
        return { kind: 'failed', reason: signal?.aborted === true ? 'aborted' : reasonOf(thrown) };
      }
    },
    close: async () => agent.destroy(),
  };
}

export { FormData };
