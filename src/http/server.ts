import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { portInUse } from './taken.ts';

/** How long a client may take for its headers, and for the whole of its request. */
const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 15_000;
const CHECK_INTERVAL_MS = 1000;
/** Longer than cloudflared keeps an idle connection to its origin, so that it is never ours to close first. */
const KEEP_ALIVE_TIMEOUT_MS = 120_000;
/** What is not answered so long after the end has begun is cut off. */
const CLOSE_LIMIT_MS = 5000;

/** The listening server. */
export interface HttpServer {
  readonly port: number;
  /**
   * Takes no new connection, ends those on which nothing is asked, and resolves when the requests under
   * way are answered: after five seconds at the latest, when those that are not are cut off.
   */
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
  const endConnections = watchConnections(server);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        const limit = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS);
        server.close(() => {
          clearTimeout(limit);
          resolve();
        });
        endConnections();
      }),
  };
}

/**
 * Knows on which connections something is being answered. Node ends none that has not asked anything yet,
 * and none behind the answer that was under way.
 *
 * @returns Ends them all, those at once on which nothing is asked.
 */
function watchConnections(server: Server): () => void {
  const openCounts = new Map<Socket, number>();
  let isEnding = false;
  const settle = (socket: Socket): void => {
    if (isEnding && openCounts.get(socket) === 0) socket.destroySoon();
  };
  const count = (socket: Socket, by: number): void => {
    openCounts.set(socket, (openCounts.get(socket) ?? 0) + by);
    settle(socket);
  };
  server.on('connection', (socket: Socket) => {
    count(socket, 0);
    socket.once('close', () => openCounts.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    count(socket, 1);
    response.once('close', () => {
      if (openCounts.has(socket)) count(socket, -1);
    });
  });
  return () => {
    isEnding = true;
    for (const socket of openCounts.keys()) settle(socket);
  };
}
