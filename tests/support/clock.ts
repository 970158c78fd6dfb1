import type { Clock } from '../../src/core/clock.ts';

/** A clock that stands still until it is set. */
export interface TestClock extends Clock {
  /** Sets the time of day; nothing else has passed. */
  set(ms: number): void;
  advance(ms: number): void;
}

export function testClock(startMs = Date.UTC(2026, 0, 15, 12)): TestClock {
  let nowMs = startMs;
  let elapsedMs = 0;
  return {
    now: () => nowMs,
    elapsed: () => elapsedMs,
    set: (ms) => {
      nowMs = ms;
    },
    advance: (ms) => {
      nowMs += ms;
      elapsedMs += ms;
    },
  };
}
