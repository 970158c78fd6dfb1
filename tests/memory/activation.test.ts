import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AccessHistory,
  baseLevel,
  normalisedActivation,
  RECENT_ACCESS_COUNT,
  withAccess,
} from '../../src/memory/activation.ts';
import { createRandom } from '../support/random.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 365 * DAY_SECONDS;

/** What is kept of a memory that was accessed so many seconds ago, one age an access. */
function historyOf(ages: readonly number[]): AccessHistory {
  const times = ages.map((seconds) => NOW - seconds * 1000).sort((a, b) => b - a);
  return {
    createdAtMs: Math.min(...times),
    accessCount: times.length,
    recentAccessesMs: times.slice(0, RECENT_ACCESS_COUNT),
  };
}

/** The equation as it stands, over every single access. */
function exactly(ages: readonly number[]): number {
  return Math.log(ages.reduce((sum, seconds) => sum + 1 / Math.sqrt(Math.max(1, seconds)), 0));
}

function errorOf(ages: readonly number[]): number {
  return baseLevel(historyOf(ages), NOW) - exactly(ages);
}

/** Whole seconds, which the milliseconds of a history give back as they were. */
const age = fc.integer({ min: 1, max: 10 * YEAR_SECONDS });
const time = fc.maxSafeInteger();
const anyHistory = fc.record({
  createdAtMs: time,
  accessCount: fc.nat(1_000_000),
  recentAccessesMs: fc.array(time, { maxLength: 20 }),
});

describe('the base-level activation', () => {
  it('is -0.5 · ln t for a single access: -1.1513 after ten seconds, -5.6834 after a day', () => {
    // ln(10^-0.5) = -0.5 × 2.302585
    expect(baseLevel(historyOf([10]), NOW)).toBeCloseTo(-1.151293, 6);
    // ln(86400^-0.5) = -0.5 × 11.366743
    expect(baseLevel(historyOf([DAY_SECONDS]), NOW)).toBeCloseTo(-5.683371, 6);
  });

  it('sums up accesses: 1, 4, 9 and 16 seconds ago give ln(1 + 1/2 + 1/3 + 1/4)', () => {
    // 1 + 0.5 + 0.333333 + 0.25 = 2.083333, and ln 2.083333 = 0.733969
    expect(baseLevel(historyOf([1, 4, 9, 16]), NOW)).toBeCloseTo(0.733969, 6);
  });

  it('rises by ln 2 where there are twice as many accesses of the same age', () => {
    // ln(2 × 100^-0.5) = ln 0.2 = -1.609438
    expect(baseLevel(historyOf([100, 100]), NOW)).toBeCloseTo(-1.609438, 6);
  });

  it('is -2.649625 for ACT-R’s own example of the spacing effect', () => {
    // References at 0, 126, 252 and 4844 s, looked at after 5877 s: what ACT-R 7 prints for chunk G of its
    // spacing-effect example, with d = 0.5 and without optimized learning.
    expect(baseLevel(historyOf([0, 126, 252, 4844].map((at) => 5877 - at)), NOW)).toBeCloseTo(
      -2.649625,
      6,
    );
  });

  it('is within 0.01 of what ACT-R’s optimized learning makes of 19 references, -3.5563608', () => {
    // Printed by ACT-R with d = 0.5 and the last 15 counted one by one; here it is the last ten. The
    // example with which jACT-R's base-level learning is tested.
    const last = [
      703_211.94, 527_465.75, 526_783.4, 352_191.1, 351_877.84, 351_706.38, 351_595.1, 351_529.25,
      264_139.03, 263_885.56,
    ];
    const history = {
      createdAtMs: NOW - (789_951.153 - 720.557) * 1000,
      accessCount: 19,
      recentAccessesMs: last.map((at) => NOW - (789_951.153 - at) * 1000),
    };
    expect(Math.abs(baseLevel(history, NOW) - -3.556_360_8)).toBeLessThan(0.01);
  });

  it('takes those before the last ten to be spread evenly, as Petrov has it', () => {
    const history = {
      createdAtMs: NOW - 10_000_000,
      accessCount: 100,
      recentAccessesMs: Array.from({ length: 10 }, () => NOW - 100_000),
    };
    // Ten of 100 seconds: 10 × 100^-0.5 = 1. Ninety between 100 and 10,000 seconds:
    // 90 × (10000^0.5 - 100^0.5) / (0.5 × (10000 - 100)) = 90 × 90 / 4950 = 1.636364.
    // ln 2.636364 = 0.969401
    expect(baseLevel(history, NOW)).toBeCloseTo(0.969401, 6);
  });

  it('takes older ones of the same moment as the tenth for what they are', () => {
    // 20 × 100^-0.5 = 2, and ln 2 = 0.693147
    expect(baseLevel(historyOf(Array.from({ length: 20 }, () => 100)), NOW)).toBeCloseTo(
      0.693147,
      6,
    );
  });

  it('is exact for up to ten accesses', () => {
    fc.assert(
      fc.property(fc.array(age, { minLength: 1, maxLength: 10 }), (ages) => {
        expect(errorOf(ages)).toBeCloseTo(0, 12);
      }),
    );
  });

  it('is within 0.02 for evenly spaced accesses, however many', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 11, max: 3000 }),
        fc.integer({ min: 1, max: DAY_SECONDS }),
        (count, gap) => {
          const ages = Array.from({ length: count }, (_, index) => (index + 1) * gap);
          expect(Math.abs(errorOf(ages))).toBeLessThan(0.02);
        },
      ),
    );
  });

  it('is within 0.2 for accesses at random times, all as likely: 0.1 was the most in 20,000', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 11, max: 500 }), (seed, count) => {
        const random = createRandom(seed);
        const ages = Array.from({ length: count }, () => 1 + random.below(10 * YEAR_SECONDS));
        expect(Math.abs(errorOf(ages))).toBeLessThan(0.2);
      }),
    );
  });

  it('is never more than ln 2 too high, whatever the history', () => {
    const bursts = fc
      .array(fc.tuple(age, fc.integer({ min: 1, max: 50 })), { minLength: 1, maxLength: 20 })
      .map((parts) =>
        parts.flatMap(([seconds, count]) => Array.from({ length: count }, () => seconds)),
      );
    fc.assert(
      fc.property(bursts, (ages) => {
        expect(errorOf(ages)).toBeLessThan(Math.LN2);
      }),
    );
  });

  it('is far too low at worst: a thousand accesses in one hour, ten years after the memory was made', () => {
    const burst = Array.from({ length: 1000 }, (_, index) => 1 + index * 3.6);
    expect(errorOf([10 * YEAR_SECONDS, ...burst])).toBeLessThan(-1);
  });

  it('is never lower right after an access', () => {
    fc.assert(
      fc.property(anyHistory, time, (history, nowMs) => {
        const after = { ...history, ...withAccess(history, nowMs) };
        expect(baseLevel(after, nowMs)).toBeGreaterThanOrEqual(baseLevel(history, nowMs) - 1e-9);
      }),
    );
  });

  it('falls with time', () => {
    fc.assert(
      fc.property(fc.array(age, { minLength: 1, maxLength: 50 }), age, (ages, seconds) => {
        const history = historyOf(ages);
        expect(baseLevel(history, NOW + seconds * 1000)).toBeLessThan(baseLevel(history, NOW));
      }),
    );
  });

  it('is a finite number for any history and any clock', () => {
    fc.assert(
      fc.property(anyHistory, time, (history, nowMs) => {
        expect(baseLevel(history, nowMs)).toSatisfy(Number.isFinite);
        expect(normalisedActivation(baseLevel(history, nowMs))).toSatisfy(isShare);
      }),
    );
  });

  it('takes a time to come, from before a clock was set back, for a second ago', () => {
    expect(baseLevel(historyOf([-3600]), NOW)).toBe(0);
  });
});

