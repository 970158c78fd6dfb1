import fc from 'fast-check';
import { expect, test } from 'vitest';
import { confidenceNow } from '../../src/memory/confidence.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
const DAY_MS = 24 * 3_600_000;
const share = fc.double({ min: 0, max: 1, noNaN: true });

test.each([
  ['at once', 0, 0.8],
  ['after 30 days', 30, 0.8],
  ['after 120 days', 120, 0.4],
  ['after 210 days', 210, 0.2],
  ['after ten years', 3650, 0.1],
])('a fact of 0.8 that is not used is worth this %s', (_, days, left) => {
  expect(confidenceNow(0.8, NOW - days * DAY_MS, NOW)).toBeCloseTo(left, 12);
});

test('a fact that was hardly sure is as sure as it was, for ever', () => {
  expect(confidenceNow(0.05, NOW - 3650 * DAY_MS, NOW)).toBe(0.05);
  expect(confidenceNow(0, NOW - 3650 * DAY_MS, NOW)).toBe(0);
});

test('a clock that was set back takes nothing', () => {
  expect(confidenceNow(0.8, NOW + 3650 * DAY_MS, NOW)).toBe(0.8);
});

test('time never adds to a confidence, and never takes it below the floor', () => {
  fc.assert(
    fc.property(share, fc.maxSafeInteger(), fc.maxSafeInteger(), fc.nat(), (was, at, now, more) => {
      const left = confidenceNow(was, at, now);
      expect(left).toBeLessThanOrEqual(was);
      expect(left).toBeGreaterThanOrEqual(Math.min(was, 0.1));
      expect(confidenceNow(was, at, now + more)).toBeLessThanOrEqual(left);
    }),
  );
});
