import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lookAtLog } from '../../../src/ops/health-check/bursts.ts';
import { testClock } from '../../support/clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MINUTE_MS = 60_000;
const clock = testClock();

function line(minutesAgo: number, event: string, level = 'info'): string {
  const time = new Date(clock.now() - minutesAgo * MINUTE_MS).toISOString();
  return `${JSON.stringify({ level, time, event })}\n`;
}

const several = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => of(index)).join('');

async function look(content: string) {
  const path = join(temporaryFolder(), 'claudio.log');
  writeFileSync(path, content);
  const [errors, starts] = await lookAtLog(path, clock);
  return { errors, starts };
}

test('twenty errors in five minutes are a burst, told with the last one; nineteen are not', async () => {
  const old = several(500, (index) => line(14 - index / 100, 'x.old', 'error'));
  const recent = (count: number) =>
    several(count, (index) => line(4 - index / 10, 'x.failed', 'error'));
  const { errors } = await look(old + recent(19) + line(0.5, 'x.last', 'error'));
  expect(errors).toMatchObject({
    state: 'failed',
    text: 'has 20 errors in the last 5 minutes, the last one x.last',
    sinceMs: clock.now() - 4 * MINUTE_MS,
  });
  const quiet = await look(old + recent(19) + several(50, () => line(1, 'x.fine')));
  expect(quiet.errors?.state).toBe('ok');
});

test('four starts in fifteen minutes are told, unless each follows a stop in good order', async () => {
  const crashing = several(4, (index) => line(14 - index, 'service.started'));
  expect((await look(crashing)).starts).toMatchObject({
    state: 'failed',
    text: expect.stringContaining('started 4 times') as string,
  });
  const asked = several(
    6,
    (index) =>
      line(14 - index, 'service.stopping') +
      line(14 - index, 'service.stopped') +
      line(13.9 - index, 'service.started'),
  );
  expect((await look(asked)).starts?.state).toBe('ok');
  expect(
    (await look(asked + several(3, (at) => line(3 - at, 'service.started')))).starts?.state,
  ).toBe('ok');
  const longAgo = several(9, (index) => line(60 - index, 'service.started'));
  expect((await look(longAgo)).starts?.state).toBe('ok');
});

test('a log that is not there, empty, or holds other things has no bursts', async () => {
  const none = await lookAtLog(join(temporaryFolder(), 'claudio.log'), clock);
  expect(none.map(({ state }) => state)).toEqual(['ok', 'ok']);
  for (const content of ['', '\n', 'panic\n{"level":"error"}\n[]\n', '\0'.repeat(1000)]) {
    const { errors, starts } = await look(content);
    expect([errors?.state, starts?.state]).toEqual(['ok', 'ok']);
  }
});

test('half a line at the end does not hide what stands before it', async () => {
  const { errors } = await look(several(20, () => line(1, 'x.failed', 'error')) + '{"level":"er');
  expect(errors?.state).toBe('failed');
});

test('a large log is read no further back than a quarter of an hour', async () => {
  const path = join(temporaryFolder(), 'claudio.log');
  const old = line(600, `x.${'y'.repeat(900)}`);
  const chunk = old.repeat(10_000);
  for (let count = 0; count < 5; count += 1) appendFileSync(path, chunk);
  appendFileSync(
    path,
    several(20, () => line(1, 'x.failed', 'error')),
  );
  const before = process.memoryUsage().arrayBuffers;
  const startedAtMs = performance.now();
  const [errors] = await lookAtLog(path, clock);
  expect(errors?.state).toBe('failed');
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
  expect(performance.now() - startedAtMs).toBeLessThan(1000);
});

test('lines from a time that is still to come, before the clock was set back, are no burst', async () => {
  const { errors } = await look(several(30, () => line(-60, 'x.failed', 'error')));
  expect(errors?.state).toBe('ok');
});
