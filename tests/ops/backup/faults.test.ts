import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { findSnapshot } from '../../../src/ops/backup/find.ts';
import { backupState } from '../../../src/ops/backup/snapshots.ts';
import { verifySnapshot } from '../../../src/ops/backup/verify.ts';
import { lockHome } from '../../../src/platform/home-lock.ts';
import { unprivileged } from '../../support/unprivileged.ts';
import { backupPlace, mountDisk, remount, tree } from './place.ts';
import { runApart } from './run-apart.ts';

const HOUR_MS = 3_600_000;
/** Nothing is read-only for root. */

test('a destination that is not there, that is a file, or that is inside of the home is refused, and nothing is made', async () => {
  const { home, dest, take } = backupPlace();
  const file = join(dest, 'file');
  writeFileSync(file, '');
  const link = join(dest, 'link');
  symlinkSync(join(home, 'outgoing'), link);
  const before = tree(home);
  for (const [to, code] of [
    [join(dest, 'nowhere'), 'backup.dest-missing'],
    [file, 'backup.dest-missing'],
    [home, 'backup.dest-in-home'],
    [join(home, 'outgoing'), 'backup.dest-in-home'],
    [link, 'backup.dest-in-home'],
  ] as const) {
    await expect(take({ dest: to })).rejects.toMatchObject({ code, hint: expect.any(String) });
  }
  expect(tree(home)).toEqual(before);
  expect(readdirSync(dest).sort()).toEqual(['file', 'link']);
  await expect(take({ home: join(dest, 'none') })).rejects.toMatchObject({
    code: 'backup.no-home',
  });
});

test('where the disk of a known destination is not mounted, nothing is written to the folder in its place', async () => {
  const { dest, take } = backupPlace();
  await expect(take({ mayMake: false })).rejects.toMatchObject({ code: 'backup.not-mounted' });
  expect(readdirSync(dest)).toEqual([]);
  expect(backupState(dest)).toEqual({ kind: 'not-mounted', dest });
  await take();
  await take({ mayMake: false });
  renameSync(dest, `${dest}-pulled-out`);
  await expect(take({ mayMake: false })).rejects.toMatchObject({ code: 'backup.not-mounted' });
  expect(existsSync(dest)).toBe(false);
});

test('a second backup of the same home is told that one is under way, and harms it not', async () => {
  const { home, dest, root, take } = backupPlace();
  await take();
  mkdirSync(join(root, '.partial-of-the-first'));
  const lock = lockHome(home, 'backup');
  await expect(take()).rejects.toMatchObject({ code: 'backup.under-way' });
  expect(readdirSync(root)).toContain('.partial-of-the-first');
  lock.release();
  await take();
  expect(readdirSync(root).sort()).toEqual(['daily', 'hourly', 'latest']);
  expect(backupState(dest)).toMatchObject({ hourlyCount: 2 });
});

test('the home of somebody else is not mixed in', async () => {
  const { folder, dest, take } = backupPlace();
  const other = join(folder, 'other');
  mkdirSync(other);
  await take({ home: other });
  await expect(take()).rejects.toMatchObject({
    code: 'backup.other-home',
    message: `${dest} holds the snapshots of another home, ${other}.`,
  });
});

test('a folder that is no whole snapshot counts for nothing, is told, and is left alone', async () => {
  const { dest, root, clock, take } = backupPlace();
  const broken = await take();
  truncateSync(join(broken.path, 'manifest.json'), 100);
  mkdirSync(join(root, 'hourly', '2026-01-01_0000'));
  mkdirSync(join(root, 'hourly', 'my own'));
  clock.advance(HOUR_MS);
  await take({ keep: { hourlyCount: 1, dailyCount: 1 } });
  expect(readdirSync(join(root, 'hourly')).sort()).toEqual([
    '2026-01-01_0000',
    '2026-01-15_1200',
    '2026-01-15_1300',
    'my own',
  ]);
  expect(backupState(dest)).toMatchObject({ hourlyCount: 1, dailyCount: 1 });
  expect(await verifySnapshot(findSnapshot('latest', dest))).toEqual([]);
  expect(() => findSnapshot(broken.path, dest)).toThrow(/no whole snapshot/u);
});

test('a damaged database is told, and neither stored nor put in the place of a good one', async () => {
  const { home, dest, root, clock, take } = backupPlace();
  const good = await take();
  const database = join(home, 'claudio.db');
  writeFileSync(database, Buffer.alloc(40_960, 'no database'));
  clock.advance(HOUR_MS);
  await expect(take()).rejects.toMatchObject({ code: 'backup.database-damaged' });
  const half = new BetterSqlite3(join(good.path, 'home', 'claudio.db'), { readonly: true });
  const bytes = half.serialize();
  half.close();
  bytes.fill(0xff, 4096 * 3, 4096 * 6);
  writeFileSync(database, bytes);
  await expect(take()).rejects.toMatchObject({ code: 'backup.database-damaged' });
  expect(readdirSync(root).sort()).toEqual(['daily', 'hourly', 'latest']);
  expect(backupState(dest)).toMatchObject({ hourlyCount: 1, latest: { path: good.path } });
});

