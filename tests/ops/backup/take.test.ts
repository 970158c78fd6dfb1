import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { readManifest } from '../../../src/ops/backup/manifest.ts';
import { backupState } from '../../../src/ops/backup/snapshots.ts';
import { verifySnapshot } from '../../../src/ops/backup/verify.ts';
import { findSnapshot } from '../../../src/ops/backup/find.ts';
import { packageVersion } from '../../../src/platform/package.ts';
import { backupPlace, inodeOf, modeOf, stored, tree } from './place.ts';

const HOUR_MS = 3_600_000;

test('a snapshot is the home, with a manifest, for its owner alone; the first of a day is a daily one too', async () => {
  const { home, dest, root, take } = backupPlace();
  chmodSync(join(home, 'outgoing', 'picture.png'), 0o755);
  symlinkSync('/nowhere/at/all', join(home, 'elsewhere'));
  mkdirSync(join(home, 'tmp'));
  mkdirSync(join(home, 'models'));
  for (const name of [
    'tmp/scratch',
    'models/large.onnx',
    'claudio.lock',
    'x.partial',
    'claudio.db-wal',
    'service.env.0123456789ab.tmp',
  ]) {
    writeFileSync(join(home, name), '');
  }
  const taken = await take();
  expect(taken).toMatchObject({
    path: join(root, 'hourly', '2026-01-15_1200'),
    kind: 'hourly',
    takenAtMs: Date.UTC(2026, 0, 15, 12),
    fileCount: 4,
    leftOut: [],
    warnings: [],
  });
  const content = [
    'home',
    'home/claudio.db',
    'home/claudio.log',
    'home/elsewhere -> /nowhere/at/all',
    'home/outgoing',
    'home/outgoing/empty',
    'home/outgoing/picture.png',
    'home/service.env',
    'manifest.json',
  ];
  expect(tree(taken.path)).toEqual(content);
  expect(tree(join(root, 'daily', '2026-01-15_1200'))).toEqual(content);
  expect(readlinkSync(join(root, 'latest'))).toBe('hourly/2026-01-15_1200');
  expect(readdirSync(root).sort()).toEqual(['daily', 'hourly', 'latest']);
  for (const name of tree(root).filter((path) => !path.includes(' -> '))) {
    const path = join(root, name);
    const isFolder = !/\.(?:db|log|png|env|json)$/u.test(name);
    expect([name, modeOf(path)]).toEqual([name, isFolder ? 0o700 : 0o600]);
  }
  const manifest = readManifest(taken.path);
  expect(manifest).toMatchObject({
    version: packageVersion(),
    home,
    sequence: 1,
    database: { migrationCount: expect.any(Number) },
  });
  expect(manifest?.database?.migrationCount).toBeGreaterThan(1);
  expect(manifest?.entries.find(({ path }) => path.endsWith('.png'))).toMatchObject({
    mode: 0o755,
    sizeBytes: 3_000_000,
    sha256: createHash('sha256').update(Buffer.alloc(3_000_000, 7)).digest('hex'),
  });
  expect(backupState(dest)).toEqual({
    kind: 'present',
    dest,
    latest: { path: taken.path, kind: 'hourly', takenAtMs: taken.takenAtMs },
    hourlyCount: 1,
    dailyCount: 1,
  });
  expect(await verifySnapshot(findSnapshot('latest', dest))).toEqual([]);
});

test('what has not changed is the same file in the next snapshot, and what has is a file of its own', async () => {
  const { home, root, clock, take } = backupPlace();
  const first = await take();
  clock.advance(HOUR_MS);
  appendFileSync(join(home, 'claudio.log'), '{"event":"more"}\n');
  const before = readFileSync(stored(first, 'claudio.log'), 'utf8');
  const second = await take();
  for (const path of ['outgoing/picture.png', 'service.env', 'claudio.db']) {
    expect(inodeOf(stored(second, path))).toBe(inodeOf(stored(first, path)));
    expect(inodeOf(stored(first, path))).not.toBe(inodeOf(join(home, path)));
  }
  expect(inodeOf(stored(second, 'claudio.log'))).not.toBe(inodeOf(stored(first, 'claudio.log')));
  expect(readFileSync(stored(first, 'claudio.log'), 'utf8')).toBe(before);
  expect(readFileSync(stored(second, 'claudio.log'), 'utf8')).toBe(`${before}{"event":"more"}\n`);
  expect(second.newBytes).toBe(Buffer.byteLength(before) + 17);
  const daily = { path: join(root, 'daily', '2026-01-15_1200') };
  expect(inodeOf(stored(daily, 'outgoing/picture.png'))).toBe(
    inodeOf(stored(first, 'outgoing/picture.png')),
  );
  expect(readdirSync(join(root, 'daily')).sort()).toEqual(['2026-01-15_1200']);
});

