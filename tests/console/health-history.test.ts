import { expect, test } from 'vitest';
import { healthChanges } from '../../drizzle/schema.ts';
import { createHealthHistory } from '../../src/console/health-history.ts';
import { testClock } from '../support/clock.ts';
import { testDatabase } from '../support/database.ts';

const DAY_MS = 24 * 3_600_000;
const WELL = { ok: true };
const ILL = { ok: false, remedy: 'Mend it.' };

function world() {
  const database = testDatabase();
  const clock = testClock(0);
  const open = () => createHealthHistory(database, clock);
  const rows = () =>
    database.orm
      .select()
      .from(healthChanges)
      .all()
      .map(({ atMs, check, ok, remedy }) => ({ atMs, check, ok, remedy }));
  return { database, clock, open, rows };
}

test('the first time and each change is written down with its time and what was to be done, and nothing else', () => {
  const { clock, open, rows } = world();
  const history = open();
  history.note({ checks: { disk: WELL, webhook: WELL } });
  clock.advance(60_000);
  history.note({ checks: { disk: WELL, webhook: ILL } });
  clock.advance(60_000);
  history.note({ checks: { disk: WELL, webhook: { ok: false, remedy: 'Mend it now.' } } });
  clock.advance(60_000);
  history.note({ checks: { disk: WELL, webhook: WELL } });
  expect(rows()).toEqual([
    { atMs: 0, check: 'disk', ok: true, remedy: null },
    { atMs: 0, check: 'webhook', ok: true, remedy: null },
    { atMs: 60_000, check: 'webhook', ok: false, remedy: 'Mend it.' },
    { atMs: 180_000, check: 'webhook', ok: true, remedy: null },
  ]);
  expect(history.lastChanges().get('webhook')).toMatchObject({ ok: true, atMs: 180_000 });
  const newest = history.changes({ limit: 2 });
  expect(newest.map(({ check, ok }) => ({ check, ok }))).toEqual([
    { check: 'webhook', ok: true },
    { check: 'webhook', ok: false },
  ]);
  const before = newest.at(-1)?.id ?? 0;
  expect(history.changes({ beforeId: before, limit: 9 }).map(({ check }) => check)).toEqual([
    'webhook',
    'disk',
  ]);
});

test('a start of the service repeats nothing, and writes down what changed while it was away', () => {
  const { clock, open, rows } = world();
  open().note({ checks: { disk: WELL, webhook: ILL } });
  clock.advance(1000);
  open().note({ checks: { disk: WELL, webhook: ILL } });
  expect(rows()).toHaveLength(2);
  open().note({ checks: { disk: ILL, webhook: ILL } });
  expect(rows().at(-1)).toEqual({ atMs: 1000, check: 'disk', ok: false, remedy: 'Mend it.' });
});

test('how many checks fail is that of the last report: one that is no longer made fails no more', () => {
  const { clock, open } = world();
  const history = open();
  expect([history.latest(), history.failingCount()]).toEqual([null, null]);
  history.note({ checks: { disk: ILL, tunnel: ILL } });
  expect(history.failingCount()).toBe(2);
  clock.advance(5);
  history.note({ checks: { disk: WELL } });
  expect(history.failingCount()).toBe(0);
  expect(history.latest()).toEqual({ checks: { disk: WELL }, atMs: 5 });
});

test('what the database does not take is known all the same, and written down the next time', () => {
  const { database, open, rows } = world();
  const history = open();
  history.note({ checks: { disk: WELL } });
  database.orm.$client.pragma('query_only = ON');
  expect(() => history.note({ checks: { disk: ILL, webhook: WELL } })).toThrow(
    /readonly|read-only/u,
  );
  expect(history.failingCount()).toBe(1);
  database.orm.$client.pragma('query_only = OFF');
  history.note({ checks: { disk: ILL, webhook: WELL } });
  expect(rows().map(({ check, ok }) => [check, ok])).toEqual([
    ['disk', true],
    ['disk', false],
    ['webhook', true],
  ]);
});

test('after 90 days a change is forgotten, but not the last of each check', () => {
  const { clock, open, rows } = world();
  const history = open();
  history.note({ checks: { disk: WELL, webhook: WELL } });
  clock.advance(DAY_MS);
  history.note({ checks: { disk: WELL, webhook: ILL } });
  clock.advance(90 * DAY_MS);
  expect(history.prune()).toBe(1);
  expect(rows().map(({ check, ok }) => [check, ok])).toEqual([
    ['disk', true],
    ['webhook', false],
  ]);
  history.note({ checks: { disk: WELL, webhook: ILL } });
  expect(rows()).toHaveLength(2);
  expect(history.prune()).toBe(0);
});
