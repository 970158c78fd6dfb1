import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createNotes, ownSpareFolder, spareFolder } from '../../../src/ops/health-check/notes.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const COUNT = '.restart_fail_count';

function places() {
  const home = temporaryFolder();
  const spare = spareFolder(temporaryFolder(), process.getuid?.() ?? 0, home);
  /** What a full or read-only disk refuses, a folder in the way refuses too, and to root as well. */
  const block = () => mkdirSync(join(home, COUNT, 'x'), { recursive: true });
  const unblock = () => rmSync(join(home, COUNT), { recursive: true });
  return { home, spare, block, unblock, notes: () => createNotes(home, spare) };
}

test('notes are kept in the home, for its owner alone', () => {
  const { home, notes } = places();
  expect(notes().read(COUNT)).toBeNull();
  notes().write(COUNT, '2\n');
  expect(notes().read(COUNT)).toBe('2\n');
  expect(statSync(join(home, COUNT)).mode & 0o777).toBe(0o600);
  const last = notes();
  last.remove(COUNT);
  expect(last.read(COUNT)).toBeNull();
  expect(last.fault()).toBeNull();
});

test('while the home cannot be written they are kept elsewhere, and come back with it', () => {
  const { home, spare, block, unblock, notes } = places();
  block();
  const blocked = notes();
  blocked.write(COUNT, '1\n');
  expect(blocked.fault()).toMatch(/EISDIR|ENOTEMPTY|directory/u);
  expect(notes().read(COUNT)).toBe('1\n');
  expect(statSync(spare).mode & 0o777).toBe(0o700);

  unblock();
  const again = notes();
  again.write(COUNT, '2\n');
  expect(again.fault()).toBeNull();
  expect(readFileSync(join(home, COUNT), 'utf8')).toBe('2\n');
  expect(notes().read(COUNT)).toBe('2\n');
  again.remove(COUNT);
  expect(notes().read(COUNT)).toBeNull();
});

test('a note that cannot be removed counts as removed', () => {
  const { home, spare, block, notes } = places();
  block();
  const blocked = notes();
  blocked.write(COUNT, '3\n');
  blocked.remove(COUNT);
  expect(notes().read(COUNT)).toBeNull();
  expect(readFileSync(join(spare, COUNT), 'utf8')).toBe('');
  expect(statSync(join(home, COUNT)).isDirectory()).toBe(true);
});

test('a folder that somebody else laid out for them is not used', () => {
  const target = temporaryFolder();
  const link = join(temporaryFolder(), 'link');
  symlinkSync(target, link);
  expect(() => ownSpareFolder(link)).toThrow();
  const open = join(temporaryFolder(), 'open');
  mkdirSync(open, { mode: 0o777 });
  rmSync(open, { recursive: true });
  mkdirSync(open);
  writeFileSync(join(open, 'x'), '');
  expect(statSync(open).mode & 0o077).not.toBe(0);
  expect(() => ownSpareFolder(open)).toThrow(/somebody else/u);

  const { home, block } = places();
  block();
  expect(() => createNotes(home, link).write(COUNT, '1')).toThrow(
    expect.objectContaining({ code: 'health-check.forgetful' }) as Error,
  );
});
