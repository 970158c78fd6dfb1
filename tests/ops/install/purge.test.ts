import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judgePurge, purge } from '../../../src/ops/install/purge.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A user's folder with a home of Claudio in it. */
function place() {
  const userHome = temporaryFolder();
  const home = join(userHome, '.claudio');
  mkdirSync(join(home, 'tmp'), { recursive: true });
  writeFileSync(join(home, 'service.env'), '');
  writeFileSync(join(home, 'claudio.lock'), '');
  return { userHome, home, kept: [{ path: userHome, what: 'your home folder' }] };
}

test('a home is removed with everything in it, and links in it are not followed', () => {
  const { home, userHome, kept } = place();
  writeFileSync(join(userHome, 'mine.txt'), 'precious');
  symlinkSync(userHome, join(home, 'tmp', 'all-of-it'));
  expect(judgePurge(home, kept)).toEqual({ kind: 'removable' });
  purge(home);
  expect(readdirSync(userHome)).toEqual(['mine.txt']);
  expect(judgePurge(home, kept)).toEqual({ kind: 'absent' });
});

test('of a home that is a link, the folder goes and the link too', () => {
  const { home, userHome, kept } = place();
  const link = join(userHome, 'link');
  symlinkSync(home, link);
  expect(judgePurge(link, kept)).toEqual({ kind: 'removable' });
  purge(link);
  expect(readdirSync(userHome)).toEqual([]);
});

test('what is no home of Claudio, or holds more than that, is refused', () => {
  const { home, userHome, kept } = place();
  const plain = join(userHome, 'projects');
  mkdirSync(plain);
  writeFileSync(join(plain, 'service.env'), 'of another program');
  const locked = join(userHome, 'locked');
  mkdirSync(locked);
  for (const name of ['install', 'claudio', 'health-check', 'backup']) {
    writeFileSync(join(locked, `${name}.lock`), '');
  }
  const link = join(userHome, 'link');
  symlinkSync(userHome, link);
  const dangling = join(userHome, 'dangling');
  symlinkSync(join(userHome, 'nothing'), dangling);
  writeFileSync(join(userHome, 'service.env'), '');
  const workDir = { path: join(home, 'work'), what: 'the folder that Claude works in' };
  const cases: readonly [string, RegExp][] = [
    ['/', /your home folder/u],
    [userHome, /your home folder/u],
    [join(userHome, '..'), /your home folder/u],
    [link, /your home folder/u],
    [plain, /is no home of Claudio/u],
    [locked, /is no home of Claudio/u],
    [join(home, 'service.env'), /is no folder/u],
    [dangling, /leads nowhere/u],
  ];
  for (const [folder, reason] of cases) {
    const verdict = judgePurge(folder, kept);
    expect(verdict.kind, folder).toBe('refused');
    expect(verdict).toMatchObject({ reason: expect.stringMatching(reason) as string });
  }
  expect(judgePurge(home, [workDir])).toMatchObject({ kind: 'refused' });
  expect(existsSync(join(home, 'service.env'))).toBe(true);
});
