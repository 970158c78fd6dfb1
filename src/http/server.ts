import { createServer, type Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { portInUse } from './taken.ts';

/** How long a client may take for its headers, and for the whole of its request. */
const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 15_000;
const CHECK_INTERVAL_MS = 1000;
/** Longer than cloudflared keeps an idle connection to its origin, so that it is never ours to close first. */
const KEEP_ALIVE_TIMEOUT_MS = 120_000;

/** The listening server. */
export interface HttpServer {
  readonly port: number;
  /** Takes no new connection and resolves when the requests under way are answered. */
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1, and nowhere else. Requests that arrive too slowly are cut off with 408.
 *
 * @throws ClaudioError `port.in-use`, which says who has it.
 */
export async function listen(app: Hono, port: number): Promise<HttpServer> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer,
    serverOptions: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
  }) as Server;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw isTaken ? await portInUse(port, error) : error;
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
