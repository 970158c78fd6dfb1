import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { hasCode } from '../core/error.ts';

/** Below those that systems give out by themselves, from 32768 on, and above those that browsers refuse. */
const FIRST_PORT = 11_000;
const END_PORT = 20_000;

/**
 * A port of 127.0.0.1 that nobody listens on. As systems are set up nobody is given it by chance either: so
 * it stays free until the service listens, and between its end and its next start.
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
