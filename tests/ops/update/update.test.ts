import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ServiceManager } from '../../../src/ops/service/service-manager.ts';
import { keepDatabase } from '../../../src/ops/update/locks.ts';
import { lookForRelease, update } from '../../../src/ops/update/update.ts';
import { createHost } from '../../../src/platform/host.ts';
import { tryLock } from '../../../src/platform/lock-file.ts';
import { unitOf } from './service.ts';
import { updateWorld } from './world.ts';

/** Each of them runs dozens of programs: git, npm, the releases. */
vi.setConfig({ testTimeout: 120_000 });

const MIGRATION = 9_100_000_000_000;
/** One that stays ill is not waited for longer than a test needs. */
const ILL = { wellWithinMs: 4000 };
/** That time counts from when it listens, however long it takes to start. */
const onceItListens = ({ service, health }: Awaited<ReturnType<typeof updateWorld>>) => ({
  ...ILL,
  service: {
    ...service,
    restart: async () => {
      await service.restart();
      await expect.poll(health, { timeout: 30_000 }).not.toBeNull();
    },
  },
});

describe('a newer release that is well', () => {
  test('is brought in whole, and the service runs it', async () => {
    const world = await updateWorld();
    world.release('1.1.0');
    world.release('1.2.0', { migration: MIGRATION });
    expect(await update(world.parts())).toEqual({
      kind: 'updated',
      from: '1.0.0',
      to: '1.2.0',
      isRunning: true,
    });
    expect(world.versions()).toEqual(['1.2.0']);
    expect(await world.health()).toMatchObject({ version: '1.2.0', status: 'ok' });
    expect(world.database()).toEqual({ updates: [1], migrations: [MIGRATION] });
    expect(world.leftovers()).toEqual([]);
    expect(existsSync(join(world.home, 'before-update/claudio.db'))).toBe(true);
    expect(existsSync(join(world.root, 'migrations/1.2.0.sql'))).toBe(true);
    expect(world.told).toEqual([
      'Getting 1.2.0',
      'Getting what it needs (npm ci)',
      'Stopping the service; running turns may finish',
      'Trying 1.2.0 on your home',
      'Bringing 1.2.0 in',
      'Starting the service',
    ]);

    expect(await update(world.parts())).toEqual({ kind: 'up-to-date', version: '1.2.0' });
    world.release('1.3.0', { migration: MIGRATION });
    expect(await update(world.parts())).toMatchObject({ kind: 'updated', to: '1.3.0' });
    expect(world.versions()).toEqual(['1.3.0']);
  });

  test('is brought in without a start where the service does not run, and its unit keeps its PATH', async () => {
    const world = await updateWorld();
    await world.service.stop();
    world.release('1.1.0');
    const installed: string[] = [];
    const service: ServiceManager = {
      ...world.service,
      state: async () => ({ ...(await world.service.state()), path: '/opt/mine:/usr/bin' }),
      install: ({ path }) => {
        installed.push(path);
        return Promise.resolve({ outcome: 'updated', findings: [] });
      },
    };
    const unit = (path: string | null) => ({ ...unitOf(world.place), path: path ?? 'lost' });
    expect(await update({ ...world.parts(), service, unit })).toMatchObject({
      kind: 'updated',
      isRunning: false,
    });
    expect(installed).toEqual(['/opt/mine:/usr/bin']);
    expect(world.told).toContain('The unit of the service was renewed.');
    expect(world.versions()).toEqual(['1.1.0']);
    expect(await world.health()).toBeNull();
    expect(world.leftovers()).toEqual([]);
  });
});

