import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/platform/database/open.ts';
import { createAudit } from '../../src/policy/audit.ts';
import { verifyAudit } from '../../src/policy/audit-verify.ts';
import { emptyEnvironment } from '../environment.ts';
import { testClock } from '../support/clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { claudio } from './claudio.ts';

/** A home with an audit log, as a service and a restored backup have it. */
function homeWithAudit(count: number) {
  const userHome = temporaryFolder();
  const home = join(userHome, '.claudio');
  mkdirSync(home);
  const database = openDatabase(join(home, 'claudio.db'));
  onTestFinished(() => database.close());
  database.orm.$client.exec(
    "INSERT INTO grants (scope, person_id, name, role, granted_by, at_ms) VALUES ('telegram:1', '7', 'Ben\u202e', 'member', '42', 1)",
  );
  const clock = testClock(Date.UTC(2026, 10, 1, 12));
  const audit = createAudit({ database, clock });
  for (let number = 1; number <= count; number += 1) {
    clock.advance(60_000);
    const isTool = number % 2 === 0;
    audit.write({
      event: isTool ? 'tool.used' : 'command.status',
      conversationId: 'telegram:1:42',
      personId: isTool ? '' : '7',
      turnId: isTool ? number : null,
      ...(isTool ? { details: { tool: 'Bash', inputDigest: 'ab'.repeat(32) } } : {}),
    });
  }
  const env = emptyEnvironment({ home: userHome, baseUrl: 'http://127.0.0.1:1' });
  return { database, audit: (...args: readonly string[]) => claudio(['audit', ...args], env) };
}

test('claudio audit shows the newest entries last, in plain words, and only those that are asked for', async () => {
  const { audit } = homeWithAudit(6);
  const all = await audit('--limit', '3');
  expect(all.code).toBe(0);
  const lines = all.stdout.split('\n').map((line) => line.trim().replaceAll(/ {2,}/gu, ' | '));
  expect(lines[0]).toMatch(
    /^4 \| 2026-11-01 \d\d:04:00 \| Claude used a tool \| turn 4 \| telegram:1:42 \| tool: Bash, inputDigest: abababababab…$/u,
  );
  // What turns a line around is not printed.
  expect(lines[1]).toMatch(/^5 \| 2026-11-01 \d\d:05:00 \| Ben \| \(7\) \| typed \/status \| /u);
  expect(lines[2]).toMatch(/^6 \| /u);
  expect(all.stdout).toContain('The newest 3.');
  const some = await audit(
    '--person',
    '7',
    '--event',
    'command.',
    '--since',
    '2026-11-01',
    '--json',
  );
  expect(JSON.parse(some.stdout)).toMatchObject([{ id: 1 }, { id: 3 }, { id: 5, personId: '7' }]);
  const none = await audit('--since', '2027-01-01');
  expect(none).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing like that') });
  const wrong = await audit('--since', 'yesterday');
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('is no time') });
});

test('claudio audit --export jsonl writes every field of every entry, many as they may be', async () => {
  const { database, audit } = homeWithAudit(2500);
  const { code, stdout } = await audit('--export', 'jsonl');
  expect(code).toBe(0);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: number });
  expect(lines.map(({ id }) => id)).toEqual(Array.from({ length: 2500 }, (_, index) => index + 1));
  const [, second] = database.orm.query.audit.findMany().sync();
  expect(lines[1]).toEqual({
    ...second,
    details: JSON.stringify(second?.details),
    at: new Date(second?.atMs ?? 0).toISOString(),
  });
});

test('claudio audit --verify prints the head, finds it again later, and names the first entry that is broken', async () => {
  const { database, audit } = homeWithAudit(5);
  const verdict = verifyAudit(database);
  const head = verdict.kind === 'unbroken' ? verdict.head : '';
  const sound = await audit('--verify');
  expect(sound).toMatchObject({ code: 0, stdout: expect.stringContaining(`head ${head}`) });
  expect(sound.stdout).toContain('5 entries, unbroken');
  expect((await audit('--verify', '--head', head)).stdout).toContain('that of entry 5');
  expect(await audit('--verify', '--head', 'f'.repeat(64))).toMatchObject({ code: 1 });
  expect(await audit('--head', 'abc')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is no hash'),
  });
  database.orm.$client.exec(
    "DROP TRIGGER audit_unchanged; UPDATE audit SET person_id = '8' WHERE id = 3",
  );
  const broken = await audit('--verify');
  expect(broken.code).toBe(1);
  expect(broken.stdout).toMatch(
    /Entry 3 of 2026-11-01T12:03:00\.000Z was changed.*The 2 before it/u,
  );
  expect(JSON.parse((await audit('--verify', '--json')).stdout)).toMatchObject({
    id: 3,
    fault: 'changed',
  });
});
