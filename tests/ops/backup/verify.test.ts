import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findSnapshot } from '../../../src/ops/backup/find.ts';
import { readManifest } from '../../../src/ops/backup/manifest.ts';
import { diskUse } from '../../../src/ops/backup/report.ts';
import { verifySnapshot } from '../../../src/ops/backup/verify.ts';
import { backupPlace, stored, tree } from './place.ts';

test('everything that is wrong with a snapshot is named, and looking changes nothing', async () => {
  const { home, dest, take } = backupPlace();
  symlinkSync('here', join(home, 'link'));
  mkdirSync(join(home, 'notes'));
  writeFileSync(join(home, 'notes', 'one'), 'one');
  const taken = await take();
  const snapshot = findSnapshot('latest', dest);
  const before = tree(taken.path);
  expect(await verifySnapshot(snapshot)).toEqual([]);
  expect(tree(taken.path)).toEqual(before);

  appendFileSync(stored(taken, 'claudio.log'), 'x');
  truncateSync(stored(taken, 'claudio.db'), 8192);
  rmSync(stored(taken, 'outgoing/picture.png'));
  rmSync(stored(taken, 'link'));
  symlinkSync('there', stored(taken, 'link'));
  rmSync(stored(taken, 'notes'), { recursive: true });
  symlinkSync('/', stored(taken, 'notes'));
  writeFileSync(stored(taken, 'service.env'), 'PORT="1234"\n');
  writeFileSync(stored(taken, 'outgoing/more'), '');
  const databaseBytes = statSync(join(home, 'claudio.db')).size;
  expect(await verifySnapshot(snapshot)).toEqual([
    { path: 'claudio.db', what: `has 8192 bytes instead of ${databaseBytes}` },
    { path: 'claudio.log', what: 'has 29 bytes instead of 28' },
    { path: 'link', what: 'points elsewhere' },
    { path: 'notes', what: 'is no folder any more' },
    { path: 'notes/one', what: 'is missing' },
    { path: 'outgoing/picture.png', what: 'is missing' },
    { path: 'service.env', what: 'has another content' },
    { path: 'outgoing/more', what: 'was not there when the snapshot was taken' },
  ]);
  rmSync(join(taken.path, 'home'), { recursive: true });
  expect((await verifySnapshot(snapshot)).length).toBeGreaterThan(8);
});

test('a snapshot is found by its name, by its folder and name, as the latest, and by its path', async () => {
  const { dest, root, clock, take } = backupPlace();
  expect(() => findSnapshot('latest', dest)).toThrow(/claudio-backups/u);
  const first = await take();
  clock.advance(3_600_000);
  const second = await take();
  const paths = (given: string) => findSnapshot(given, dest).path;
  expect(paths('2026-01-15_1200')).toBe(first.path);
  expect(paths('hourly/2026-01-15_1200')).toBe(first.path);
  expect(paths('daily/2026-01-15_1200')).toBe(join(root, 'daily', '2026-01-15_1200'));
  expect(paths('latest')).toBe(second.path);
  expect(findSnapshot(join(root, 'latest'), undefined).path).toBe(second.path);
  expect(findSnapshot(`${first.path}/`, undefined)).toMatchObject({ kind: 'hourly' });
  expect(() => findSnapshot('latest', undefined)).toThrow(/BACKUP_DEST is not set/u);
  expect(() => findSnapshot('2020-01-01_0000', dest)).toThrow(/There is no snapshot 2020/u);
  expect(() => findSnapshot(join(root, 'nothing'), dest)).toThrow(/There is no folder/u);
  expect(() => findSnapshot(root, dest)).toThrow(/no whole snapshot/u);
});

test('a manifest that leads out of its snapshot is none', async () => {
  const { take } = backupPlace();
  const { path } = await take();
  const manifest = readManifest(path);
  for (const wrong of ['../outside', '/etc/passwd', 'a/../../b', '', 'a//b', './a']) {
    const entries = [{ kind: 'link', path: wrong, target: 'x' }];
    writeFileSync(join(path, 'manifest.json'), JSON.stringify({ ...manifest, entries }));
    expect(readManifest(path), wrong).toBeNull();
  }
  writeFileSync(join(path, 'manifest.json'), JSON.stringify({ ...manifest, format: 2 }));
  expect(readManifest(path)).toBeNull();
  writeFileSync(join(path, 'manifest.json'), JSON.stringify(manifest));
  expect(readManifest(path)).toEqual(manifest);
});

test('what snapshots share counts once', async () => {
  const { root, clock, take } = backupPlace();
  await take();
  const one = await diskUse(root);
  clock.advance(3_600_000);
  await take();
  expect(one).toBeGreaterThan(3_000_000);
  expect(await diskUse(root)).toBeLessThan(one + 200_000);
  expect(readdirSync(join(root, 'hourly'))).toHaveLength(2);
});
