import { join } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { sealAudit } from '../../../src/policy/audit-chain.ts';
import { verifyAudit } from '../../../src/policy/audit-verify.ts';
import { createAudit } from '../../../src/policy/audit.ts';
import { createSearch } from '../../../src/turns/search.ts';
import { testClock } from '../../support/clock.ts';
import { earlierDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

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

test('an audit log from before there was a chain is whole once it is sealed, though old refusals were forgotten', () => {
  const path = join(temporaryFolder(), 'claudio.db');
  const before = earlierDatabase(path, 3);
  before.exec(`
    INSERT INTO audit (id, at_ms, event, conversation_id, person_id)
      VALUES (3, 3, 'press.retry', 'a', '1'), (4, 4, 'access.refused', 'a', '2'),
        (7, 7, 'press.stop', 'a', '1'), (9, 9, 'access.refused', 'a', '2');
    DELETE FROM audit WHERE id IN (4, 9);`);
  before.close();

  const database = openDatabase(path);
  onTestFinished(() => database.close());
  expect(sealAudit(database)).toBe(2);
  const audit = createAudit({ database, clock: testClock() });
  audit.write({ event: 'press.discard', conversationId: 'a', personId: '1' });
  expect(database.orm.query.audit.findMany().sync()).toMatchObject([
    { id: 1, atMs: 3, event: 'press.retry' },
    { id: 2, atMs: 7, event: 'press.stop' },
    { id: 3, event: 'press.discard' },
  ]);
  expect(verifyAudit(database)).toMatchObject({ kind: 'unbroken', count: 3 });
});

test('an audit log of which all was forgotten begins anew', () => {
  const path = join(temporaryFolder(), 'claudio.db');
  const before = earlierDatabase(path, 3);
  before.exec(`
    INSERT INTO audit (id, at_ms, event, conversation_id, person_id)
      VALUES (5, 5, 'access.refused', 'a', '2');
    DELETE FROM audit;`);
  before.close();
  const database = openDatabase(path);
  onTestFinished(() => database.close());
  expect(verifyAudit(database)).toMatchObject({ kind: 'unbroken', count: 0 });
});
