import { statSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { conversations, messages, turns } from '../../../drizzle/schema.ts';
import { isDatabaseFault, openDatabase } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('a database is durable, checked, private, and opens again as it was', () => {
  const path = join(temporaryFolder(), 'claudio.db');
  const first = openDatabase(path);
  first.orm
    .insert(conversations)
    .values({ id: 'a', destination: 'a', channel: 'x', chat: '1', createdAtMs: 1 })
    .run();
  first.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);

  const second = openDatabase(path);
  expect(second.orm.select().from(conversations).all()).toHaveLength(1);
  second.close();

  const plain = new BetterSqlite3(path);
  expect(plain.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(plain.pragma('integrity_check', { simple: true })).toBe('ok');
  plain.close();
});

test('a database that is newer than the code is refused with a clear word and left alone', () => {
  const path = join(temporaryFolder(), 'claudio.db');
  openDatabase(path).close();
  const plain = new BetterSqlite3(path);
  plain.exec("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('x', 9999999999999)");
  plain.close();
  expect(() => openDatabase(path)).toThrow(/newer version of Claudio/u);
});

test('the schema itself forbids two running turns in one conversation', () => {
  const { orm } = testDatabase();
  orm
    .insert(conversations)
    .values({ id: 'a', destination: 'a', channel: 'x', chat: '1', createdAtMs: 1 })
    .run();
  const message = orm
    .insert(messages)
    .values({ conversationId: 'a', role: 'person', text: 'hi', createdAtMs: 1 })
    .returning()
    .get();
  const turn = {
    conversationId: 'a',
    messageId: message.id,
    status: 'running' as const,
    requestedModel: 'haiku',
    queuedAtMs: 1,
  };
  orm.insert(turns).values(turn).run();
  expect(() => orm.insert(turns).values(turn).run()).toThrow(/UNIQUE/u);
});

test('a fault of the database is told from one of what is written, however the statement was made', () => {
  const { orm } = testDatabase();
  const row = { id: 'a', destination: 'a', channel: 'x', chat: '1', createdAtMs: 1 };
  const insert = () => orm.insert(conversations).values(row).run();
  const insertWrittenOut = () =>
    orm.run(
      sql`insert into conversations (id, destination, channel, chat, created_at_ms) values ('a', 'a', 'x', '1', 1)`,
    );
  insert();
  expect([insert, insertWrittenOut].map((write) => isDatabaseFault(thrownBy(write)))).toEqual([
    false,
    false,
  ]);
  orm.$client.pragma('query_only = ON');
  expect([insert, insertWrittenOut].map((write) => isDatabaseFault(thrownBy(write)))).toEqual([
    true,
    true,
  ]);
  expect(isDatabaseFault(new Error('something else'))).toBe(false);
});

test('a transaction keeps nothing when it throws, and refuses to wait for anything', () => {
  const database = testDatabase();
  const insert = () =>
    database.orm
      .insert(conversations)
      .values({ id: 'a', destination: 'a', channel: 'x', chat: '1', createdAtMs: 1 })
      .run();
  expect(() =>
    database.transaction(() => {
      insert();
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(() =>
    database.transaction(async () => {
      insert();
      await Promise.resolve();
    }),
  ).toThrow(TypeError);
  expect(
    database.orm.select().from(conversations).where(eq(conversations.id, 'a')).all(),
  ).toHaveLength(0);
});

function thrownBy(write: () => unknown): unknown {
  try {
    write();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
