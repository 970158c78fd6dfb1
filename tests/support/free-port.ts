import { randomInt } from 'node:crypto';
import { freePort as freePortAmong } from '../../src/playground/free-port.ts';

/** Below those that systems give out by themselves, from 32768 on, and above those of playgrounds. */
const FIRST_PORT = 20_000;
const PORTS_PER_WORKER = 1000;
const WORKERS = 12;

let count = randomInt(PORTS_PER_WORKER);

/**
 * A port of 127.0.0.1 that nobody listens on, and that no other worker of the same run is given: each has
 * its own, one after another, and so has what runs without one. So it is still free between two starts of
 * the same service.
 *
 * @throws What the system throws where it is something else than a port in use.
 */
export function freePort(): Promise<number> {
  const worker = Number(process.env['VITEST_POOL_ID'] ?? 0) % WORKERS;
  return freePortAmong(() => {
    count = (count + 1) % PORTS_PER_WORKER;
    return FIRST_PORT + worker * PORTS_PER_WORKER + count;
  });
}
