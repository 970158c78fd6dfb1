import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { consoleKeys, healthChanges } from '../../drizzle/schema.ts';
import { createBots } from '../../src/app/bots.ts';
import { composeConsole } from '../../src/app/compose-console.ts';
import { composePolicy } from '../../src/app/compose-policy.ts';
import { composeTurns } from '../../src/app/turns.ts';
import { createConsoleSessions } from '../../src/console/sessions.ts';
import { createMask } from '../../src/core/mask.ts';
import { createHealth, type CheckResult } from '../../src/http/health.ts';
import { createChannels } from '../../src/outbox/channels.ts';
import { loadConfiguration } from '../../src/platform/configuration/load.ts';
import { openDatabase } from '../../src/platform/database/open.ts';
import { createHttpClient } from '../../src/platform/http-client.ts';
import { createAudit } from '../../src/policy/audit.ts';
import { emptyEnvironment, INSTANT_CLAUDE_PATH } from '../environment.ts';
import { eventsOf } from '../console/world.ts';
import { testClock } from '../support/clock.ts';
import { testLog } from '../support/log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ORIGIN = 'http://127.0.0.1:8421';

/** The console as the service puts it together, with a clock and checks of the test's own. */
function composed() {
  const userHome = temporaryFolder();
  const configuration = loadConfiguration({
    ...emptyEnvironment({ home: userHome, baseUrl: 'http://127.0.0.1:9' }),
    CLAUDE_BIN: INSTANT_CLAUDE_PATH,
    TELEGRAM_BOT_TOKEN: '1:test-token',
    TELEGRAM_CHAT_ID: '42',
    WEBHOOK_SECRET: 'test-secret',
    MEMORY_ENABLED: '0',
  });
  const databasePath = join(configuration.home, 'claudio.db');
  const database = openDatabase(databasePath);
  onTestFinished(() => database.close());
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const clock = testClock();
  const { log, lines } = testLog();
  const mask = createMask(() => []);
  const bots = createBots(configuration);
  const around = { configuration, database, http, clock, bots, mask, log };
  const people = composePolicy({ ...around, tellOwner: () => undefined });
  const turns = composeTurns({
    ...around,
    ...people,
    bootId: 'boot',
    memory: null,
    channels: createChannels(() => null),
    toolsUrl: () => '',
  });
  let disk: CheckResult = { ok: true };
  let askedCount = 0;
  const health = createHealth({
    clock,
    version: '1',
    made: (report) => board.note(report),
    checks: {
      disk: () => {
        askedCount += 1;
        return disk;
      },
    },
  });
  const board = composeConsole({
    ...around,
    people,
    turns,
    memory: null,
    health,
    port: () => 8421,
    wake: () => undefined,
  });
  const sessions = createConsoleSessions(database, clock, people.audit);
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
    await board.pages.request(`${ORIGIN}${path}`, {
      headers: { host: '127.0.0.1:8421', ...headers },
    });
  return {
    board,
    database,
    databasePath,
    clock,
    lines,
    sessions,
    ask,
    health,
    askedCount: () => askedCount,
    setDisk: (next: CheckResult) => {
      disk = next;
      health.forget();
    },
    enter: async () => {
      const answer = await ask(`/enter?key=${sessions.invite()}`);
      return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    },
    changes: () =>
      database.orm
        .select()
        .from(healthChanges)
        .all()
        .map(({ check, ok }) => [check, ok]),
  };
}

test('the pages are there for twelve hours after the link was used, and not longer', async () => {
  const { ask, enter, clock } = composed();
  const cookie = await enter();
  clock.advance(12 * HOUR_MS - 1);
  expect((await ask('/configuration', { cookie })).status).toBe(200);
  clock.advance(1);
  expect((await ask('/configuration', { cookie })).status).toBe(401);
});

test('the health is looked at some seconds after the start and then each minute, and not any more once the service stops', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { board, clock, setDisk, askedCount, changes } = composed();
  const pass = async (ms: number) => {
    clock.advance(ms);
    await vi.advanceTimersByTimeAsync(ms);
  };
  const end = board.watch();
  await pass(9000);
  expect(askedCount()).toBe(0);
  await pass(2000);
  expect(askedCount()).toBe(1);
  expect(changes()).toEqual([['disk', true]]);
  setDisk({ ok: false, remedy: 'Free some space.' });
  await pass(50_000);
  expect(changes()).toEqual([
    ['disk', true],
    ['disk', false],
  ]);
  await pass(60_000);
  expect(changes()).toHaveLength(2);
  const before = askedCount();
  end();
  await pass(300_000);
  expect(askedCount()).toBe(before);
});

test('whoever asks for /health, what changed is written down; what fails because the service stops is not', async () => {
  const { board, health, setDisk, changes } = composed();
  const end = board.watch();
  await health();
  expect(changes()).toEqual([['disk', true]]);
  end();
  setDisk({ ok: false });
  await health();
  expect(changes()).toEqual([['disk', true]]);
});

test('a database that takes no write is told once in the log, and keeps nobody from asking', async () => {
  const { database, health, setDisk, lines, changes } = composed();
  await health();
  database.orm.$client.pragma('query_only = ON');
  setDisk({ ok: false });
  expect((await health()).status).toBe('failing');
  expect((await health()).status).toBe('failing');
  database.orm.$client.pragma('query_only = OFF');
  await health();
  expect(lines.filter(({ event }) => event === 'health.not-noted')).toHaveLength(1);
  expect(changes().at(-1)).toEqual(['disk', false]);
});

test('an open page is told what this process commits and what another one does, and is let go at the end', async () => {
  const { board, enter, ask, health, setDisk, databasePath, lines } = composed();
  const cookie = await enter();
  await health();
  const events = eventsOf(await ask('/live', { cookie }));
  await events.until(/All well/u);
  setDisk({ ok: false });
  await health();
  expect((await events.until(/1 failing/u)).isOver).toBe(false);

  const other = openDatabase(databasePath, 'share');
  onTestFinished(() => other.close());
  const page = eventsOf(await ask('/live/checks', { cookie }));
  await page.until(/"id":"starts"/u);
  const audit = createAudit({ database: other, clock: testClock() });
  createConsoleSessions(other, testClock(), audit).invite();
  other.orm.$client.exec(
    "INSERT INTO boots (id, started_at_ms, seen_at_ms, ended_at_ms) VALUES ('x', 1, 1, 2), ('y', 3, 3, NULL)",
  );
  expect((await page.until(/In good order/u)).isOver).toBe(false);

  board.end();
  expect((await events.until(/never/u)).isOver).toBe(true);
  expect((await page.until(/never/u)).isOver).toBe(true);
  expect(lines).toEqual([]);
});

test('what is over is forgotten: links, sessions and changes of long ago', async () => {
  const { board, database, clock, sessions, enter, health, setDisk, changes } = composed();
  await enter();
  sessions.invite();
  await health();
  setDisk({ ok: false });
  await health();
  board.prune();
  expect(database.orm.select().from(consoleKeys).all()).toHaveLength(2);
  clock.advance(91 * DAY_MS);
  board.prune();
  expect(database.orm.select().from(consoleKeys).all()).toEqual([]);
  expect(changes()).toEqual([['disk', false]]);
});
