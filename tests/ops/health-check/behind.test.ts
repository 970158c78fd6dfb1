import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { MARKER_VARIABLE } from '../../../src/agent/claude/environment.ts';
import { lookBehind } from '../../../src/ops/health-check/behind.ts';
import { keepDatabase } from '../../../src/ops/update/locks.ts';
import { newId, systemClock } from '../../../src/platform/clock.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { lockHome } from '../../../src/platform/home-lock.ts';
import { start, type Child } from '../../../src/platform/process/spawn.ts';
import { recordBoot } from '../../../src/turns/boot.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MAX_LOG_BYTES = 1000;

/** A home with starts of the service in its database, the last one last. */
function homeWith(...ends: readonly ('died' | 'ended')[]) {
  const home = join(temporaryFolder(), 'home');
  mkdirSync(home);
  const database = openDatabase(join(home, 'claudio.db'));
  const ids = ends.map((end, index) => {
    const id = newId();
    // Each seems to have started before the one before it: the clock was set back.
    const clock = { ...systemClock, now: () => systemClock.now() - index * 60_000 };
    const boot = recordBoot(database, clock, id, true);
    if (end === 'ended') boot.ended();
    return id;
  });
  database.close();
  return { home, ids };
}

/** A process with children and a mark, as a run of a turn has it; killed after the test in any case. */
async function runOf(id: string | undefined, script = 'sleep 60 & echo; wait'): Promise<Child> {
  const mark = id === undefined ? {} : { [MARKER_VARIABLE]: `${id}.7.1` };
  const env = { PATH: '/usr/bin:/bin', ...mark };
  const child = start({ file: '/bin/sh', args: ['-c', script], cwd: '/', env, stdin: '' });
  onTestFinished(() => child.signal('SIGKILL'));
  await child.lines[Symbol.asyncIterator]().next();
  return child;
}

const isAlive = (child: Child): boolean => existsSync(`/proc/${child.pid}/exe`);

/** The look, so many minutes from now. */
async function look(home: string, isUp: boolean, minutes: number) {
  const clock = { ...systemClock, now: () => systemClock.now() + minutes * 60_000 };
  const [leftovers, logs] = await lookBehind({ home, isUp, maxLogBytes: MAX_LOG_BYTES, clock });
  return { leftovers, logs };
}

test('what dead instances left running is stopped after half an hour, and nothing else is', async () => {
  const { home, ids } = homeWith('died', 'ended', 'died', 'died');
  const [first, ended, dead, running] = ids;
  const left = await Promise.all([
    runOf(first),
    runOf(dead, "trap '' TERM; sleep 60 & echo; wait; sleep 60"),
  ]);
  const others = await Promise.all([
    runOf(running),
    runOf(ended),
    runOf(newId()),
    runOf(undefined),
  ]);

  expect((await look(home, true, 29)).leftovers).toMatchObject({ state: 'ok' });
  expect(left.map(isAlive)).toEqual([true, true]);
  expect((await look(home, true, 31)).leftovers).toMatchObject({
    state: 'warning',
    text: expect.stringMatching(/^was \d processes, stopped now$/u) as string,
  });
  expect(left.map(isAlive)).toEqual([false, false]);
  expect(others.map(isAlive)).toEqual([true, true, true, true]);
  expect((await look(home, true, 31)).leftovers).toMatchObject({ state: 'ok' });
});

test('of a service that is surely down, what the last instance left is stopped too', async () => {
  const { home, ids } = homeWith('died');
  const child = await runOf(ids[0]);
  const lock = lockHome(home);
  // It does not answer, and it is alive.
  await look(home, false, 31);
  expect(isAlive(child)).toBe(true);
  lock.release();
  expect((await look(home, false, 31)).leftovers).toMatchObject({ state: 'warning' });
  expect(isAlive(child)).toBe(false);
});

test('a database that is not there has no leftovers, one that is broken is told and harms nothing', async () => {
  const home = join(temporaryFolder(), 'home');
  mkdirSync(home);
  expect((await look(home, false, 0)).leftovers).toMatchObject({ state: 'ok' });
  writeFileSync(
    join(home, 'claudio.db'),
    'this is no database, and long enough to be read as one'.repeat(50),
  );
  expect((await look(home, false, 0)).leftovers).toMatchObject({
    state: 'warning',
    text: expect.stringContaining('could not be looked at') as string,
  });
});

test('the home is given back before anything takes long', async () => {
  const { home } = homeWith('died');
  writeFileSync(join(home, 'claudio.log'), 'x'.repeat(MAX_LOG_BYTES + 1));
  const looking = look(home, false, 31);
  lockHome(home).release();
  expect((await looking).logs).toMatchObject({ text: 'rotated: claudio.log' });
});

test('logs that are too large are rotated and compressed while the service is down', async () => {
  const { home } = homeWith();
  const large = 'x'.repeat(MAX_LOG_BYTES + 1);
  writeFileSync(join(home, 'claudio.log'), large);
  writeFileSync(join(home, 'cloudflared.log'), large);
  writeFileSync(join(home, 'claudio.stderr.log'), 'small');
  writeFileSync(join(home, 'notes.txt'), large);
  expect((await look(home, false, 0)).logs?.text).toBe('rotated: claudio.log, cloudflared.log');
  const logs = readdirSync(home).filter((name) => name.includes('.log'));
  expect(logs.toSorted()).toEqual([
    'claudio.log.1.gz',
    'claudio.stderr.log',
    'cloudflared.log.1.gz',
  ]);
  expect(gunzipSync(readFileSync(join(home, 'claudio.log.1.gz'))).toString()).toBe(large);
  expect(readFileSync(join(home, 'notes.txt'), 'utf8')).toBe(large);
});

test('while a service may run, its own logs are left to it, and during an update everything is', async () => {
  const { home } = homeWith('died');
  writeFileSync(join(home, 'claudio.log'), 'x'.repeat(MAX_LOG_BYTES + 1));
  expect((await look(home, true, 0)).logs?.text).toBe('none is too large');
  const lock = lockHome(home);
  expect((await look(home, false, 0)).logs?.text).toBe('none is too large');
  lock.release();
  const update = await keepDatabase(home);
  expect(await look(home, false, 0)).toEqual({ leftovers: undefined, logs: undefined });
  update.release();
  expect((await look(home, false, 0)).logs?.text).toBe('rotated: claudio.log');
});

test('a log that grew too large while the service runs is emptied and not taken away: somebody writes to it', async () => {
  const { home } = homeWith();
  const file = join(home, 'claudio.stderr.log');
  writeFileSync(file, 'x'.repeat(MAX_LOG_BYTES + 1));
  expect((await look(home, true, 0)).logs?.text).toBe('rotated: claudio.stderr.log');
  expect(readFileSync(file, 'utf8')).toBe('');
  expect(existsSync(`${file}.1.gz`)).toBe(true);
});
