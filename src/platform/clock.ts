import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
};

/** A new random id, as a UUID of version 4. */
export function newId(): string {
  return randomUUID();
}

/** A random number from 0 to 1. */
export function random(): number {
  return Math.random();
}
