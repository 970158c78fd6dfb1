import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { safeFileName, shownFileName } from '../../src/core/file-name.ts';

/** Names with much of what makes names dangerous. */
const name = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '../',
        '..',
        '.',
        '/',
        '\\',
        '\u202e',
        '\u3164',
        '\u034f',
        '\ufe0f',
        '\ud800',
        '\0',
        '\n',
        ' ',
        '-rf',
        '@x',
      ),
      fc.constantFrom(
        '字'.repeat(90),
        '🙈'.repeat(60),
        'e\u0301'.repeat(60),
        '.tar.gz',
        '.Ünïcode',
      ),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

describe('whatever a file is called, its safe name', () => {
  test('is a name in its folder, which every file system takes', () => {
    fc.assert(
      fc.property(name, (given) => {
        for (const safe of [safeFileName(given), shownFileName(given)]) {
          expect(safe).not.toMatch(/[/\\]/u);
          expect(safe).toMatch(/^[^.\s-]/u);
          expect(safe).toMatch(/[\p{L}\p{N}\p{P}\p{S}]/u);
          expect(safe.length).toBeLessThanOrEqual(100);
          expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(200);
          expect(safe.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('holds nothing that cannot be seen, changes the direction of writing, or means something to a shell or a prompt', () => {
    fc.assert(
      fc.property(name, (given) => {
        expect(safeFileName(given)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}@<>"'`$&;|*?]/u);
        expect(shownFileName(given)).not.toMatch(
          /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}<>"|*?:]/u,
        );
      }),
      { numRuns: 2000 },
    );
  });

  test('is safe already: making it safe again changes nothing', () => {
    fc.assert(
      fc.property(name, (given) => {
        for (const make of [safeFileName, shownFileName]) {
          const safe = make(given);
          expect(make(safe)).toBe(safe);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test.each([
  ['report.pdf', 'report.pdf'],
  ['Übersicht 2026 – Q1.xlsx', 'Übersicht 2026 – Q1.xlsx'],
  ['写真.jpg', '写真.jpg'],
  ['a+b, c.tar.gz', 'a+b, c.tar.gz'],
])('an ordinary name stays as it is: %s', (given, safe) => {
  expect(safeFileName(given)).toBe(safe);
});

test('a long name loses its middle and keeps its ending, also where its letters are long', () => {
  expect(safeFileName(`${'a'.repeat(300)}.txt`)).toBe(`${'a'.repeat(96)}.txt`);
  expect(safeFileName(`${'字'.repeat(99)}.txt`)).toBe(`${'字'.repeat(65)}.txt`);
  expect(safeFileName('字'.repeat(99))).toBe('字'.repeat(66));
  expect(safeFileName(`x.${'a'.repeat(300)}`)).toHaveLength(100);
});

test.each([
  ['marks of direction', '\u202e\u200f\u2067'],
  ['Hangul fillers', '\u115f\u1160\u3164\uffa0'],
  ['the blank of Braille', '\u2800\u2800'],
  ['joiners and selectors', '\u034f\u200d\ufe0f\u{e0100}'],
  ['an accent on nothing', '\u0301'],
  ['spaces and dots', ' \u00a0.\u3000. '],
])('a name of which nothing can be seen is “file”: %s', (_, given) => {
  expect(safeFileName(given)).toBe('file');
  expect(shownFileName(given)).toBe('file');
});

test.each([
  ["Ann's report (v2).pdf", "Ann's report (v2).pdf"],
  ['a [draft] & b #3 = {c} 50%!.txt', 'a [draft] & b #3 = {c} 50%!.txt'],
  ['../../etc/passwd', '_.._etc_passwd'],
  ['a "b": c?.txt', 'a _b__ c_.txt'],
])(
  'the name of a file that people get is as it was written, where no path is in it: %s',
  (given, shown) => {
    expect(shownFileName(given)).toBe(shown);
  },
);