describe('a release that is not well', () => {
  test.each([
    ['cannot be built', { failsToBuild: true }],
    ['falls over when it is tried', { trial: 'broken', migration: MIGRATION }],
    ['is ill when it is tried', { trial: 'ill', migration: MIGRATION }],
    ['falls over when it is started', { start: 'broken' }],
    [
      'is ill when it is started, on a database that it migrated',
      { start: 'ill', migration: MIGRATION },
    ],
  ] as const)('because it %s leaves everything as it was', async (_, behaviour) => {
    const world = await updateWorld();
    const parts = 'start' in behaviour ? { ...world.parts(), ...ILL } : world.parts();
    world.release('2.0.0', behaviour);
    if ('failsToBuild' in behaviour) {
      await expect(update(parts)).rejects.toMatchObject({
        code: 'update.not-built',
        message:
          'The new release could not be put together: npm ci: code ECONNREFUSED; request to the registry failed.',
      });
    } else {
      expect(await update(parts)).toMatchObject({
        kind: 'went-back',
        from: '1.0.0',
        to: '2.0.0',
      });
    }
    expect(world.versions()).toEqual(['1.0.0']);
    expect(world.git(world.root, 'symbolic-ref', '--short', 'HEAD')).toBe('main');
    const well = { version: '1.0.0', status: 'ok' };
    if ('start' in behaviour) {
      await expect.poll(world.health, { timeout: 30_000 }).toMatchObject(well);
    } else expect(await world.health()).toMatchObject(well);
    expect(world.database()).toEqual({ updates: [1], migrations: [] });
    expect(world.leftovers()).toEqual([]);
  });

  test('stays where it has taken something in on a database that it migrated, which going back would lose', async () => {
    const world = await updateWorld();
    world.release('2.0.0', { start: 'ill', accepts: true, migration: MIGRATION });
    expect(await update({ ...world.parts(), ...onceItListens(world) })).toEqual({
      kind: 'stayed',
      from: '1.0.0',
      to: '2.0.0',
      reason: 'database: It is broken',
    });
    expect(world.versions()).toEqual(['2.0.0']);
    expect(world.database()).toMatchObject({ updates: [1, 77], migrations: [MIGRATION] });
    expect(world.leftovers()).toEqual([]);
  });

  test('goes where it has taken something in, but on a database that the old one reads too', async () => {
    const world = await updateWorld();
    world.release('2.0.0', { start: 'ill', accepts: true });
    expect(await update({ ...world.parts(), ...onceItListens(world) })).toMatchObject({
      kind: 'went-back',
    });
    expect(world.versions()).toEqual(['1.0.0']);
    expect(world.database()).toEqual({ updates: [1, 77], migrations: [] });
  });
});

test('files that a turn edits while the service stops are kept, and the release is left', async () => {
  const world = await updateWorld();
  world.release('1.1.0');
  const edited = join(world.root, 'bin.js');
  const stop = async () => {
    writeFileSync(edited, '// mine');
    await world.service.stop();
  };
  expect(await update({ ...world.parts(), service: { ...world.service, stop } })).toMatchObject({
    kind: 'went-back',
    reason: `There are files in ${world.root} that are not as they were released: bin.js`,
  });
  expect(readFileSync(edited, 'utf8')).toBe('// mine');
  expect(await world.health()).toMatchObject({ version: '1.0.0', status: 'ok' });
});

test('nobody else is on the home while the database and the files of the old release come back', async () => {
  const world = await updateWorld();
  world.release('2.0.0', { start: 'ill', migration: MIGRATION });
  const seen: string[] = [];
  const tell = (text: string): void => {
    const lock = tryLock(join(world.home, 'claudio.lock'), 'alone');
    lock?.release();
    if (lock === null) seen.push(text);
  };
  expect(await update({ ...world.parts(), ...onceItListens(world), tell })).toMatchObject({
    kind: 'went-back',
  });
  expect(seen).toEqual(['Putting the database back', 'Going back to 1.0.0']);
});

