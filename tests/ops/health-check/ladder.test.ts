import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { climb, leaveLadder } from '../../../src/ops/health-check/ladder.ts';
import { createNotes } from '../../../src/ops/health-check/notes.ts';
import { testClock } from '../../support/clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MINUTE_MS = 60_000;
const FILES = ['.last_restart_attempt', '.restart_fail_count'] as const;

function rig() {
  const home = temporaryFolder();
  const notes = createNotes(home, join(temporaryFolder(), 'spare'));
  const clock = testClock();
  let restartCount = 0;
  return {
    home,
    notes,
    clock,
    restartCount: () => restartCount,
    file: (name: (typeof FILES)[number]) => readFileSync(join(home, name), 'utf8'),
    step: (restart: () => Promise<void> = () => Promise.resolve()) =>
      climb(notes, clock, async () => {
        restartCount += 1;
        await restart();
      }),
  };
}

test('it restarts at most once in three minutes and three times in all', async () => {
  const { clock, step, restartCount, file } = rig();
  const kinds: string[] = [];
  for (let minute = 0; minute <= 12; minute += 1) {
    kinds.push((await step()).kind);
    clock.advance(MINUTE_MS);
  }
  expect(kinds).toEqual([
    'restarted',
    'waiting',
    'waiting',
    'restarted',
    'waiting',
    'waiting',
    'restarted',
    'waiting',
    'waiting',
    'given-up',
    'given-up',
    'given-up',
    'given-up',
  ]);
  expect(restartCount()).toBe(3);
  expect(file('.restart_fail_count')).toBe('3\n');
});

test('its notes are what the ancestor had: the seconds since the epoch, and a count', async () => {
  const { clock, step, file } = rig();
  await step();
  expect(file('.last_restart_attempt')).toBe(`${Math.floor(clock.now() / 1000)}\n`);
  expect(file('.restart_fail_count')).toBe('1\n');
});

test('removing the notes by hand begins anew', async () => {
  const { home, clock, step } = rig();
  for (let count = 0; count < 4; count += 1) {
    await step();
    clock.advance(5 * MINUTE_MS);
  }
  expect((await step()).kind).toBe('given-up');
  for (const name of FILES) rmSync(join(home, name));
  expect(await step()).toEqual({ kind: 'restarted', count: 1 });
});

test('a service that is well again takes the notes away', async () => {
  const { home, notes, step } = rig();
  await step();
  leaveLadder(notes);
  expect(FILES.filter((name) => existsSync(join(home, name)))).toEqual([]);
  leaveLadder(notes);
  expect(notes.fault()).toBeNull();
});

test('a restart that is refused counts like any other, and was noted before it was tried', async () => {
  const { step, file } = rig();
  const refused = await step(() => {
    expect(file('.restart_fail_count')).toBe('1\n');
    return Promise.reject(new Error('no bus'));
  });
  expect(refused).toEqual({ kind: 'refused', count: 1, reason: 'no bus' });
  expect(await step()).toEqual({ kind: 'waiting', count: 1 });
});

test('a clock that was set back does not block for ever', async () => {
  const { clock, step } = rig();
  await step();
  clock.set(clock.now() - 365 * 24 * 60 * MINUTE_MS);
  expect(await step()).toEqual({ kind: 'restarted', count: 2 });
  clock.advance(MINUTE_MS);
  expect((await step()).kind).toBe('waiting');
});

test.each(['', 'rubbish', '-1', '1e9', '99999999999999999999', '\0'])(
  'notes that hold %j count as none',
  async (text) => {
    const { home, step } = rig();
    for (const name of FILES) writeFileSync(join(home, name), text);
    expect(await step()).toEqual({ kind: 'restarted', count: 1 });
  },
);

test('where nothing can be noted nothing is restarted', async () => {
  const home = join(temporaryFolder(), 'gone');
  const blocked = join(temporaryFolder(), 'file');
  writeFileSync(blocked, '');
  const notes = createNotes(home, join(blocked, 'spare'));
  await expect(climb(notes, testClock(), () => expect.unreachable())).rejects.toMatchObject({
    code: 'health-check.forgetful',
  });
});