test('a database that another program keeps locked for good is told', async () => {
  const { home, take } = backupPlace();
  const database = new BetterSqlite3(join(home, 'claudio.db'));
  onTestFinished(() => void database.close());
  database.pragma('locking_mode = EXCLUSIVE');
  database.exec('BEGIN EXCLUSIVE; CREATE TABLE scratch (id integer); COMMIT');
  await expect(take()).rejects.toMatchObject({ code: 'backup.database-busy' });
});

test('a destination that may not be written to is told', async () => {
  const { folder, dest, take } = backupPlace();
  chmodSync(dest, 0o500);
  onTestFinished(() => chmodSync(dest, 0o700));
  await unprivileged(folder, async () => {
    await expect(take()).rejects.toMatchObject({ code: 'backup.dest-read-only' });
  });
});

test('where the system takes no more bytes, that is told, and the good snapshot is still the last', async () => {
  const { home, dest, root, clock, take } = backupPlace();
  const good = await take();
  clock.advance(HOUR_MS);
  writeFileSync(join(home, 'outgoing', 'large.bin'), Buffer.alloc(6_000_000, 1));
  // At most 5 MB a file, or half of that, where the shell counts by 512 bytes.
  expect(await runApart('take', { home, dest }, { limit: 'ulimit -f 5000' })).toBe(
    'backup.dest-full',
  );
  expect(readdirSync(root).sort()).toEqual(['daily', 'hourly', 'latest']);
  expect(backupState(dest)).toMatchObject({ hourlyCount: 1, latest: { path: good.path } });
  expect(await verifySnapshot(findSnapshot('latest', dest))).toEqual([]);
  await take();
  expect(backupState(dest)).toMatchObject({ hourlyCount: 2 });
});

test('a full disk, and one that is mounted read-only, are told, and the good snapshot is still the last', async (context) => {
  const { home, dest, root, clock, take } = backupPlace();
  if (!mountDisk(dest, 12)) context.skip('this user may mount nothing');
  const good = await take();
  clock.advance(HOUR_MS);
  const large = join(home, 'outgoing', 'large.bin');
  writeFileSync(large, Buffer.alloc(20_000_000, 1));
  await expect(take()).rejects.toMatchObject({ code: 'backup.dest-full' });
  // Filled up so far that not even the database has room.
  rmSync(large);
  fillUp(join(dest, 'filler'));
  await expect(take()).rejects.toMatchObject({ code: 'backup.dest-full' });
  rmSync(join(dest, 'filler'));
  remount(dest, 'ro');
  await expect(take()).rejects.toMatchObject({ code: 'backup.dest-read-only' });
  remount(dest, 'rw');
  expect(readdirSync(root).sort()).toEqual(['daily', 'hourly', 'latest']);
  expect(backupState(dest)).toMatchObject({ hourlyCount: 1, latest: { path: good.path } });
  expect(await verifySnapshot(findSnapshot('latest', dest))).toEqual([]);
  await take();
  expect(backupState(dest)).toMatchObject({ hourlyCount: 2 });
});

test(
  'one that was killed at any moment leaves no half of a snapshot behind, and the next one clears up',
  { timeout: 120_000 },
  async () => {
    const { home, dest, root, take } = backupPlace();
    const changing = join(home, 'outgoing', 'changing.bin');
    writeFileSync(changing, 'before');
    await take();
    let outcome = 'killed';
    let killAt = 1;
    for (; outcome === 'killed'; killAt += 11) {
      writeFileSync(changing, Buffer.alloc(200_000, killAt));
      outcome = await runApart('take', { home, dest }, { killAt });
      const paths = listed(root);
      expect(paths.length).toBeGreaterThan(1);
      for (const path of paths) {
        expect(await verifySnapshot(findSnapshot(path, dest))).toEqual([]);
      }
    }
    expect(outcome).toBe('ok');
    expect(killAt).toBeGreaterThan(30);
    expect(readdirSync(root).sort()).toEqual(['daily', 'hourly', 'latest']);
  },
);

function listed(root: string): readonly string[] {
  return ['hourly', 'daily'].flatMap((kind) =>
    readdirSync(join(root, kind)).map((name) => join(root, kind, name)),
  );
}

/** Writes until the disk takes nothing more. */
function fillUp(path: string): void {
  const page = Buffer.alloc(4096);
  expect(() => {
    for (;;) appendFileSync(path, page);
  }).toThrow(/ENOSPC/u);
}