describe('the normalised activation', () => {
  it('is one half for a single access a day ago', () => {
    expect(normalisedActivation(baseLevel(historyOf([DAY_SECONDS]), NOW))).toBeCloseTo(0.5, 12);
  });

  it('is 1 / (1 + e^((τ - B) / 2)): 0.7311 two steps above the threshold, 0.2689 two below', () => {
    const threshold = -0.5 * Math.log(DAY_SECONDS);
    // 1 / (1 + 1/2.718282) = 0.731059
    expect(normalisedActivation(threshold + 2)).toBeCloseTo(0.731059, 6);
    expect(normalisedActivation(threshold - 2)).toBeCloseTo(0.268941, 6);
  });

  it('is 0.69 for a use an hour ago and 0.19 for one a year ago', () => {
    // e^((ln 3600 - ln 86400) / 4) = 24^-0.25 = 0.451801, and 1 / 1.451801 = 0.688800
    expect(normalisedActivation(baseLevel(historyOf([3600]), NOW))).toBeCloseTo(0.6888, 6);
    // 365^0.25 = 4.370962, and 1 / 5.370962 = 0.186186
    expect(normalisedActivation(baseLevel(historyOf([YEAR_SECONDS]), NOW))).toBeCloseTo(
      0.186187,
      5,
    );
  });

  it('stays from 0 to 1 and in the same order for any activation', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)].map(normalisedActivation);
        expect(low).toSatisfy(isShare);
        expect(high).toSatisfy(isShare);
        expect(low).toBeLessThanOrEqual(high ?? NaN);
      }),
    );
  });
});

describe('an access', () => {
  it('is kept with the nine before it, so that ten thousand cost as much as ten', () => {
    let history = historyOf([DAY_SECONDS]);
    for (let second = 0; second < 10_000; second += 1) {
      history = { ...history, ...withAccess(history, NOW + second * 1000) };
    }
    expect(history.accessCount).toBe(10_001);
    expect(history.recentAccessesMs).toEqual(
      Array.from({ length: RECENT_ACCESS_COUNT }, (_, index) => NOW + (9999 - index) * 1000),
    );
  });

  it('brings times to come back to now', () => {
    const history = { createdAtMs: NOW, accessCount: 2, recentAccessesMs: [NOW + 9000, NOW] };
    expect(withAccess(history, NOW + 5000)).toEqual({
      accessCount: 3,
      recentAccessesMs: [NOW + 5000, NOW + 5000, NOW],
    });
  });
});

function isShare(number: unknown): boolean {
  return typeof number === 'number' && number >= 0 && number <= 1;
}
