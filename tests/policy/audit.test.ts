import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase, type Database } from '../../src/platform/database/open.ts';
import { createAudit, type AuditEntry } from '../../src/policy/audit.ts';
import { sealAudit } from '../../src/policy/audit-chain.ts';
import { verifyAudit } from '../../src/policy/audit-verify.ts';
import { testClock } from '../support/clock.ts';
import { testDatabase } from '../support/database.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ENTRY: AuditEntry = { event: 'turn.asked', conversationId: 'telegram:1:2', personId: '2' };

function written(count: number, database = testDatabase(), keepsText = false) {
  const clock = testClock();
  const audit = createAudit({ database, clock, keepsText });
  for (let number = 1; number <= count; number += 1) {
    clock.advance(1000);
    audit.write({
      ...ENTRY,
      turnId: number % 3 === 0 ? null : number,
      ...(number % 2 === 0 ? { decision: 'allowed' } : {}),
      ...(number % 4 === 0 ? {} : { details: { tool: 'Bash', count: number } }),
      text: `words ${number}`,
    });
  }
  return { database, audit, clock };
}

/** What somebody with the file in hand can do. */
function open(database: Database): Database['orm']['$client'] {
  const sqlite = database.orm.$client;
  sqlite.exec('DROP TRIGGER audit_unchanged; DROP TRIGGER audit_undeleted');
  return sqlite;
}

test('an audit log that nobody touched is unbroken, and its head is the hash of its last entry', () => {
  const { database } = written(9);
  const rows = database.orm.query.audit.findMany().sync();
  expect(rows.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(new Set(rows.map(({ hash }) => hash)).size).toBe(9);
  expect(rows.every(({ hash }) => /^[\da-f]{64}$/u.test(hash ?? ''))).toBe(true);
  expect(verifyAudit(database)).toEqual({
    kind: 'unbroken',
    count: 9,
    head: rows.at(-1)?.hash,
    foundId: null,
  });
  expect(verifyAudit(testDatabase())).toEqual({
    kind: 'unbroken',
    count: 0,
    head: '',
    foundId: null,
  });
});

test('a head that was kept elsewhere is found as long as the entry with it is there', () => {
  const { database, audit } = written(4);
  const { head } = verifyAudit(database) as { head: string };
  audit.write(ENTRY);
  expect(verifyAudit(database, { hash: head })).toMatchObject({ kind: 'unbroken', foundId: 4 });
  expect(verifyAudit(database, { hash: 'f'.repeat(64) })).toMatchObject({ foundId: null });
});

test('the database itself refuses to change or to take away an entry', () => {
  const sqlite = written(2).database.orm.$client;
  expect(() => sqlite.exec("UPDATE audit SET event = 'x'")).toThrow('only appended to');
  expect(() => sqlite.exec('DELETE FROM audit')).toThrow('only appended to');
});

test('what was said is kept only where that was turned on, and never with a key in it', () => {
  const key = ['gh', 'p_', 'aB3dE5fG7h'.repeat(4)].join('');
  const silent = written(3).database;
  expect(
    silent.orm.query.audit
      .findMany()
      .sync()
      .map(({ text }) => text),
  ).toEqual([null, null, null]);
  const { database, audit } = written(1, testDatabase(), true);
  audit.write({ ...ENTRY, text: `use ${key}`, details: { reason: `not with ${key}` } });
  expect(database.orm.query.audit.findMany().sync()).toMatchObject([
    { text: 'words 1' },
    { text: 'use ‹masked: GitHub token›', details: { reason: 'not with ‹masked: GitHub token›' } },
  ]);
  expect(verifyAudit(database)).toMatchObject({ kind: 'unbroken', count: 2 });
});

test('whatever an entry says, it is read as it was written', () => {
  const { database, audit } = written(0, testDatabase(), true);
  let count = 0;
  const word = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\uD800', '\uFFFD', '\u0000', 'a\u0000b', '\uFEFF', '"\\\n', '\u2028'),
  );
  fc.assert(
    fc.property(word, word, word, fc.integer(), (event, personId, text, number) => {
      audit.write({ ...ENTRY, event, personId, text, turnId: number, details: { [text]: event } });
      count += 1;
    }),
  );
  expect(verifyAudit(database)).toMatchObject({ kind: 'unbroken', count });
});

