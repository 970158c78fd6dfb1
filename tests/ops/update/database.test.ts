import { rmSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { guardDatabase } from '../../../src/ops/update/database.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MIGRATED = "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('newer', 9e12)";

/** A database with two updates and a delivery, and a copy of it. */
async function copied() {
  const home = temporaryFolder();
  const path = join(home, 'claudio.db');
  openDatabase(path).close();
  const database = new BetterSqlite3(path, { timeout: 0 });
  onTestFinished(() => void database.close());
  database.exec(`
    INSERT INTO updates VALUES ('telegram:1', 1, 1), ('telegram:1', 2, 2);
    INSERT INTO conversations (id, destination, channel, chat, created_at_ms) VALUES ('c', 'd', 'telegram', '1', 1);
    INSERT INTO deliveries (conversation_id, destination, part, status, due_at_ms, created_at_ms)
      VALUES ('c', 'd', '{}', 'sent', 1, 1), ('c', 'd', '{}', 'sending', 1, 1);
  `);
  const guard = guardDatabase(home);
  const copiedAtMs = await guard.copy();
  const change = () => guard.changeSince(copiedAtMs);
  return { home, path, database, guard, copiedAtMs, change };
}

test('what is forgotten for its age, and what is to be sent again, is no news', async () => {
  const { database, change } = await copied();
  expect(change()).toBe('same');
  database.exec(MIGRATED);
  database.exec('DELETE FROM updates WHERE update_id = 1; DELETE FROM deliveries WHERE id = 1');
  database.exec("UPDATE deliveries SET status = 'pending'");
  expect(change()).toBe('migrated');
});

test.each([
  ['taken in', "INSERT INTO updates VALUES ('telegram:1', 3, 3)"],
  ['sent', "UPDATE deliveries SET status = 'sent'"],
])('what was %s is news, also where as much was forgotten', async (_, statement) => {
  const { database, change } = await copied();
  database.exec(`${MIGRATED}; ${statement}; DELETE FROM updates WHERE update_id = 1`);
  expect(change()).toBe('news');
});

test('a database that is older than the copy, or gone, is left; so is one with the copy of another update', async () => {
  const { database, path, guard, copiedAtMs, change } = await copied();
  database.exec('DELETE FROM __drizzle_migrations WHERE rowid = 1');
  expect(change()).toBe('same');
  database.exec(MIGRATED);
  expect(change()).toBe('migrated');
  expect(guard.changeSince(copiedAtMs - 1)).toBe('same');
  expect(guard.changeSince(null)).toBe('same');
  database.close();
  rmSync(path);
  expect(change()).toBe('same');
});

test('one without the tables that are known is told apart from one that is only locked', async () => {
  const { database, change } = await copied();
  database.exec(`${MIGRATED}; ALTER TABLE deliveries RENAME TO sendings`);
  expect(change()).toBe('unknown');
  database.pragma('journal_mode = DELETE');
  database.exec('BEGIN EXCLUSIVE');
  expect(change).toThrow(expect.objectContaining({ code: 'update.database' }));
});
