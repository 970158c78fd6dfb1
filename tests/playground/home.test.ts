import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../src/platform/package.ts';
import {
  isWithinShared,
  openThrowAwayHome,
  placeOfHomes,
  removeLeftovers,
} from '../../src/playground/home.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const AN_HOUR_S = 3600;

/** A folder that has been there for an hour, by a name that a playground could have given it. */
function oldFolder(tempDir: string, fill: (folder: string) => void = () => undefined): string {
  const folder = join(tempDir, 'claudio-playground-backup');
  mkdirSync(folder);
  fill(folder);
  const then = Date.now() / 1000 - AN_HOUR_S;
  utimesSync(folder, then, then);
  return folder;
}

describe('what is left of a playground', () => {
  test('is removed with its lock, and empty where it was killed before it took one', async () => {
    const tempDir = temporaryFolder();
    const empty = oldFolder(tempDir);
    expect(await removeLeftovers(tempDir)).toEqual([empty]);
    const locked = oldFolder(tempDir, (folder) => writeFileSync(join(folder, 'in-use.lock'), ''));
    expect(await removeLeftovers(tempDir)).toEqual([locked]);
    expect(readdirSync(tempDir)).toEqual([]);
  });

  test('is not a folder of the person’s own with such a name, a link, or one whose lock is no file', async () => {
    const tempDir = temporaryFolder();
    const own = oldFolder(tempDir, (folder) => writeFileSync(join(folder, 'thesis.txt'), 'mine'));
    const linked = join(tempDir, 'claudio-playground-linked');
    symlinkSync(own, linked);
    const odd = join(tempDir, 'claudio-playground-oddone');
    mkdirSync(odd);
    symlinkSync(join(own, 'thesis.txt'), join(odd, 'in-use.lock'));
    expect(await removeLeftovers(tempDir)).toEqual([]);
    expect(readdirSync(own)).toEqual(['thesis.txt']);
    expect(existsSync(linked)).toBe(true);
    expect(readdirSync(odd)).toEqual(['in-use.lock']);
  });

  test('is not one that lives', async () => {
    const tempDir = temporaryFolder();
    const { folder, remove } = openThrowAwayHome(tempDir);
    onTestFinished(remove);
    expect(await removeLeftovers(tempDir)).toEqual([]);
    expect(existsSync(folder)).toBe(true);
  });
});

describe('the place of throw-away homes', () => {
  test('has no folder above it in which everybody can put what Claude Code would read', () => {
    const shared = temporaryFolder();
    chmodSync(shared, 0o1777);
    const within = join(shared, 'own');
    mkdirSync(within, { mode: 0o700 });
    expect(isWithinShared(shared)).toBe(true);
    expect(isWithinShared(within)).toBe(true);
    expect(isWithinShared('/')).toBe(false);
    expect(isWithinShared('/usr/bin')).toBe(false);
  });

  test('is the temporary folder where that is the person’s own', () => {
    expect(placeOfHomes({ HOME: temporaryFolder() }, '/usr')).toBe('/usr');
  });

  test('is the cache of the person where the temporary folder is for all, and that folder where there is no such home', () => {
    const shared = temporaryFolder();
    chmodSync(shared, 0o1777);
    for (const home of ['', 'nowhere', '/nowhere/at/all', shared]) {
      expect(placeOfHomes({ HOME: home }, shared)).toBe(shared);
    }
    const kept = join(packageRoot(), '.vitest');
    mkdirSync(kept, { recursive: true });
    const home = mkdtempSync(join(kept, 'home-'));
    onTestFinished(() => rmSync(home, { recursive: true }));
    const cache = join(home, '.cache');
    expect(placeOfHomes({ HOME: home }, shared)).toBe(isWithinShared(home) ? shared : cache);
    expect(existsSync(cache)).toBe(!isWithinShared(home));
  });
});
