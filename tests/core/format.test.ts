import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  compactNumber,
  dayAndYearOf,
  dayOf,
  escapeMarkdown,
  excerpt,
  formatDuration,
  fullMomentOf,
  messagesCount,
  momentOf,
  offsetOf,
  wholeNumber,
} from '../../src/core/format.ts';

const MIN = 60_000;
const HOUR = 60 * MIN;

describe('a duration', () => {
  test('is told in its two largest units', () => {
    expect(
      [
        -5,
        0,
        999,
        1000,
        59_999,
        MIN,
        MIN + 999,
        3 * MIN + 20_000,
        HOUR - 1,
        HOUR,
        2 * HOUR + 5 * MIN,
        50 * HOUR,
      ].map(formatDuration),
    ).toEqual([
      'under 1 s',
      'under 1 s',
      'under 1 s',
      '1 s',
      '59 s',
      '1 min',
      '1 min',
      '3 min 20 s',
      '59 min 59 s',
      '1 h',
      '2 h 5 min',
      '50 h',
    ]);
  });
});

describe('an excerpt', () => {
  test('is one line, not too long, and holds no half of a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 2, max: 20 }),
        (text, length) => {
          const short = excerpt(text, length);
          expect(short.length).toBeLessThanOrEqual(length);
          expect(short).not.toMatch(/[\r\n]/u);
          expect(short.isWellFormed()).toBe(true);
          expect(short.includes('\uFFFD') && !text.includes('\uFFFD')).toBe(false);
        },
      ),
    );
    expect(excerpt('one\n  two\tthree', 11)).toBe('one two th…');
    expect(excerpt('😀😀😀', 4)).toBe('😀…');
  });
});

describe('an escaped text', () => {
  test('keeps its letters and has no line break', () => {
    expect(escapeMarkdown('a_b *c* [d](e)\n# f')).toBe(String.raw`a\_b \*c\* \[d\]\(e\) \# f`);
  });
});

test('one is told from many', () => {
  expect([0, 1, 2].map(messagesCount)).toEqual(['0 messages', '1 message', '2 messages']);
});

function intl(options: Intl.DateTimeFormatOptions, atMs: number): string {
  return new Intl.DateTimeFormat('en', options).format(atMs);
}

describe('without Intl, which takes long to load, it is what Intl would write:', () => {
  const moment = fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2060, 0, 1) });

  afterEach(() => vi.unstubAllEnvs());

  test.each([
    ['UTC', 'UTC+00:00'],
    ['Europe/Berlin', 'UTC+02:00'],
    ['America/St_Johns', 'UTC-02:30'],
    ['Asia/Kathmandu', 'UTC+05:45'],
    ['Pacific/Apia', 'UTC+13:00'],
  ])('a day, with its year and with its time, in the time zone %s', (zone, inSummer) => {
    vi.stubEnv('TZ', zone);
    expect(offsetOf(Date.UTC(2026, 6, 1))).toBe(inSummer);
    const day = { month: 'short', day: 'numeric' } as const;
    const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    fc.assert(
      fc.property(moment, moment, (atMs, nowMs) => {
        const date = intl({ dateStyle: 'medium' }, atMs);
        expect(dayOf(atMs)).toBe(intl(day, atMs));
        expect(dayAndYearOf(atMs)).toBe(date);
        expect(fullMomentOf(atMs)).toBe(`${date}, ${intl({ ...time, second: '2-digit' }, atMs)}`);
        expect(momentOf(atMs, atMs)).toBe(intl(time, atMs));
        const isThisYear = date.slice(-4) === intl({ year: 'numeric' }, nowMs);
        const isToday = date === intl({ dateStyle: 'medium' }, nowMs);
        expect(momentOf(atMs, nowMs)).toBe(
          [...(isToday ? [] : [isThisYear ? intl(day, atMs) : date]), intl(time, atMs)].join(', '),
        );
        const offset = intl({ timeZoneName: 'longOffset' }, atMs).split('GMT')[1];
        expect(offsetOf(atMs)).toBe(`UTC${offset === '' ? '+00:00' : offset}`);
      }),
    );
  });

  test('a number, in full and in short', () => {
    const format = new Intl.NumberFormat('en', {
      notation: 'compact',
      minimumFractionDigits: 0,
      maximumFractionDigits: 1,
    });
    fc.assert(
      fc.property(fc.oneof(fc.nat(10_000), fc.nat(10_000_000), fc.nat()), (count) => {
        expect(wholeNumber(count)).toBe(count.toLocaleString('en'));
        expect(compactNumber(count)).toBe(format.format(count));
      }),
    );
    expect([999, 1000, 999_949, 999_950, 1_250_000_000, 3e15].map(compactNumber)).toEqual(
      [999, 1000, 999_949, 999_950, 1_250_000_000, 3e15].map((count) => format.format(count)),
    );
  });
});
