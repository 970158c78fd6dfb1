import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deniedFiles } from '../../src/policy/denied-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What a pattern without a `**` means, as a regular expression: gitignore(5), case aside. */
function meaning(pattern: string): RegExp {
  const source = pattern
    .slice(1)
    .replaceAll(/\[[^\]]*\]|[*?]|[^*?[\]]+/gu, (part) =>
      part === '*'
        ? '[^/]*'
        : part === '?'
          ? '[^/]'
          : part.startsWith('[')
            ? part
            : part.replaceAll(/[.+^${}()|]/gu, String.raw`\$&`),
    );
  return new RegExp(`^${source}(/.*)?$`, 'iu');
}

function rules(...open: readonly string[]) {
  const home = join(realpathSync(temporaryFolder()), '.claudio');
  const patterns = deniedFiles({
    home,
    userHome: '/home/somebody',
    open: open.map((name) => join(home, name)),
    added: [],
  });
  const own = patterns.filter((pattern) => pattern.startsWith(`/${home}`)).map(meaning);
  return (name: string): boolean => own.some((one) => one.test(join(home, name)));
}

test.each([
  'service.env',
  'claudio.db',
  'claudio.db-wal',
  'bots/other/bot.env',
  '.hidden',
  '#service.env#',
  'service.env~',
  't',
  'tm',
  'tmpx',
  'tmp.old',
  'x y',
  '(copy) service.env',
  'tmp/claudio-run-boot.1.1-abc/tools.json',
  'tmp/turn-12-2/sent.txt',
  'tmp/turn-12-11/sent.txt',
  'tmp/turn-1-1/sent.txt',
  'tmp/turn-12-/x',
  'tmp/turn-12',
  'tmp/memory/notes',
])('of Claudio’s home, %s is denied', (name) => {
  expect(rules('tmp/turn-12-1')(name)).toBe(true);
});

test.each(['tmp', 'tmp/turn-12-1', 'tmp/turn-12-1/sent.txt', 'tmp/turn-12-1/a/b/c'])(
  'of Claudio’s home, %s is open',
  (name) => {
    expect(rules('tmp/turn-12-1')(name)).toBe(false);
  },
);

test('two ways into the home may be open, also where their names begin alike', () => {
  const isDenied = rules('tmp/turn-1-1', 'team/work');
  expect([isDenied('tmp/turn-1-1/x'), isDenied('team/work/x')]).toEqual([false, false]);
  for (const name of ['te', 'tea/x', 'teams', 'team/wor', 'team/works', 'tmp/turn-1-2/x', 't']) {
    expect(isDenied(name), name).toBe(true);
  }
  // The home itself is never open.
  expect(rules('')('service.env')).toBe(true);
});

test('what the person adds is taken as it is meant', () => {
  const denied = deniedFiles({
    home: '/nowhere/.claudio',
    userHome: '/home/j\u00f6rg [x]',
    open: [],
    added: ['~/notes/**', '/srv/keys', '*.kdbx', '**/secret.txt'],
  });
  expect(denied.slice(-4)).toEqual([
    '//home/j*rg *x*/notes/**',
    '//srv/keys',
    '//**/*.kdbx',
    '//**/secret.txt',
  ]);
  expect(denied).toContain('//home/j*rg *x*/.ssh');
  expect(denied).toContain('//**/.env');
});
