import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJson } from '../../src/policy/json-text.ts';

test('what is JSON is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 10 }), fc.constantFrom(undefined, 2), (text, indent) => {
      const value: unknown = JSON.parse(text);
      expect(readJson(JSON.stringify(value, null, indent))).toEqual({ ok: value });
    }),
  );
});

test('what is no JSON is a fault with its place, and never more than that', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"', '1', '-', 'true', ' ', '\n'),
      ),
      (tokens) => {
        const read = readJson(tokens.join(''));
        const isJson = (() => {
          try {
            JSON.parse(tokens.join(''));
            return true;
          } catch {
            return false;
          }
        })();
        // A key that is there twice is one fault more.
        if ('ok' in read) expect(isJson).toBe(true);
        else
          expect(read.fault).toMatch(isJson ? / is there twice\.$/u : /^Line \d+, column \d+: /u);
      },
    ),
    { numRuns: 2000 },
  );
});

test.each([
  ['', 'Line 1, column 1: the file ends where a value has to be.'],
  ['{\n  "block": ["a",]\n}', 'Line 2, column 17: there is ] where a value has to be.'],
  ['{\n  "block": ["a"\n', 'Line 3, column 1: the file ends where a comma or ] has to be.'],
  ['{ block: [] }', 'Line 1, column 3: there is block: where a name in "quotes" has to be.'],
  ['{ "block" [] }', 'Line 1, column 11: there is [ where a colon has to be.'],
  ['{} // all', 'Line 1, column 4: there is // where the file has to end.'],
  [
    String.raw`{"block": ["\s"]}`,
    String.raw`Line 1, column 12: there is "\s" where a value has to be.`,
  ],
  ['{"block": [], "block": ["a"]}', 'Line 1, column 15: "block" is there twice.'],
  ['['.repeat(100_000), 'Line 1, column 52: this is nested too deeply.'],
])('%j', (text, fault) => {
  expect(readJson(text)).toEqual({ fault });
});
