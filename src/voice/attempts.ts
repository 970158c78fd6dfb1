import { setTimeout } from 'node:timers/promises';

/** Before the second and the third attempt. */
const PAUSES_MS = [1_000, 3_000];
/** Somebody waits: a service that wants to be left alone for longer is not asked again. */
const LONGEST_PAUSE_MS = 10_000;

/** Resolves after a while, or as soon as the signal is aborted; never rejects. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/** A pause in real time. */
export const pauseFor: Pause = (ms, signal) =>
  setTimeout(ms, undefined, { signal }).catch(() => undefined);

/**
 * Makes up to three attempts, and gives what came of the last one.
 *
 * @param how.pauseAfter How long to wait at least, in milliseconds, before it is tried again; null where
 * there is no use in that.
 */
export async function inAttempts<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  how: {
    readonly pauseAfter: (outcome: T) => number | null;
    readonly onPause: (outcome: T, pauseMs: number) => void;
    readonly pause: Pause;
    readonly signal: AbortSignal;
  },
): Promise<T> {
  for (let count = 0; ; count += 1) {
    const outcome = await attempt(how.signal);
    const wantedMs = how.pauseAfter(outcome);
    const ownMs = PAUSES_MS[count];
    if (wantedMs === null || ownMs === undefined || how.signal.aborted) return outcome;
    const pauseMs = Math.max(wantedMs, ownMs);
    if (pauseMs > LONGEST_PAUSE_MS) return outcome;
    how.onPause(outcome, pauseMs);
    await how.pause(pauseMs, how.signal);
    if (how.signal.aborted) return outcome;
  }
}
