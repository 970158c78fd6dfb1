import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { hasCode } from '../core/error.ts';

/** None that systems give out by themselves: those begin at 32768. */
const FIRST_PORT = 10_000;
const END_PORT = 20_000;

/**
 * A port of 127.0.0.1 that nobody listens on. Nobody is given it by the system either, so it is still free
 * when the service has started, and between its end and its next start.
 *
 * @param choose One to try; at random unless given.
 * @throws What the system throws where it is something else than a port in use.
 */
export async function freePort(
  choose: () => number = () => randomInt(FIRST_PORT, END_PORT),
): Promise<number> {
  for (;;) {
    const port = choose();
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE')) return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}
