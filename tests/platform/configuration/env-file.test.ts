import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatEnvLine, parseEnvFile } from '../../../src/platform/configuration/env-file.ts';

test('values are bare, in double quotes with escapes, or literal in single quotes', () => {
  const { entries, faults } = parseEnvFile(
    [
      '# a comment',
      '',
      'BARE=haiku # said why',
      'QUOTED="a \\"b\\" \\\\ c\\nd" # note',
      "LITERAL='a \\n b'",
      'export EXPORTED="x"',
      'EMPTY=',
      '  SPACED = "y"  ',
    ].join('\r\n'),
  );
  expect(faults).toEqual([]);
  expect(Object.fromEntries(entries.map(({ key, value }) => [key, value]))).toEqual({
    BARE: 'haiku',
    QUOTED: 'a "b" \\ c\nd',
    LITERAL: 'a \\n b',
    EXPORTED: 'x',
    EMPTY: '',
    SPACED: 'y',
  });
});

test('nothing is evaluated: dollars, backquotes and tildes stay what they are', () => {
  const { entries } = parseEnvFile('A="$HOME `id` $(id)"\nB=~/x');
  expect(entries.map(({ value }) => value)).toEqual(['$HOME `id` $(id)', '~/x']);
});

test('a line that is no assignment is a fault with its number and loses no other line', () => {
  const { entries, faults } = parseEnvFile('A=1\nwhat is this\nB="open\nC=two words\nD=2');
  expect(faults.map(({ line }) => line)).toEqual([2, 3, 4]);
  expect(entries.map(({ key }) => key)).toEqual(['A', 'D']);
});

test('whatever is written is read back the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const { entries, faults } = parseEnvFile(formatEnvLine('KEY', value));
      expect(faults).toEqual([]);
      expect(entries[0]?.value).toBe(value);
    }),
  );
});
