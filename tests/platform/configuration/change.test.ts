import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeEnvFile } from '../../../src/platform/configuration/change.ts';
import { formatEnvLine, parseEnvFile } from '../../../src/platform/configuration/env-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const KEYS = ['PORT', 'MODEL', 'WEBHOOK_URL', 'SOMETHING'];

/** A line as a person may have written it: of a setting, or anything else. */
const anyLine = fc.oneof(
  fc
    .tuple(fc.constantFrom(...KEYS), fc.string({ unit: 'binary', maxLength: 12 }))
    .map(([key, value]) => formatEnvLine(key, value)),
  fc.constantFrom(
    '',
    '   ',
    '# a comment',
    '  # PORT="1"',
    'no assignment',
    'OPEN="quote',
    'export MODEL=opus # mine',
    "PORT='8421'",
    'PORT=',
    'WEBHOOK_URL = "https://claudio.example.com"\r',
  ),
);
const anyFile = fc
  .tuple(fc.array(anyLine, { maxLength: 10 }), fc.boolean())
  .map(([lines, endsWell]) => lines.join('\n') + (endsWell && lines.length > 0 ? '\n' : ''));
const anyChanges = fc.dictionary(
  fc.constantFrom(...KEYS),
  fc.option(fc.string({ unit: 'binary', maxLength: 20 })),
  { minKeys: 1 },
);

function valuesOf(text: string): Record<string, string> {
  return Object.fromEntries(parseEnvFile(text).entries.map(({ key, value }) => [key, value]));
}

/** The lines that assign none of the keys. */
function othersOf(text: string, keys: readonly string[]): string[] {
  const assigned = new Set(
    parseEnvFile(text)
      .entries.filter(({ key }) => keys.includes(key))
      .map(({ line }) => line),
  );
  const lines = text === '' ? [] : text.replace(/\n$/u, '').split('\n');
  return lines.filter((_, index) => !assigned.has(index + 1));
}

test('whatever the file held and whatever is set: it reads back, and every other line stays', () => {
  const file = join(temporaryFolder(), 'service.env');
  fc.assert(
    fc.property(anyFile, anyChanges, (before, changes) => {
      writeFileSync(file, before);
      const isChanged = changeEnvFile(file, changes);
      const after = readFileSync(file, 'utf8');
      const expected = { ...valuesOf(before) };
      for (const [key, value] of Object.entries(changes)) {
        if (value === null) delete expected[key];
        else expected[key] = value;
      }
      expect(valuesOf(after)).toEqual(expected);
      expect(othersOf(after, Object.keys(changes))).toEqual(othersOf(before, Object.keys(changes)));
      expect(isChanged).toBe(after !== before);
      expect(changeEnvFile(file, changes)).toBe(false);
      expect(readFileSync(file, 'utf8')).toBe(after);
    }),
    { numRuns: 500 },
  );
});

test('a value keeps its place, and a new one goes to the end', () => {
  const file = join(temporaryFolder(), 'service.env');
  writeFileSync(file, '# first\nPORT="1"\n# second\nMODEL="opus"\nPORT="2"\n');
  changeEnvFile(file, { PORT: '3', LOG_LEVEL: 'debug' });
  expect(readFileSync(file, 'utf8')).toBe(
    '# first\nPORT="3"\n# second\nMODEL="opus"\nLOG_LEVEL="debug"\n',
  );
});

test('what is so already is not touched, with or without a line end at its end', () => {
  const file = join(temporaryFolder(), 'service.env');
  writeFileSync(file, '# mine\nPORT=9000');
  const before = statSync(file);
  expect(changeEnvFile(file, { PORT: '9000', MODEL: null })).toBe(false);
  expect(statSync(file).mtimeMs).toBe(before.mtimeMs);
  expect(readFileSync(file, 'utf8')).toBe('# mine\nPORT=9000');
});

test('a file that is made is readable for its owner alone, and nothing else is left behind', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'service.env');
  expect(changeEnvFile(file, { PORT: '9000' })).toBe(true);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  chmodSync(file, 0o644);
  expect(changeEnvFile(file, { PORT: '9001' })).toBe(true);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['service.env']);
});

test('where the file is a link, what it links to is replaced', () => {
  const folder = temporaryFolder();
  const real = join(folder, 'real.env');
  const file = join(folder, 'service.env');
  writeFileSync(real, 'PORT="1"\n');
  symlinkSync(real, file);
  changeEnvFile(file, { PORT: '2' });
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
  expect(readFileSync(real, 'utf8')).toBe('PORT="2"\n');
});

test('a file that cannot be written is a sentence with what to do', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'service.env'));
  expect(() => changeEnvFile(join(folder, 'service.env'), { PORT: '1' })).toThrow(
    /The settings in .*service\.env cannot be written: EISDIR/u,
  );
  expect(() => changeEnvFile(join(folder, 'nowhere', 'service.env'), { PORT: '1' })).toThrow(
    expect.objectContaining({ code: 'home.unusable' }),
  );
});
