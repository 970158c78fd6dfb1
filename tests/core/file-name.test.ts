import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { safeFileName } from '../../src/core/file-name.ts';

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
        const safe = safeFileName(given);
        expect(safe).not.toMatch(/[/\\]/u);
        expect(safe).toMatch(/^[^.\s-]/u);
        expect(safe.length).toBeLessThanOrEqual(100);
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(200);
        expect(safe.isWellFormed()).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('holds nothing that cannot be seen, changes the direction of writing, or means something to a shell or a prompt', () => {
    fc.assert(
      fc.property(name, (given) => {
        expect(safeFileName(given)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}@<>"'`$&;|*?]/u);
      }),
      { numRuns: 2000 },
    );
  });

  test('is safe already: making it safe again changes nothing', () => {
    fc.assert(
      fc.property(name, (given) => {
        const safe = safeFileName(given);
        expect(safeFileName(safe)).toBe(safe);
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
