import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, test } from 'vitest';
import { findSnapshot } from '../../../src/ops/backup/find.ts';
import { restoreSnapshot } from '../../../src/ops/backup/restore.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { lockHome } from '../../../src/platform/home-lock.ts';
import { backupPlace, inodeOf, modeOf, mountDisk, stored, tree } from './place.ts';
import { runApart } from './run-apart.ts';

type Options = Parameters<typeof restoreSnapshot>[0];

function restoring(place: ReturnType<typeof backupPlace>, options: Partial<Options> = {}) {
  return restoreSnapshot({
    snapshot: findSnapshot('latest', place.dest),
    home: place.home,
    clock: place.clock,
    mayReplace: () => Promise.resolve(true),
    step: (_title, work) => work(() => undefined),
    ...options,
  });
}

test('into a home that is missing or empty a snapshot is put back as it was: files, rights, times and links', async () => {
  const place = backupPlace();
  const { home, folder } = place;
  symlinkSync('outgoing/picture.png', join(home, 'link'));
  chmodSync(join(home, 'outgoing', 'picture.png'), 0o755);
  chmodSync(join(home, 'outgoing', 'empty'), 0o500);
  const then = new Date('2025-05-05T05:05:05.000Z');
  utimesSync(join(home, 'service.env'), then, then);
  const before = tree(home).filter((name) => !name.endsWith('.lock'));
  const taken = await place.take();
  for (const into of [join(folder, 'deep', 'missing'), join(folder, 'empty')]) {
    if (into.endsWith('empty')) mkdirSync(into, { mode: 0o755 });
    expect(
      await restoring(place, { home: into, mayReplace: () => Promise.reject(new Error('asked')) }),
    ).toEqual({ kind: 'restored', aside: null });
    expect(tree(into).filter((name) => !name.endsWith('.lock'))).toEqual(
      // What waited in it is asked about when a service starts.
      [...before, '.restored'].sort(),
    );
    expect(modeOf(join(into, 'outgoing', 'picture.png'))).toBe(0o755);
    expect(modeOf(join(into, 'outgoing', 'empty'))).toBe(0o500);
    expect(modeOf(join(into, 'service.env'))).toBe(0o600);
    expect(statSync(join(into, 'service.env')).mtime).toEqual(then);
    expect(readlinkSync(join(into, 'link'))).toBe('outgoing/picture.png');
    expect(inodeOf(join(into, 'service.env'))).not.toBe(inodeOf(stored(taken, 'service.env')));
    openDatabase(join(into, 'claudio.db'), 'share').close();
    chmodSync(join(into, 'outgoing', 'empty'), 0o700);
  }
  chmodSync(join(home, 'outgoing', 'empty'), 0o700);
  expect(modeOf(join(folder, 'deep', 'missing'))).toBe(0o700);
});

test('what is in the home is moved aside, after asking where to, and nothing is lost', async () => {
  const place = backupPlace();
  const { home, folder } = place;
  await place.take();
  writeFileSync(join(home, 'service.env'), 'PORT="9999"\n');
  writeFileSync(join(home, 'new'), 'since then');
  const asked: string[] = [];
  const answer = (isYes: boolean) => (aside: string) => {
    asked.push(aside);
    return Promise.resolve(isYes);
  };
  expect(await restoring(place, { mayReplace: answer(false) })).toEqual({ kind: 'declined' });
  expect(readFileSync(join(home, 'new'), 'utf8')).toBe('since then');
  expect(readdirSync(folder).sort()).toEqual(['disk', 'home']);

  const aside = `${home}.before-restore-2026-01-15_1200`;
  expect(await restoring(place, { mayReplace: answer(true) })).toEqual({ kind: 'restored', aside });
  expect(readFileSync(join(home, 'service.env'), 'utf8')).toBe('PORT="8421"\n');
  expect(existsSync(join(home, 'new'))).toBe(false);
  expect(modeOf(home)).toBe(0o700);
  expect(readFileSync(join(aside, 'new'), 'utf8')).toBe('since then');
  expect(readFileSync(join(aside, 'service.env'), 'utf8')).toBe('PORT="9999"\n');
  expect(await restoring(place, { mayReplace: answer(true) })).toEqual({
    kind: 'restored',
    aside: `${aside}-2`,
  });
  expect(asked).toEqual([aside, aside, `${aside}-2`]);
  lockHome(home).release();
});

test.each(['no database', 'one without a table'])(
  'a home with %s can be put back',
  async (what) => {
    const place = backupPlace();
    const path = join(place.home, 'claudio.db');
    rmSync(path);
    if (what !== 'no database') new BetterSqlite3(path).exec('PRAGMA user_version = 1').close();
    await place.take();
    expect(await restoring(place)).toMatchObject({ kind: 'restored' });
    expect(existsSync(path)).toBe(what !== 'no database');
    expect(existsSync(join(place.home, '.restored'))).toBe(false);
  },
);

