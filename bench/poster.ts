import { Pool } from 'undici';
import { HEADERS } from './service.ts';

/** A client of a webhook that keeps its connections, as cloudflared does. */
export interface Poster extends AsyncDisposable {
  /** Delivers an update and tells after how many milliseconds it was acknowledged. */
  post(update: object): Promise<number>;
}

export function createPoster(origin: string, connectionCount: number): Poster {
  const pool = new Pool(origin, { connections: connectionCount, pipelining: 1 });
  return {
    async post(update) {
      const body = JSON.stringify(update);
      const startMs = performance.now();
      const answer = await pool.request({
        path: '/telegram/webhook',
        method: 'POST',
        headers: HEADERS,
        body,
      });
      const tookMs = performance.now() - startMs;
      await answer.body.dump();
      if (answer.statusCode !== 200) throw new Error(`the webhook said ${answer.statusCode}`);
      return tookMs;
    },
    [Symbol.asyncDispose]: () => pool.close(),
  };
}
