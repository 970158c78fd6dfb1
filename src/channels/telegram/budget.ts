import type { Clock } from '../../core/clock.ts';

// Telegram takes about 30 calls a second of a bot, one message a second in a chat and 20 a minute in
// a group (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). It does
// not say which of these count signs, so signs take no more than a third of the whole, and in a chat
// no more than one typing sign and a few reactions need.

interface Rate {
  /** How many calls may come at once. */
  readonly burstCount: number;
  /** How long one call takes to come back. */
  readonly refillMs: number;
}

const PER_DESTINATION: Rate = { burstCount: 4, refillMs: 3_000 };
const OVERALL: Rate = { burstCount: 15, refillMs: 100 };
/** Above this many destinations, those that are back at a full bucket are forgotten. */
const REMEMBERED_COUNT = 256;

/** What cosmetic calls may spend, so that they never use up what replies need. */
export interface Budget {
  /** Takes one call; false when there is none to be had now. */
  take(destination: string): boolean;
  /** Leaves a destination alone for as long as Telegram asked. */
  pause(destination: string, durationMs: number): void;
}

interface Bucket {
  tokenCount: number;
  refilledAtMs: number;
  pausedUntilMs: number;
}

/** Token buckets, one a destination and one for all of them. */
export function createBudget(clock: Clock): Budget {
  const fresh = (rate: Rate): Bucket => ({
    tokenCount: rate.burstCount,
    refilledAtMs: clock.now(),
    pausedUntilMs: 0,
  });
  const overall = fresh(OVERALL);
  const buckets = new Map<string, Bucket>();

  const refill = (bucket: Bucket, rate: Rate): Bucket => {
    const now = clock.now();
    // A clock that was set back must not empty the bucket.
    const elapsedMs = Math.max(0, now - bucket.refilledAtMs);
    bucket.tokenCount = Math.min(rate.burstCount, bucket.tokenCount + elapsedMs / rate.refillMs);
    bucket.refilledAtMs = now;
    return bucket;
  };

  const bucketOf = (destination: string): Bucket => {
    const known = buckets.get(destination);
    if (known !== undefined) return refill(known, PER_DESTINATION);
    if (buckets.size >= REMEMBERED_COUNT) forgetFull();
    const bucket = fresh(PER_DESTINATION);
    buckets.set(destination, bucket);
    return bucket;
  };

  const forgetFull = (): void => {
    for (const [destination, bucket] of buckets) {
      const full = refill(bucket, PER_DESTINATION).tokenCount >= PER_DESTINATION.burstCount;
      if (full && bucket.pausedUntilMs <= clock.now()) buckets.delete(destination);
    }
  };

  return {
    take(destination) {
      const bucket = bucketOf(destination);
      refill(overall, OVERALL);
      const affordable = bucket.tokenCount >= 1 && overall.tokenCount >= 1;
      if (!affordable || bucket.pausedUntilMs > clock.now()) return false;
      bucket.tokenCount -= 1;
      overall.tokenCount -= 1;
      return true;
    },
    pause(destination, durationMs) {
      const bucket = bucketOf(destination);
      bucket.pausedUntilMs = Math.max(bucket.pausedUntilMs, clock.now() + durationMs);
    },
  };
}

/** How long calls of one kind have to be apart, one line for each destination. */
export interface Pace {
  /** Takes one call, for which the next has to wait; how long it has to wait itself, 0 if it is taken. */
  take(destination: string, everyMs: number): number;
  /** Leaves a destination alone for as long as Telegram asked. */
  pause(destination: string, durationMs: number): void;
}

export function createPace(clock: Clock): Pace {
  const freeAtMs = new Map<string, number>();

  const forgetFree = (): void => {
    for (const [destination, atMs] of freeAtMs) {
      if (atMs <= clock.elapsed()) freeAtMs.delete(destination);
    }
  };

  return {
    take(destination, everyMs) {
      const now = clock.elapsed();
      const waitMs = Math.ceil((freeAtMs.get(destination) ?? now) - now);
      if (waitMs > 0) return waitMs;
      if (freeAtMs.size >= REMEMBERED_COUNT) forgetFree();
      freeAtMs.set(destination, now + everyMs);
      return 0;
    },
    pause(destination, durationMs) {
      const untilMs = clock.elapsed() + durationMs;
      freeAtMs.set(destination, Math.max(freeAtMs.get(destination) ?? untilMs, untilMs));
    },
  };
}