test('an entry that was rolled back leaves no gap', () => {
  const { database, audit } = written(2);
  expect(() =>
    database.transaction(() => {
      audit.write(ENTRY);
      throw new Error('no');
    }),
  ).toThrow('no');
  database.transaction(() => {
    expect(() =>
      database.transaction(() => {
        audit.write(ENTRY);
        throw new Error('not even that');
      }),
    ).toThrow('not even that');
    audit.write(ENTRY);
  });
  expect(verifyAudit(database)).toMatchObject({ kind: 'unbroken', count: 3 });
});

const COLUMNS = [
  'at_ms',
  'event',
  'conversation_id',
  'person_id',
  'turn_id',
  'decision',
  'details',
  'text',
  'hash',
] as const;
const COUNT = 7;

test('any byte that is changed in any column of any entry is found, and the entry is named', () => {
  const { database } = written(COUNT, testDatabase(), true);
  const sqlite = open(database);
  const place = fc.record({
    id: fc.integer({ min: 1, max: COUNT }),
    column: fc.constantFrom(...COLUMNS),
    at: fc.nat({ max: 63 }),
    flip: fc.integer({ min: 1, max: 255 }),
  });
  let changedCount = 0;
  fc.assert(
    fc.property(place, ({ id, column, at, flip }) => {
      sqlite.exec('SAVEPOINT before');
      try {
        const bytes = sqlite
          .prepare(`SELECT CAST(${column} AS BLOB) FROM audit WHERE id = ?`)
          .pluck()
          .get(id);
        // An empty cell gets something in it; a number changes its digits, or becomes something else.
        const changed =
          Buffer.isBuffer(bytes) && bytes.length > 0 ? Buffer.from(bytes) : Buffer.of(0);
        const index = at % changed.length;
        changed[index] = (changed[index] ?? 0) ^ flip;
        sqlite
          .prepare(`UPDATE audit SET ${column} = CAST(? AS TEXT) WHERE id = ?`)
          .run(changed, id);
        const after = sqlite
          .prepare(`SELECT CAST(${column} AS BLOB) FROM audit WHERE id = ?`)
          .pluck()
          .get(id);
        // `+5` is 5 to SQLite.
        if (Buffer.isBuffer(bytes) && Buffer.isBuffer(after) && bytes.equals(after)) return;
        changedCount += 1;
        expect(verifyAudit(database)).toMatchObject({ kind: 'broken', fault: 'changed', id });
      } finally {
        sqlite.exec('ROLLBACK TO before; RELEASE before');
      }
    }),
    { numRuns: 1000 },
  );
  expect(changedCount).toBeGreaterThan(800);
  expect(verifyAudit(database)).toMatchObject({ kind: 'unbroken', count: COUNT });
});