describe('nothing is changed, and a sentence tells what to do,', () => {
  test('where files are not as they were released', async () => {
    const world = await updateWorld();
    world.release('1.1.0');
    writeFileSync(join(world.root, 'bin.js'), '// mine');
    writeFileSync(join(world.root, 'notes.txt'), 'mine');
    await expect(update(world.parts())).rejects.toMatchObject({
      code: 'update.changed-files',
      message: `There are files in ${world.root} that are not as they were released: bin.js, notes.txt.`,
    });
    expect(await world.health()).toMatchObject({ version: '1.0.0' });
    expect(readFileSync(join(world.root, 'bin.js'), 'utf8')).toBe('// mine');
  });

  test('where the releases cannot be fetched', async () => {
    const world = await updateWorld();
    rmSync(world.origin, { recursive: true });
    await expect(update(world.parts())).rejects.toMatchObject({ code: 'update.unreachable' });
  });

  test('where it is no git checkout, or lies in one of something else', async () => {
    const world = await updateWorld();
    const parts = world.parts();
    await expect(update({ ...parts, root: world.home })).rejects.toMatchObject({
      code: 'update.no-checkout',
    });
    await expect(update({ ...parts, root: join(world.root, 'dist') })).rejects.toMatchObject({
      code: 'update.no-checkout',
    });
  });

  test('where there is no git', async () => {
    const world = await updateWorld();
    const host = { ...world.parts().host, locate: () => null };
    await expect(update({ ...world.parts(), host })).rejects.toMatchObject({
      code: 'update.no-git',
    });
  });

  test('where the service runs in a terminal', async () => {
    const world = await updateWorld();
    world.release('1.1.0');
    await expect(update({ ...world.parts(), service: null })).rejects.toMatchObject({
      code: 'update.in-terminal',
      message: expect.stringMatching(/^Claudio runs in a terminal \(process \d+\)/u),
    });
    expect(world.leftovers()).toEqual([]);
  });

  test('where the service runs on another home', async () => {
    const world = await updateWorld();
    world.release('1.1.0');
    await expect(update({ ...world.parts(), home: '/elsewhere' })).rejects.toMatchObject({
      code: 'update.other-home',
    });
  });

  test('within a turn, which the update would end', async () => {
    const world = await updateWorld();
    const host = createHost({ HOME: world.userHome, PATH: '/usr/bin', CLAUDIO_TURN: 'x.1.1' });
    await expect(update({ ...world.parts(), host })).rejects.toMatchObject({
      code: 'update.in-turn',
    });
  });

  test('while another one is under way, and when it is broken off in time', async () => {
    const world = await updateWorld();
    world.release('1.1.0');
    const broken = AbortSignal.abort();
    const [one, other] = await Promise.allSettled([
      update({ ...world.parts(), signal: broken }),
      update({ ...world.parts(), signal: broken }),
    ]);
    const codes = [one, other].map((end) =>
      end.status === 'rejected' ? (end.reason as { code: string }).code : end.status,
    );
    expect(codes.toSorted()).toEqual(['cli.cancelled', 'update.under-way']);
    expect(world.versions()).toEqual(['1.0.0']);
    expect(world.leftovers()).toEqual([]);
  });

  test('where no tag is a release', async () => {
    const world = await updateWorld();
    for (const tag of ['v9', 'nightly', 'v1.0.1-rc.1']) world.git(world.origin, 'tag', tag);
    expect(await update(world.parts())).toEqual({ kind: 'up-to-date', version: '1.0.0' });
    expect(await lookForRelease(world.parts().host, world.root, '1.0.0')).toEqual({
      newest: { tag: 'v1.0.0', version: '1.0.0' },
      isNewer: false,
    });
  });
});

test('commands that write into the database wait until an update is done with it', async () => {
  const world = await updateWorld();
  const lock = await keepDatabase(world.home);
  onTestFinished(() => lock.release());
  const { holdStill } = await import('../../../src/ops/update/locks.ts');
  await expect(holdStill(world.home, 0)).rejects.toMatchObject({ code: 'update.under-way' });
  const waiting = holdStill(world.home);
  lock.release();
  (await waiting).release();
});

test('a service that does not stop is started again, and the release is left', async () => {
  const world = await updateWorld();
  world.release('1.1.0');
  const service = {
    ...world.service,
    stop: () => Promise.reject(new Error('it does not want to')),
    restart: () => Promise.resolve(),
  };
  expect(await update({ ...world.parts(), service })).toEqual({
    kind: 'went-back',
    from: '1.0.0',
    to: '1.1.0',
    reason: 'it does not want to',
  });
  expect(world.versions()).toEqual(['1.0.0']);
  expect(world.leftovers()).toEqual([]);
});
