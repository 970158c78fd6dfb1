import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../src/platform/package.ts';

/** The house: a file may import its own folder, or one of a lower rank. Longest match wins. */
const RANKS: Readonly<Record<string, number>> = {
  'src/core': 0,
  drizzle: 1,
  'src/platform': 2,
  'src/channels/telegram': 3,
  'src/agent/claude': 3,
  'src/memory': 3,
  'src/pages': 3,
  'src/policy': 3,
  'src/voice': 3,
  'src/inbox': 4,
  'src/outbox': 4,
  'src/turns': 5,
  'src/commands': 6,
  'src/http': 6,
  'src/ops': 6,
  'src/mcp': 6,
  'src/console': 7,
  'src/app': 8,
  'src/playground': 8,
  'src/cli': 9,
  'src/bin.ts': 10,
};

const root = packageRoot();
const files = globSync(['src/**/*.{ts,tsx}', 'drizzle/**/*.ts'], { cwd: root }).map((file) =>
  file.replaceAll('\\', '/'),
);
const imports = files.flatMap((file) =>
  [
    ...readFileSync(join(root, file), 'utf8').matchAll(
      /(?:\bfrom\s+|\bimport\s*\(?\s*)['"](\.[^'"]+)['"]/gu,
    ),
  ].map(([, target = '']) => ({ file, target: normalize(join(dirname(file), target)) })),
);

function room(file: string): string {
  const found = Object.keys(RANKS)
    .filter((name) => file === name || file.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (found === undefined) throw new Error(`${file} stands in no room of the house`);
  return found;
}

test('the house was looked at as a whole: every room has files, and they import each other', () => {
  expect(new Set(files.map(room))).toEqual(new Set(Object.keys(RANKS)));
  expect(files.length).toBeGreaterThan(50);
  expect(imports.length).toBeGreaterThan(150);
});

test('every relative import names a file that is there', () => {
  const missing = imports.filter(({ target }) => !files.includes(target));
  expect(missing).toEqual([]);
});

test('a file imports only its own folder or a lower rank', () => {
  const wrong = imports.filter(({ file, target }) => {
    const [from, to] = [room(file), room(target)];
    return from !== to && (RANKS[to] ?? 0) >= (RANKS[from] ?? 0);
  });
  expect(wrong).toEqual([]);
});

test.each([
  [
    'Date.now and Math.random',
    /\bDate\.now\(|\bMath\.random\(|\brandomUUID\(/u,
    ['src/platform/clock.ts'],
  ],
  ['process.env', /\bprocess\.env\b/u, ['src/platform/configuration/load.ts']],
  ['process.exit', /\bprocess\.exit\(/u, ['src/bin.ts']],
  ['child processes', /from 'node:child_process'/u, ['src/platform/process/']],
])('%s have one home', (_, pattern, homes) => {
  const users = files.filter((file) => pattern.test(withoutComments(file)));
  expect(users.length).toBeGreaterThan(0);
  expect(users.filter((file) => !homes.some((home) => file.startsWith(home)))).toEqual([]);
});

test('no code asks which channel it is, outside the adapter and the one place that composes', () => {
  const asking = files.filter(
    (file) =>
      !file.startsWith('src/channels/') && /===?\s*['"]telegram['"]/u.test(withoutComments(file)),
  );
  expect(asking).toEqual([]);
});

function withoutComments(file: string): string {
  return readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gmu, '');
}