test.each([
  [
    'a space in the details',
    "UPDATE audit SET details = replace(details, ':', ': ') WHERE id = 3",
    'changed',
    3,
  ],
  ['an empty text for none', "UPDATE audit SET decision = '' WHERE id = 3", 'changed', 3],
  [
    'a text for a number',
    'UPDATE audit SET turn_id = CAST(turn_id AS BLOB) WHERE id = 4',
    'changed',
    4,
  ],
  [
    'a number beyond all numbers',
    'UPDATE audit SET at_ms = 9223372036854775807 WHERE id = 4',
    'changed',
    4,
  ],
  ['the first one gone', 'DELETE FROM audit WHERE id = 1', 'missing-before', 2],
  ['one in the middle gone', 'DELETE FROM audit WHERE id = 4', 'missing-before', 5],
  [
    'one gone and the others moved up',
    'DELETE FROM audit WHERE id = 4; UPDATE audit SET id = id - 1 WHERE id > 4',
    'changed',
    4,
  ],
  ['the last two gone', 'DELETE FROM audit WHERE id > 5', 'cut-off', 5],
  ['all of them gone', 'DELETE FROM audit', 'cut-off', 0],
  ['a hash gone', 'UPDATE audit SET hash = NULL WHERE id = 6', 'unsealed', 6],
  ['all hashes gone', 'UPDATE audit SET hash = NULL', 'unsealed', 1],
  [
    'two in the place of each other',
    'UPDATE audit SET id = 99 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 5; UPDATE audit SET id = 5 WHERE id = 99',
    'changed',
    2,
  ],
  [
    'one more in the middle',
    `UPDATE audit SET id = -id WHERE id > 3; INSERT INTO audit (id, at_ms, event, conversation_id, person_id, hash) VALUES (4, 1, 'a', '', '', '${'0'.repeat(64)}'); UPDATE audit SET id = 1 - id WHERE id < 0`,
    'changed',
    4,
  ],
  [
    'one more at the end',
    "INSERT INTO audit (at_ms, event, conversation_id, person_id) VALUES (1, 'a', '', '')",
    'unsealed',
    8,
  ],
  [
    'one more before all',
    "INSERT INTO audit (id, at_ms, event, conversation_id, person_id) VALUES (0, 1, 'a', '', '')",
    'missing-before',
    0,
  ],
  [
    'the end cut off, and the count of it too',
    "DELETE FROM audit WHERE id > 5; UPDATE sqlite_sequence SET seq = 4 WHERE name = 'audit'",
    'changed',
    5,
  ],
] as const)('%s is found, and the entry is named', (_, statements, fault, id) => {
  const { database } = written(COUNT);
  open(database).exec(statements);
  expect(verifyAudit(database)).toMatchObject({ kind: 'broken', fault, id });
});

test('a change that is covered up is found by its follower, and one that goes to the end by a head that was kept', () => {
  const { database, clock } = written(COUNT);
  const head = (verifyAudit(database) as { head: string }).head;
  const other = written(COUNT, testDatabase());
  open(other.database).exec(
    "UPDATE audit SET person_id = '666', hash = NULL WHERE id >= 4; UPDATE audit SET hash = NULL",
  );
  sealAudit(other.database);
  const forged = other.database.orm.query.audit.findMany().sync();
  const sqlite = open(database);
  sqlite
    .prepare('UPDATE audit SET person_id = ?, hash = ? WHERE id = 4')
    .run('666', forged[3]?.hash);
  expect(verifyAudit(database)).toMatchObject({
    kind: 'broken',
    fault: 'changed',
    id: 5,
    soundCount: 4,
  });
  expect(verifyAudit(other.database, { hash: head })).toMatchObject({
    kind: 'unbroken',
    foundId: null,
  });
  expect(clock.now()).toBeGreaterThan(0);
});

test('what is written behind entries that were cut off does not hide that', () => {
  const { database, audit } = written(COUNT);
  open(database).exec('DELETE FROM audit WHERE id > 5');
  audit.write(ENTRY);
  expect(verifyAudit(database)).toMatchObject({ kind: 'broken', fault: 'missing-before', id: 8 });
});

test('only the last entries can be looked through, and their first against what stands before it', () => {
  const { database } = written(COUNT);
  expect(verifyAudit(database, { lastCount: 3 })).toMatchObject({ kind: 'unbroken', count: 3 });
  expect(verifyAudit(database, { lastCount: 99 })).toMatchObject({
    kind: 'unbroken',
    count: COUNT,
  });
  const sqlite = open(database);
  sqlite.exec("UPDATE audit SET event = 'x' WHERE id = 2");
  expect(verifyAudit(database, { lastCount: 3 })).toMatchObject({ kind: 'unbroken' });
  sqlite.exec("UPDATE audit SET event = 'x' WHERE id = 5");
  expect(verifyAudit(database, { lastCount: 3 })).toMatchObject({ kind: 'broken', id: 5 });
});

