import { expect, test } from 'vitest';
import { sinceOf } from '../../src/cli/since.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const HOUR_MS = 3_600_000;

test.each([
  ['90m', NOW - 1.5 * HOUR_MS],
  ['12h', NOW - 12 * HOUR_MS],
  ['2d', NOW - 48 * HOUR_MS],
  ['1w', NOW - 168 * HOUR_MS],
  ['2026-11-01', new Date(2026, 10, 1).getTime()],
  ['2026-11-01T08:30', new Date(2026, 10, 1, 8, 30).getTime()],
  ['2026-11-01 08:30:15', new Date(2026, 10, 1, 8, 30, 15).getTime()],
  ['2026-11-01T08:30Z', Date.UTC(2026, 10, 1, 8, 30)],
  ['2026-11-01T08:30:00.500+02:00', Date.UTC(2026, 10, 1, 6, 30, 0, 500)],
])('%s is a time', (text, expected) => {
  expect(sinceOf(text, NOW)).toBe(expected);
});

test.each([
  '',
  'yesterday',
  '2',
  '2 d',
  '-2d',
  '2y',
  '2026-13-01',
  '01.11.2026',
  '2026-11-01T25:00',
])('%j is none, and is refused with what would be', (text) => {
  expect(() => sinceOf(text, NOW)).toThrow('is no time');
});
