import { performance } from 'node:perf_hooks';
import { Pool } from 'undici';

/** When the bytes of an answer came, in milliseconds from the question. */
export interface Visit {
  readonly firstByteMs: number;
  readonly lastByteMs: number;
  readonly text: string;
}

/** Asks for pages as a browser does that keeps its connections, and does nothing with what it gets. */
export interface Visitor extends AsyncDisposable {
  get(path: string): Promise<Visit>;
  /** Follows a stream of patches until its scope ends. */
  follow(path: string): Promise<PatchStream>;
}

export interface PatchStream extends Disposable {
  /** Resolves when the next patch has come. */
  nextPatch(): Promise<void>;
}

/** @param cookie Of who has come in. */
export function createVisitor(origin: string, cookie = ''): Visitor {
  const pool = new Pool(origin, { connections: 2, pipelining: 1, bodyTimeout: 0 });
  const ask = (path: string, signal?: AbortSignal) =>
    pool.request({
      path,
      method: 'GET',
      headers: { cookie },
      ...(signal === undefined ? {} : { signal }),
    });
  return {
    get: async (path) => {
      const askedMs = performance.now();
      const answer = await ask(path);
      let firstByteMs: number | undefined;
      const decoder = new TextDecoder();
      let text = '';
      for await (const chunk of answer.body) {
        firstByteMs ??= performance.now() - askedMs;
        text += decoder.decode(chunk, { stream: true });
      }
      const lastByteMs = performance.now() - askedMs;
      if (answer.statusCode !== 200) throw new Error(`${path} said ${answer.statusCode}`);
      return { firstByteMs: firstByteMs ?? lastByteMs, lastByteMs, text };
    },
    follow: async (path) => {
      const over = new AbortController();
      const answer = await ask(path, over.signal);
      let waiting = Promise.withResolvers<void>();
      const read = async (): Promise<void> => {
        for await (const chunk of answer.body) {
          if (String(chunk).includes('event: patch')) waiting.resolve();
        }
      };
      read().catch((error: unknown) => waiting.reject(error));
      // Nobody may be waiting when it ends.
      waiting.promise.catch(() => undefined);
      return {
        nextPatch: () => {
          waiting = Promise.withResolvers<void>();
          return waiting.promise;
        },
        [Symbol.dispose]: () => over.abort(),
      };
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

/** Follows a link that leads in. Returns the cookie. */
export async function enter(origin: string, key: string): Promise<string> {
  const answer = await fetch(`${origin}/enter?key=${key}`, { redirect: 'manual' });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  if (cookie === undefined) throw new Error(`the link led nowhere: ${answer.status}`);
  return cookie;
}
