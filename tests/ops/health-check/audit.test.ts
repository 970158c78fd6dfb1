import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lookAtAudit } from '../../../src/ops/health-check/audit.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { createAudit } from '../../../src/policy/audit.ts';
import { testClock } from '../../support/clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A home whose database somebody else has in hand as well. */
function homeWith(entryCount: number) {
  const home = temporaryFolder();
  const database = openDatabase(join(home, 'claudio.db'));
  onTestFinished(() => database.close());
  const audit = createAudit({ database, clock: testClock() });
  for (let number = 1; number <= entryCount; number += 1) {
    audit.write({ event: 'turn.asked', conversationId: 'telegram:1:2', personId: '2' });
  }
  const sqlite = database.orm.$client;
  sqlite.exec('DROP TRIGGER audit_unchanged; DROP TRIGGER audit_undeleted');
  return { home, sqlite };
}

const brokenAt = (id: number) => [
  {
    name: 'audit',
    subject: 'The audit log',
    state: 'failed',
    text: `is broken at entry ${id}: somebody changed the database`,
    remedy: 'Run `claudio audit --verify` in a terminal.',
    isToldOnce: true,
  },
];

test('where there is no database yet there is nothing to say of the audit log', () => {
  expect(lookAtAudit(temporaryFolder())).toEqual([]);
});

test('an audit log as it was written is well, also an empty one and one that is longer than what is looked at', () => {
  const well = [{ name: 'audit', subject: 'The audit log', state: 'ok', text: 'is unbroken' }];
  expect(lookAtAudit(homeWith(0).home)).toEqual(well);
  expect(lookAtAudit(homeWith(2100).home)).toEqual(well);
});

test.each([
  ['changed', "UPDATE audit SET person_id = '3' WHERE id = 4", 4],
  ['taken away in the middle', 'DELETE FROM audit WHERE id = 4', 5],
  ['cut off at the end', 'DELETE FROM audit WHERE id > 4', 4],
  [
    'put in by somebody',
    "INSERT INTO audit (at_ms, event, conversation_id, person_id) VALUES (1, 'x', 'x', 'x')",
    10,
  ],
  ['without its hash', 'UPDATE audit SET hash = NULL WHERE id = 4', 4],
] as const)('an entry that was %s is found, and the owner told once', (_, statement, id) => {
  const { home, sqlite } = homeWith(9);
  sqlite.exec(statement);
  expect(lookAtAudit(home)).toEqual(brokenAt(id));
});

test('a change among the entries of long ago is left to the doctor, who reads them all', () => {
  const { home, sqlite } = homeWith(2100);
  sqlite.exec("UPDATE audit SET person_id = '3' WHERE id = 4");
  expect(lookAtAudit(home)).toMatchObject([{ state: 'ok' }]);
  sqlite.exec("UPDATE audit SET person_id = '3' WHERE id = 2099");
  expect(lookAtAudit(home)).toEqual(brokenAt(2099));
});

test('a log that no service has sealed yet is no fault, and one that was stripped of its hashes later is', () => {
  const { home, sqlite } = homeWith(3);
  sqlite.exec('UPDATE audit SET hash = NULL');
  expect(lookAtAudit(home)).toEqual([]);
  sqlite.exec("UPDATE audit SET hash = 'x' WHERE id = 1");
  expect(lookAtAudit(home)).toEqual(brokenAt(1));
});
