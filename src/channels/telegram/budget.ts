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

/** In one chat: `seen` is enough for each message of a queue that is filled at once. */
const PER_DESTINATION = {
  typing: { burstCount: 4, refillMs: 3_000 },
  seen: { burstCount: 6, refillMs: 3_000 },
} as const satisfies Readonly<Record<string, Rate>>;
const OVERALL: Rate = { burstCount: 15, refillMs: 100 };
/** Above this many destinations, those that are back at a full bucket are forgotten. */
const REMEMBERED_COUNT = 256;

/** What cosmetic calls may spend, so that they never use up what replies need. */
export interface Budget {
  /** Takes one call; false when there is none to be had now. */
  take(destination: string, sign: keyof typeof PER_DESTINATION): boolean;
  /**
   * Takes one call of those that all chats share, for what keeps a pace of its own in its chat. How long
   * to wait, in milliseconds; 0 if it is taken.
   */
  takeShared(destination: string): number;
  /** How long a destination is still left alone; 0 if it is not. */
  pausedMs(destination: string): number;
  /** Leaves a destination alone for as long as Telegram asked, whatever the call is. */
  pause(destination: string, durationMs: number): void;
}

interface Bucket {
  readonly rate: Rate;
  tokenCount: number;
  refilledAtMs: number;
}

/** Token buckets, one a destination and one for all of them. */
export function createBudget(clock: Clock): Budget {
  const fresh = (rate: Rate): Bucket => ({
    rate,
    tokenCount: rate.burstCount,
    refilledAtMs: clock.elapsed(),
  });
  const overall = fresh(OVERALL);
  const buckets = new Map<string, Bucket>();
  const pausedUntilMs = new Map<string, number>();

  const refill = (bucket: Bucket): Bucket => {
    const { rate } = bucket;
    const now = clock.elapsed();
    const refillCount = (now - bucket.refilledAtMs) / rate.refillMs;
    bucket.tokenCount = Math.min(rate.burstCount, bucket.tokenCount + refillCount);
    bucket.refilledAtMs = now;
    return bucket;
  };

  const bucketOf = (destination: string, sign: keyof typeof PER_DESTINATION): Bucket => {
    const name = `${sign} ${destination}`;
    const known = buckets.get(name);
    if (known !== undefined) return refill(known);
    if (buckets.size >= REMEMBERED_COUNT) forgetFull();
    const bucket = fresh(PER_DESTINATION[sign]);
    buckets.set(name, bucket);
    return bucket;
  };

  const forgetFull = (): void => {
    for (const [name, bucket] of buckets) {
      if (refill(bucket).tokenCount >= bucket.rate.burstCount) buckets.delete(name);
    }
  };

  const pausedMs = (destination: string): number => {
    const leftMs = (pausedUntilMs.get(destination) ?? 0) - clock.elapsed();
    if (leftMs <= 0) pausedUntilMs.delete(destination);
    return Math.max(0, Math.ceil(leftMs));
  };

  const takeShared = (destination: string): number => {
    const waitMs = pausedMs(destination);
    if (waitMs > 0) return waitMs;
    const lackingCount = 1 - refill(overall).tokenCount;
    if (lackingCount > 0) return Math.ceil(lackingCount * OVERALL.refillMs);
    overall.tokenCount -= 1;
    return 0;
  };

  return {
    takeShared,
    pausedMs,
    take(destination, sign) {
      const bucket = bucketOf(destination, sign);
      if (bucket.tokenCount < 1 || takeShared(destination) > 0) return false;
      bucket.tokenCount -= 1;
      return true;
    },
    pause(destination, durationMs) {
      const untilMs = clock.elapsed() + durationMs;
      pausedUntilMs.set(destination, Math.max(pausedUntilMs.get(destination) ?? 0, untilMs));
    },
  };
}

/** How long calls of one kind have to be apart, one line for each destination. */
export interface Pace {
  /** Takes one call, for which the next has to wait; how long it has to wait itself, 0 if it is taken. */
  take(destination: string, everyMs: number): number;
}

/** Keeps calls apart that also take from what all cosmetic calls share. */
export function createPace(clock: Clock, budget: Budget): Pace {
  const freeAtMs = new Map<string, number>();

  const forgetFree = (): void => {
    for (const [destination, atMs] of freeAtMs) {
      if (atMs <= clock.elapsed()) freeAtMs.delete(destination);
    }
  };

  return {
    take(destination, everyMs) {
      const now = clock.elapsed();
      const ownWaitMs = Math.ceil((freeAtMs.get(destination) ?? now) - now);
      if (ownWaitMs > 0) return Math.max(ownWaitMs, budget.pausedMs(destination));
      const sharedWaitMs = budget.takeShared(destination);
      if (sharedWaitMs > 0) return sharedWaitMs;
      if (freeAtMs.size >= REMEMBERED_COUNT) forgetFree();
      freeAtMs.set(destination, now + everyMs);
      return 0;
    },
  };
}
