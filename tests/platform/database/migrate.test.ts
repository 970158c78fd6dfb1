import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { packageRoot } from '../../../src/platform/package.ts';
import { createSearch } from '../../../src/turns/search.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const journalSchema = z.looseObject({ entries: z.array(z.looseObject({ tag: z.string() })) });

/** A database as the first so many migrations made it. */
function earlierDatabase(path: string, migrationCount: number): BetterSqlite3.Database {
  const migrationsFolder = temporaryFolder();
  cpSync(join(packageRoot(), 'migrations'), migrationsFolder, { recursive: true });
  const journalPath = join(migrationsFolder, 'meta', '_journal.json');
  const journal = journalSchema.parse(JSON.parse(readFileSync(journalPath, 'utf8')));
  const entries = journal.entries.slice(0, migrationCount);
  writeFileSync(journalPath, JSON.stringify({ ...journal, entries }));
  const sqlite = new BetterSqlite3(path);
  migrate(drizzle(sqlite), { migrationsFolder });
  return sqlite;
}

function positions(sqlite: BetterSqlite3.Database) {
  return sqlite.prepare('SELECT id, position FROM messages ORDER BY position, id').all();
}

test('what a database held before there were attachments stands in the same order afterwards, and is found', () => {
  const path = join(temporaryFolder(), 'claudio.db');
  const before = earlierDatabase(path, 1);
  before.exec(`
    INSERT INTO conversations (id, destination, channel, chat, created_at_ms)
      VALUES ('a', 'a', 'x', '1', 1);
    INSERT INTO messages (id, conversation_id, role, author, text, answers_message_id, created_at_ms)
      VALUES (1, 'a', 'person', 'Owner', 'where is the café?', NULL, 1),
        (2, 'a', 'person', 'Owner', 'and the station?', NULL, 2),
        (3, 'a', 'command', 'Owner', '/queue', NULL, 3),
        (4, 'a', 'claude', NULL, 'At the corner.', 1, 4),
        (5, 'a', 'claude', NULL, 'Behind the bridge.', 2, 5);
    INSERT INTO turns (id, conversation_id, message_id, status, attempt_count, queued_at_ms, requested_model)
      VALUES (1, 'a', 1, 'done', 1, 1, 'haiku'), (2, 'a', 2, 'queued', 0, 2, 'haiku');`);
  const stood = positions(before);
  expect(stood).toHaveLength(5);
  before.close();

  const database = openDatabase(path);
  onTestFinished(() => database.close());
  const { $client: after } = database.orm;
  expect(positions(after)).toEqual(stood);
  expect(after.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(after.pragma('foreign_key_check')).toEqual([]);
  // The index of the texts checks itself against them: https://sqlite.org/fts5.html#the_integrity_check_command
  after.exec("INSERT INTO messages_search (messages_search, rank) VALUES ('integrity-check', 1)");
  const search = createSearch(database);
  const find = (query: string) => search.find({ conversationId: 'a', messageId: 9 }, query, 5);
  expect(find('cafe')).toMatchObject({ hits: [{ excerpt: 'where is the **café**?' }] });
  expect(find('bridge')).toMatchObject({ hits: [{ role: 'claude' }] });
  expect(database.orm.query.turns.findMany().sync()).toMatchObject([
    { status: 'done', notBeforeMs: 0, joinedTurnId: null },
    { status: 'queued', notBeforeMs: 0, joinedTurnId: null },
  ]);
});