test('entries of before there were hashes are sealed once, and one without a hash among others never', () => {
  const database = testDatabase();
  const sqlite = database.orm.$client;
  const add =
    "INSERT INTO audit (at_ms, event, conversation_id, person_id) VALUES (1, 'a', 'c', 'p')";
  for (let count = 0; count < 3; count += 1) sqlite.exec(add);
  expect(verifyAudit(database)).toMatchObject({ kind: 'broken', fault: 'unsealed', id: 1 });
  expect(sealAudit(database)).toBe(3);
  expect(sealAudit(database)).toBe(0);
  written(2, database);
  expect(verifyAudit(database)).toMatchObject({ kind: 'unbroken', count: 5 });
  sqlite.exec(add);
  expect(sealAudit(database)).toBe(0);
  expect(verifyAudit(database)).toMatchObject({ kind: 'broken', fault: 'unsealed', id: 6 });
});

test('a command that writes before the first start seals what is older itself', () => {
  const database = testDatabase();
  database.orm.$client.exec(
    "INSERT INTO audit (at_ms, event, conversation_id, person_id) VALUES (1, 'a', 'c', 'p')",
  );
  written(1, database);
  expect(verifyAudit(database)).toMatchObject({ kind: 'unbroken', count: 2 });
});

test('two processes that write at the same time make one chain', async () => {
  const path = join(temporaryFolder(), 'claudio.db');
  const database = openDatabase(path);
  onTestFinished(() => database.close());
  const root = join(import.meta.dirname, '../..');
  const program = `
    const { openDatabase } = await import(${JSON.stringify(join(root, 'src/platform/database/open.ts'))});
    const { createAudit } = await import(${JSON.stringify(join(root, 'src/policy/audit.ts'))});
    const database = openDatabase(${JSON.stringify(path)}, 'share');
    database.orm.$client.pragma('busy_timeout = 20000');
    const audit = createAudit({ database, clock: { now: () => 1 } });
    process.stdout.write('ready');
    process.stdin.once('data', () => {
      for (let n = 0; n < 50; n += 1) audit.write({ event: 'e', conversationId: 'c', personId: process.argv[1] });
      database.close();
      process.exit();
    });
  `;
  const children = ['one', 'two'].map((name) => {
    const child = spawn(
      process.execPath,
      ['--no-warnings', '--input-type=module', '-e', program, name],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  });
  await Promise.all(children.map(({ stdout }) => once(stdout, 'data')));
  const ends = children.map((child) => once(child, 'exit'));
  for (const { stdin } of children) stdin.write('go');
  expect((await Promise.all(ends)).map(([code]: unknown[]) => code)).toEqual([0, 0]);
  expect(verifyAudit(database)).toMatchObject({ kind: 'unbroken', count: 100 });
});

test('two connections that take turns make one chain, and the one that may not write now leaves nothing', () => {
  const path = join(temporaryFolder(), 'claudio.db');
  const [one, other] = [openDatabase(path), openDatabase(path, 'share')];
  onTestFinished(() => [one, other].forEach((database) => database.close()));
  const clock = testClock();
  const audits = [one, other].map((database) => createAudit({ database, clock }));
  for (let count = 0; count < 5; count += 1) for (const audit of audits) audit.write(ENTRY);
  one.transaction(() => {
    audits[0]?.write(ENTRY);
    expect(() => audits[1]?.write(ENTRY)).toThrow('database is locked');
  });
  audits[1]?.write(ENTRY);
  expect(verifyAudit(other)).toMatchObject({ kind: 'unbroken', count: 12 });
});
