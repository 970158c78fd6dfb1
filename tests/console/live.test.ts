import { setImmediate as nextTick } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createSubscribe } from '../../src/app/compose-console.ts';
import { createHealthHistory } from '../../src/console/health-history.ts';
import { livePage } from '../../src/console/live.tsx';
import type { Subscribe } from '../../src/pages/live.ts';
import { testLog } from '../support/log.ts';
import { nowWorld, patches, readEvents, type SentEvent } from './now-world.ts';

const LISTS = ['running', 'waiting', 'interrupted', 'failed', 'today'];
const MARKUP = '<script>alert(1)</script>';

function stage() {
  const world = nowWorld();
  const history = createHealthHistory(world.database, world.clock);
  const ended = new AbortController();
  const watched = testLog();
  const real = createSubscribe(world.database, watched.log);
  const readers = new Set<object>();
  const subscribe: Subscribe = (changed) => {
    const reader = {};
    readers.add(reader);
    const end = real(changed);
    return () => {
      readers.delete(reader);
      end();
    };
  };
  const lookedAt = vi.spyOn(world.bots, 'of');
  onTestFinished(() => ended.abort());
  const app = livePage({ ...world, history, subscribe, ended: ended.signal, log: watched.log });
  return {
    ...world,
    ...watched,
    history,
    readers,
    lookedAt,
    end: () => ended.abort(),
    open: async (path = '/live/now') => {
      const response = await app.request(path);
      expect(response.headers.get('content-type')).toContain('text/event-stream');
      return readEvents(response);
    },
  };
}

function idOf({ data }: SentEvent): unknown {
  return typeof data === 'object' && data !== null && 'id' in data ? data.id : null;
}

test('the stream of all pages brings how Claudio is, at first and when that changes', async () => {
  const { open, history } = stage();
  const stream = await open('/live');
  expect(await stream.next(patches('health', 'Looking'))).toBeDefined();
  history.note({ checks: { disk: { ok: true }, webhook: { ok: false, remedy: 'Wait.' } } });
  expect(await stream.next(patches('health', '1 failing'))).toBeDefined();
  history.note({ checks: { disk: { ok: true }, webhook: { ok: true } } });
  expect(await stream.next(patches('health', 'All well'))).toBeDefined();
  expect(new Set(stream.seen.filter(({ event }) => event === 'patch').map(idOf))).toEqual(
    new Set(['health']),
  );
});

test('the stream of the first page brings every list at first, then each that has changed and no other', async () => {
  const { open, run, arrive, part, acts } = stage();
  const turn = run(`look at ${MARKUP}`);
  const stream = await open();
  await stream.next(({ event }) => event === 'whole');
  expect(stream.seen.flatMap((event) => idOf(event) ?? [])).toEqual(['health', ...LISTS]);
  expect(JSON.stringify(stream.seen)).toContain('&lt;script&gt;');
  expect(JSON.stringify(stream.seen)).not.toContain('<script>');

  turn.uses('Bash', 'Running make');
  expect(idOf(await stream.next())).toBe('running');
  const waitingId = arrive('behind it');
  expect(idOf(await stream.next())).toBe('waiting');
  acts.cancel(waitingId);
  expect(await stream.next(patches('waiting', 'Nothing waits.'))).toBeDefined();
  part({ reason: 'blocked' });
  expect(await stream.next(patches('failed', 'blocked'))).toBeDefined();
  acts.stop(turn.turnId);
  expect(await stream.next(patches('running', 'Stopping'))).toBeDefined();
  turn.end('interrupted');
  expect(await stream.next(patches('interrupted', 'Retry'))).toBeDefined();
});

test('what another process commits is seen as well', async () => {
  const { open, run, database } = stage();
  run('one');
  const stream = await open();
  await stream.next(({ event }) => event === 'whole');
  const other = new BetterSqlite3(database.orm.$client.name);
  onTestFinished(() => void other.close());
  other.exec("UPDATE turns SET activity = 'Seen from outside'");
  expect(await stream.next(patches('running', 'Seen from outside'))).toBeDefined();
});

test('a thousand commits a second lead to ten looks a second at most for each of two readers, who both end with the last state', async () => {
  const { open, run, database, lookedAt } = stage();
  database.orm.$client.pragma('synchronous = OFF');
  const { turnId } = run('count');
  const streams = await Promise.all([open(), open()]);
  await Promise.all(streams.map((stream) => stream.next(({ event }) => event === 'whole')));
  const reading = streams.map((stream) => stream.next(patches('running', 'Count: over')));
  lookedAt.mockClear();

  const commit = database.orm.$client.prepare('UPDATE turns SET activity = ? WHERE id = ?');
  const startedAtMs = performance.now();
  let commitCount = 0;
  while (performance.now() - startedAtMs < 1500) {
    for (let n = 0; n < 500; n += 1) commit.run(`Count: ${(commitCount += 1)}`, turnId);
    await nextTick();
  }
  commit.run('Count: over', turnId);
  await Promise.all(reading);
  const tookSeconds = (performance.now() - startedAtMs) / 1000;
  expect(commitCount).toBeGreaterThan(1000 * tookSeconds);
  // A look asks once for the name of the one bot.
  const lookCount = lookedAt.mock.calls.length;
  expect(lookCount).toBeGreaterThanOrEqual(4);
  expect(lookCount).toBeLessThanOrEqual(2 * (10 * tookSeconds + 2));
});

test('nothing is looked at while nobody watches, and the watch ends with the last reader', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const { open, run, lookedAt, readers } = stage();
  const turn = run('one');
  turn.uses('Bash', 'Running make');
  expect(vi.getTimerCount()).toBe(0);
  expect(lookedAt).not.toHaveBeenCalled();

  const [first, second] = [await open(), await open()];
  await first.next(({ event }) => event === 'whole');
  await second.next(({ event }) => event === 'whole');
  expect(readers.size).toBe(2);
  expect(vi.getTimerCount()).toBe(1);
  await first.leave();
  expect(readers.size).toBe(1);
  expect(vi.getTimerCount()).toBe(1);
  await second.leave();
  expect(readers.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  lookedAt.mockClear();
  turn.uses('Bash', 'Running make again');
  vi.advanceTimersByTime(10_000);
  expect(lookedAt).not.toHaveBeenCalled();
});

test('a stream ends when the service stops, and where the database cannot be read, which is in the log', async () => {
  const stopped = stage();
  const stream = await stopped.open();
  await stream.next(({ event }) => event === 'whole');
  stopped.end();
  await expect(stream.next()).rejects.toThrow('the stream ended');
  expect(stopped.readers.size).toBe(0);

  const broken = stage();
  broken.run('one');
  const other = await broken.open();
  await other.next(({ event }) => event === 'whole');
  broken.database.orm.$client.exec('ALTER TABLE tool_uses RENAME TO away');
  broken.arrive('two');
  await expect(other.next()).rejects.toThrow('the stream ended');
  expect(await broken.logged('console.broken')).toMatchObject([{ path: '/live/now' }]);
  expect(broken.readers.size).toBe(0);
});
