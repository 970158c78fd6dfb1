import { existsSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, test, vi } from 'vitest';
import { guardDatabase } from '../../../src/ops/update/database.ts';
import { journalOf, type Journal } from '../../../src/ops/update/journal.ts';
import { lockInstallation } from '../../../src/ops/update/locks.ts';
import { foldersOf } from '../../../src/ops/update/mend.ts';
import { finishUpdate, update } from '../../../src/ops/update/update.ts';
import { lockHome } from '../../../src/platform/home-lock.ts';
import { updateWorld } from './world.ts';

/** Each of them runs dozens of programs: git, npm, the releases. */
vi.setConfig({ testTimeout: 120_000 });

const MIGRATION = 9_100_000_000_000;

/** An update to 2.0.0 that has come so far, with nobody at it any more. */
async function cutOff(state: Journal['state'], changes: Partial<Journal> = {}) {
  const world = await updateWorld();
  world.release('1.0.1', { failsToBuild: true });
  // Makes the folder; what it began with is cleared up again.
  await expect(update(world.parts())).rejects.toMatchObject({ code: 'update.not-built' });
  world.release('2.0.0');
  journalOf(world.root).write({
    state,
    home: world.home,
    from: { version: '1.0.0', commit: world.git(world.root, 'rev-parse', 'HEAD'), branch: 'main' },
    to: { tag: 'v2.0.0', version: '2.0.0' },
    wasRunning: true,
    copiedAtMs: null,
    wellBefore: ['database'],
    ...changes,
  });
  return world;
}

/** An update that was cut off in its trial, with a copy of the database made before. */
async function cutOffInTrial() {
  const world = await cutOff('trying');
  await world.service.stop();
  const journal = journalOf(world.root);
  const copiedAtMs = await guardDatabase(world.home).copy();
  journal.write({ ...(journal.read() as Journal), copiedAtMs });
  return world;
}

/** Does what a newer release does to a database. */
function migrate(home: string): void {
  const database = new BetterSqlite3(join(home, 'claudio.db'));
  database.exec(
    `INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('newer', ${MIGRATION})`,
  );
  database.close();
}

test('an update that was cut off with the service stopped is ended: it runs as before, and no other update begins', async () => {
  const world = await cutOff('stopping');
  await world.service.stop();
  expect(await finishUpdate(world.parts())).toBe('2.0.0');
  expect(await world.health()).toMatchObject({ version: '1.0.0', status: 'ok' });
  expect(world.versions()).toEqual(['1.0.0']);
  expect(world.leftovers()).toEqual([]);
  expect(await finishUpdate(world.parts())).toBeNull();
});

test('a database that the new release brought up to date before it was cut off is put back first', async () => {
  const world = await cutOffInTrial();
  migrate(world.home);
  expect(await finishUpdate(world.parts())).toBe('2.0.0');
  expect(world.database()).toEqual({ updates: [1], migrations: [] });
  expect(await world.health()).toMatchObject({ version: '1.0.0', status: 'ok' });
});

test('a trial that outlives the update that began it is waited for, before the database is looked at', async () => {
  const world = await cutOffInTrial();
  const trial = lockHome(world.home);
  const finishing = finishUpdate(world.parts());
  await vi.waitFor(() => expect(world.told.join()).toContain('was cut off'), 20_000);
  migrate(world.home);
  expect(world.database().migrations).toEqual([MIGRATION]);
  trial.release();
  expect(await finishing).toBe('2.0.0');
  expect(world.database().migrations).toEqual([]);
  expect(await world.health()).toMatchObject({ version: '1.0.0', status: 'ok' });
});

test('what has touched nothing yet, is of another home, or is under way is left to itself', async () => {
  const staging = await cutOff('staging');
  expect(await finishUpdate(staging.parts())).toBeNull();
  journalOf(staging.root).write({
    ...(journalOf(staging.root).read() as Journal),
    state: 'stopping',
    home: '/elsewhere',
  });
  expect(await finishUpdate(staging.parts())).toBeNull();

  journalOf(staging.root).write({
    ...(journalOf(staging.root).read() as Journal),
    home: staging.home,
  });
  const lock = lockInstallation(foldersOf(staging.root).folder);
  await staging.service.stop();
  expect(await finishUpdate(staging.parts())).toBeNull();
  lock.release();
  expect(await staging.health()).toBeNull();
  expect(existsSync(foldersOf(staging.root).journal)).toBe(true);
});

test('a database with messages that the copy does not know of is left, whoever put it there', async () => {
  const world = await cutOffInTrial();
  migrate(world.home);
  const database = new BetterSqlite3(join(world.home, 'claudio.db'));
  database.exec("INSERT INTO updates VALUES ('telegram:1', 5, 5)");
  database.close();
  // The old release does not start on it, which is not waited for longer than a test needs.
  expect(await finishUpdate({ ...world.parts(), wellWithinMs: 4000 })).toBe('2.0.0');
  expect(world.database()).toEqual({ updates: [1, 5], migrations: [MIGRATION] });
});

test('an update for another home that was cut off is not ended with this one', async () => {
  const world = await cutOffInTrial();
  const { home } = world;
  const parts = { ...world.parts(), home: join(world.userHome, 'other') };
  await expect(update(parts)).rejects.toMatchObject({
    code: 'update.other-home',
    message: `An update to 2.0.0 was cut off that was begun for another home, ${home}.`,
    hint: expect.stringContaining(`CLAUDIO_HOME=${home} claudio update`),
  });
  expect(journalOf(world.root).read()).toMatchObject({ state: 'trying', home });
});
