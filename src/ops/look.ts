import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';

/** How a look at something slow is remembered. */
export interface LookOptions<T> {
  readonly clock: Clock;
  /** Never throws. */
  readonly look: () => Promise<T>;
  /** Whether all was well. Only that is remembered; what was wrong is looked at anew. */
  readonly isWell: (found: T) => boolean;
  /** For so long no new look is taken. */
  readonly freshMs: number;
  /** For so long what was found stands in for a look that does not come to an end in `waitMs`. */
  readonly keptMs: number;
  readonly waitMs: number;
}

/**
 * A look that never piles up and seldom keeps waiting: one is under way at a time, whoever asks, and it
 * goes on, and counts, when nobody waits for it any more.
 */
export function createLook<T>(options: LookOptions<T>): () => Promise<T> {
  const { clock } = options;
  let well: { readonly found: T; readonly atMs: number } | undefined;
  let underWay: Promise<T> | undefined;

  const look = async (): Promise<T> => {
    const found = await options.look();
    well = options.isWell(found) ? { found, atMs: clock.elapsed() } : undefined;
    return found;
  };

  return async () => {
    const ageMs = well === undefined ? Number.POSITIVE_INFINITY : clock.elapsed() - well.atMs;
    if (well !== undefined && ageMs < options.freshMs) return well.found;
    underWay ??= look().finally(() => {
      underWay = undefined;
    });
    if (well === undefined || ageMs >= options.keptMs) return await underWay;
    const late = new AbortController();
    const before = well.found;
    try {
      return await Promise.race([
        underWay,
        setTimeout(options.waitMs, before, { signal: late.signal }),
      ]);
    } finally {
      late.abort();
    }
  };
}