test('a home that is a link stays one', async () => {
  const place = backupPlace();
  await place.take();
  const link = join(place.folder, 'link');
  symlinkSync(place.home, link);
  writeFileSync(join(place.home, 'new'), '');
  await restoring(place, { home: link });
  expect(readlinkSync(link)).toBe(place.home);
  expect(existsSync(join(link, 'new'))).toBe(false);
});

test('while the service runs, a snapshot is taken or an update is under way, nothing is restored', async () => {
  const place = backupPlace();
  await place.take();
  const before = tree(place.folder);
  const service = lockHome(place.home);
  await expect(restoring(place)).rejects.toMatchObject({
    code: 'home.in-use',
    hint: expect.stringContaining('claudio stop'),
  });
  service.release();
  const backup = lockHome(place.home, 'backup');
  await expect(restoring(place)).rejects.toMatchObject({ code: 'backup.under-way' });
  backup.release();
  const update = lockHome(place.home, 'update');
  await expect(restoring(place)).rejects.toMatchObject({ code: 'update.under-way' });
  update.release();
  const after = tree(place.folder).filter(
    (name) => !/^home\/(?:claudio|update)\.lock$/u.test(name),
  );
  expect(after).toEqual(before);
});

test('a snapshot that is damaged, or from a newer version, is not restored', async () => {
  const place = backupPlace();
  const { path } = await place.take();
  const file = join(path, 'home', 'service.env');
  writeFileSync(file, 'PORT="1"\n');
  const before = readdirSync(place.folder);
  await expect(restoring(place)).rejects.toMatchObject({
    code: 'backup.snapshot-damaged',
    message: `The snapshot ${path} is damaged: service.env has 9 bytes instead of 12.`,
  });
  const database = new BetterSqlite3(join(place.home, 'claudio.db'));
  database
    .prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)')
    .run('from the future', 9_999_999_999_999);
  database.close();
  place.clock.advance(3_600_000);
  await place.take();
  await expect(restoring(place)).rejects.toMatchObject({ code: 'backup.newer' });
  expect(readdirSync(place.folder)).toEqual(before);
});

test(
  'a restore that is killed leaves the old home or has the new one, and the same again goes through',
  { timeout: 120_000 },
  async () => {
    const place = backupPlace();
    const { home, folder } = place;
    writeFileSync(join(home, 'outgoing', 'large.bin'), Buffer.alloc(5_000_000, 3));
    await place.take();
    writeFileSync(join(home, 'service.env'), 'PORT="9999"\n');
    const whole = ['PORT="9999"\n', 'PORT="8421"\n'];
    const outcomes: string[] = [];
    for (let killAt = 1; outcomes.at(-1) !== 'ok'; killAt += 5) {
      outcomes.push(await runApart('restore', place, { killAt }));
      if (existsSync(home)) {
        expect(whole).toContain(readFileSync(join(home, 'service.env'), 'utf8'));
      } else {
        // Between two renames: both are there.
        expect(readdirSync(folder).some((name) => name.includes('.before-restore-'))).toBe(true);
      }
    }
    expect(outcomes.length).toBeGreaterThan(3);
    expect(readFileSync(join(home, 'service.env'), 'utf8')).toBe('PORT="8421"\n');
    expect(readdirSync(folder).filter((name) => name.includes('.partial'))).toEqual([]);
  },
);

test(
  'a restore into an empty home that is killed leaves none that would start on half of it',
  { timeout: 120_000 },
  async () => {
    const place = backupPlace();
    writeFileSync(join(place.home, 'outgoing', 'large.bin'), Buffer.alloc(5_000_000, 3));
    await place.take();
    const empty = join(place.folder, 'empty');
    const outcomes: string[] = [];
    for (let killAt = 1; outcomes.at(-1) !== 'ok'; killAt += 5) {
      outcomes.push(await runApart('restore', { ...place, home: empty }, { killAt }));
      // Its settings come last: without them no service starts on half a home.
      if (existsSync(join(empty, 'service.env'))) {
        expect(statSync(join(empty, 'outgoing', 'large.bin')).size).toBe(5_000_000);
      }
    }
    expect(outcomes.length).toBeGreaterThan(3);
  },
);

test('a home that cannot be moved, because a disk is mounted there, is restored into once it is empty', async (context) => {
  const place = backupPlace();
  const volume = join(place.folder, 'volume');
  mkdirSync(volume);
  if (!mountDisk(volume, 50)) context.skip('this user may mount nothing');
  await place.take();
  writeFileSync(join(volume, 'old'), 'here first');
  await expect(restoring(place, { home: volume })).rejects.toMatchObject({
    code: 'backup.home-stays',
  });
  expect(readFileSync(join(volume, 'old'), 'utf8')).toBe('here first');
  expect(readdirSync(place.folder).filter((name) => name.includes('.partial'))).toEqual([]);
  rmSync(join(volume, 'old'));
  expect(await restoring(place, { home: volume })).toEqual({ kind: 'restored', aside: null });
  expect(readFileSync(join(volume, 'service.env'), 'utf8')).toBe('PORT="8421"\n');
});