test('a stored file that somebody changed is not carried on into the next snapshot', async () => {
  const { dest, clock, take } = backupPlace();
  const first = await take();
  writeFileSync(stored(first, 'service.env'), 'PORT="6666"\n');
  clock.advance(HOUR_MS);
  const second = await take();
  expect(readFileSync(stored(second, 'service.env'), 'utf8')).toBe('PORT="8421"\n');
  expect(await verifySnapshot(findSnapshot('2026-01-15_1300', dest))).toEqual([]);
  expect(await verifySnapshot(findSnapshot('2026-01-15_1200', dest))).toEqual([
    { path: 'service.env', what: 'has another content' },
  ]);
});

test('two in one minute, and one after the clock was set back, replace nothing; the last taken is the latest', async () => {
  const { dest, root, clock, take } = backupPlace();
  const names = [(await take()).name, (await take()).name];
  clock.set(Date.UTC(2025, 11, 31, 23, 59));
  names.push((await take()).name);
  clock.set(Date.UTC(2026, 0, 15, 12));
  names.push((await take()).name);
  expect(names).toEqual([
    '2026-01-15_1200',
    '2026-01-15_1200-2',
    '2025-12-31_2359',
    '2026-01-15_1200-3',
  ]);
  expect(readlinkSync(join(root, 'latest'))).toBe('hourly/2026-01-15_1200-3');
  expect(findSnapshot('latest', dest).name).toBe('2026-01-15_1200-3');
  expect(backupState(dest)).toMatchObject({ hourlyCount: 4, dailyCount: 2 });
  // With the clock back in the past, the newest by name is not the newest.
  clock.set(Date.UTC(2020, 0, 1));
  await take({ keep: { hourlyCount: 2, dailyCount: 1 } });
  expect(findSnapshot('latest', dest).name).toBe('2020-01-01_0000');
  expect(readdirSync(join(root, 'hourly')).sort()).toEqual([
    '2020-01-01_0000',
    '2026-01-15_1200-3',
  ]);
  expect(readdirSync(join(root, 'daily')).sort()).toEqual(['2020-01-01_0000']);
});

test('sockets, pipes and what cannot be read are told and left out, in the manifest too', async () => {
  const { home, take } = backupPlace();
  const server = createServer().listen(join(home, 'a.socket'));
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  expect(spawnSync('mkfifo', [join(home, 'pipe')]).status).toBe(0);
  // The file system of macOS takes no such name.
  const isStrict = process.platform === 'darwin';
  const strange = Buffer.concat([Buffer.from(join(home, 'name-')), Buffer.from([0xff])]);
  if (!isStrict) writeFileSync(strange, '');
  const taken = await take();
  expect(taken.leftOut).toEqual([
    { path: 'a.socket', why: 'is a socket' },
    ...(isStrict ? [] : [{ path: 'name-\uFFFD', why: 'has a name that is no text' }]),
    { path: 'pipe', why: 'is a pipe' },
  ]);
  expect(readManifest(taken.path)?.leftOut).toEqual(taken.leftOut);
});

test('files that grow, vanish and are replaced meanwhile do no harm, and what is stored is what the manifest says', async () => {
  const { home, dest, clock, take } = backupPlace();
  let count = 0;
  const disturb = (): void => {
    count += 1;
    appendFileSync(join(home, 'claudio.log'), `{"event":"line","count":${count}}\n`.repeat(20));
    rmSync(join(home, 'outgoing', `${count - 1}.txt`), { force: true });
    writeFileSync(join(home, 'outgoing', `${count}.txt`), 'x'.repeat(count));
    writeFileSync(join(home, 'service.env.new'), `PORT="8${count}"\n`);
    renameSync(join(home, 'service.env.new'), join(home, 'service.env'));
  };
  for (let round = 0; round < 4; round += 1) {
    const taken = await disturbed(disturb, () => take({ tell: disturb }));
    clock.advance(HOUR_MS);
    expect(taken.leftOut).toEqual([]);
    expect(await verifySnapshot(findSnapshot('latest', dest))).toEqual([]);
    expect(readFileSync(stored(taken, 'service.env'), 'utf8')).toMatch(/^PORT="8\d+"\n$/u);
  }
  expect(count).toBeGreaterThan(20);
});

test('a database behind a link is in the snapshot itself, and a home without one is backed up too', async () => {
  const { folder, home, take, clock } = backupPlace();
  renameSync(join(home, 'claudio.db'), join(folder, 'elsewhere.db'));
  symlinkSync(join(folder, 'elsewhere.db'), join(home, 'claudio.db'));
  const linked = await take();
  expect(readFileSync(stored(linked, 'claudio.db')).subarray(0, 15).toString()).toBe(
    'SQLite format 3',
  );
  rmSync(join(home, 'claudio.db'));
  clock.advance(HOUR_MS);
  const without = await take();
  expect(readManifest(without.path)?.database).toBeNull();
});

/** Does something, and something else again and again until that is done. */
async function disturbed<T>(disturb: () => void, work: () => Promise<T>): Promise<T> {
  const ending = new AbortController();
  const disturbing = (async () => {
    for (let count = 0; count < 2000 && !ending.signal.aborted; count += 1) {
      disturb();
      await setImmediate();
    }
  })();
  try {
    return await work();
  } finally {
    ending.abort();
    await disturbing;
  }
}
