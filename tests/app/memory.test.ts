import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { consolidations, memoryCalls } from '../../drizzle/schema.ts';
import { composeMemory, type ServiceMemory } from '../../src/app/memory.ts';
import { loadConfiguration } from '../../src/platform/configuration/load.ts';
import { openDatabase, type Database } from '../../src/platform/database/open.ts';
import { recordBoot } from '../../src/turns/boot.ts';
import { emptyEnvironment, INSTANT_CLAUDE_PATH } from '../environment.ts';
import { testClock } from '../support/clock.ts';
import { testLog } from '../support/log.ts';
import { memoryWorld } from '../support/memory.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const DAY_MS = 24 * 3_600_000;

function memoryOf(
  environment: Record<string, string> = {},
  before: (database: Database, home: string) => void = () => undefined,
) {
  const userHome = temporaryFolder();
  const configuration = loadConfiguration({
    ...emptyEnvironment({ home: userHome, baseUrl: 'http://127.0.0.1:9' }),
    CLAUDE_BIN: INSTANT_CLAUDE_PATH,
    TELEGRAM_BOT_TOKEN: '1:test-token',
    TELEGRAM_CHAT_ID: '1001',
    WEBHOOK_URL: 'http://127.0.0.1:9',
    ...environment,
  });
  const database = openDatabase(join(userHome, 'claudio.db'));
  before(database, configuration.home);
  const clock = testClock();
  const { log, lines } = testLog();
  const memory = composeMemory({ configuration, database, clock, log, bootId: 'boot' });
  onTestFinished(async () => {
    await memory?.close();
    database.close();
  });
  return { memory, home: configuration.home, database, clock, lines };
}

function there(memory: ServiceMemory | null): ServiceMemory {
  if (memory === null) throw new Error('there is no memory');
  return memory;
}

test('with MEMORY_ENABLED=0 there is none, and nothing is made for it', () => {
  const { memory, home } = memoryOf({ MEMORY_ENABLED: '0' });
  expect(memory).toBe(null);
  expect(readdirSync(home)).not.toContain('tmp');
});

/** Something said in a conversation of its own under each of these instances, then a start with a memory. */
function said(...hadMemory: readonly boolean[]) {
  const ids: number[] = [];
  const { database } = memoryOf({}, (home) => {
    const { say } = memoryWorld({ database: home });
    for (const [at, had] of hadMemory.entries()) {
      recordBoot(home, testClock(), String(at), had);
      ids.push(say(`During ${at}`, 'person', String(at)));
    }
  });
  return { ids, cursors: database.orm.select().from(consolidations).all() };
}

describe('what was said before a start with a memory', () => {
  test('is not learned from where the instance before had none, in any conversation', () => {
    const { ids, cursors } = said(true, false);
    const lastMessageId = Math.max(...ids);
    expect(cursors.map(({ conversationId }) => conversationId)).toEqual([
      'telegram:1:0',
      'telegram:1:1',
    ]);
    expect(cursors).toMatchObject([{ lastMessageId }, { lastMessageId }]);
  });

  test('is learned from where the instance before had one, and where there was none', () => {
    expect(said(false, true).cursors).toEqual([]);
    expect(said().cursors).toEqual([]);
  });
});

test('the program that looks through what was said runs in an empty folder that nobody else may enter', () => {
  const { memory, home } = memoryOf();
  there(memory);
  const folder = join(home, 'tmp', 'memory');
  expect(readdirSync(folder)).toEqual([]);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('what the calls of the model cost is known for 90 days', () => {
  const { memory, database, clock } = memoryOf();
  const call = (daysAgo: number) => ({
    purpose: 'consolidate' as const,
    scope: 'telegram:1:1001',
    startedAtMs: clock.now() - daysAgo * DAY_MS,
  });
  database.orm
    .insert(memoryCalls)
    .values([call(91), call(89)])
    .run();
  expect(there(memory).prune()).toBe(1);
  expect(database.orm.select().from(memoryCalls).all()).toMatchObject([call(89)]);
});

test('it can be woken, rest and be closed in any order, more than once', async () => {
  const { memory, lines } = memoryOf();
  const { wake, rest, close } = there(memory);
  wake();
  await Promise.all([rest(), close()]);
  wake();
  await rest();
  await close();
  expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

describe('a memory that cannot be opened is told of, and the service goes on without', () => {
  test('where its tables are not there', () => {
    const { memory, lines } = memoryOf({}, ({ orm }) => {
      orm.$client.exec(
        'DROP TABLE memory_sources; DROP TABLE memory_vectors; DROP TABLE recalls; DROP TABLE memories',
      );
    });
    expect(memory).toBe(null);
    expect(lines).toMatchObject([{ event: 'memory.unavailable' }]);
  });

  test('where there is no folder for the program that looks through what was said', () => {
    const { memory, lines } = memoryOf({}, (_, home) => {
      mkdirSync(join(home, 'tmp'), { recursive: true });
      writeFileSync(join(home, 'tmp', 'memory'), 'no folder');
    });
    expect(memory).toBe(null);
    expect(lines).toMatchObject([{ event: 'memory.unavailable' }]);
  });
});
