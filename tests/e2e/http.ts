import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { RunningService } from './service.ts';

export const WEBHOOK_PATH = '/telegram/webhook';
/** Of every service that `createWorld` sets up. */
export const SECRET_TOKEN = 'e2e-secret';

/** Posts to the webhook as Telegram does, with the right secret unless `headers` say otherwise. */
export function post(
  service: RunningService,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(service.url + WEBHOOK_PATH, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-telegram-bot-api-secret-token': SECRET_TOKEN,
      ...headers,
    },
    body,
  });
}

/** A connection on which a test writes what no HTTP client would. */
export interface RawConnection {
  readonly socket: Socket;
  /** Resolves with all that came when the other side has closed or cut it, and after how long. */
  readonly over: Promise<{ readonly text: string; readonly afterMs: number }>;
  /** Resolves with what came so far as soon as that fits. */
  until(fits: RegExp): Promise<string>;
}

export async function rawConnection(port: number, text: string): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const startedAtMs = performance.now();
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk;
  });
  // A side that cuts a connection with unread bytes on it resets it.
  socket.on('error', () => undefined);
  const over = once(socket, 'close').then(() => ({
    text: received,
    afterMs: performance.now() - startedAtMs,
  }));
  if (text !== '') socket.write(text);
  return {
    socket,
    over,
    until: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          if (!fits.test(received)) return;
          socket.off('data', look);
          resolve(received);
        };
        socket.on('data', look);
        look();
      }),
  };
}
