import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/platform/database/open.ts';
import { emptyEnvironment } from '../environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { claudio } from './claudio.ts';

const GROUP = '-100200300';

/** A home that is set up for the owner 42 and the member 7, on which no service runs. */
function restingHome() {
  const userHome = temporaryFolder();
  const home = join(userHome, '.claudio');
  mkdirSync(home);
  openDatabase(join(home, 'claudio.db')).close();
  const environment = {
    ...emptyEnvironment({ home: userHome, baseUrl: 'http://127.0.0.1:9' }),
    PORT: '1',
    TELEGRAM_BOT_TOKEN: '1:test-token',
    TELEGRAM_CHAT_ID: '42',
    TELEGRAM_ALLOWED_USERS: '7',
    TELEGRAM_API_ROOT: 'http://127.0.0.1:9',
  };
  return {
    run: (...args: string[]) => claudio(['access', ...args], environment),
    auditRows: () => {
      const database = openDatabase(join(home, 'claudio.db'), 'share');
      try {
        return database.orm.query.audit.findMany().sync();
      } finally {
        database.close();
      }
    },
  };
}

test('roles are listed, granted and taken back from the shell, and that is written down', async () => {
  const { run, auditRows } = restingHome();
  expect(await run('list')).toEqual({
    code: 0,
    stdout: '42  owner   every chat  by settings\n7   member  every chat  by settings\n',
    stderr: '',
  });
  expect(await run('grant', '8', 'viewer', '--chat', GROUP)).toMatchObject({ code: 0, stderr: '' });
  expect(await run('revoke', '7')).toMatchObject({ code: 0 });
  const listed = await run('list', '--json');
  expect(JSON.parse(listed.stdout)).toMatchObject([
    { id: '42', role: 'owner', chat: null, grantedBy: 'settings', at: null },
    { id: '7', role: 'none', chat: null, grantedBy: 'command line' },
    { id: '8', role: 'viewer', chat: GROUP, grantedBy: 'command line' },
  ]);
  expect(auditRows()).toMatchObject([
    { event: 'access.granted', personId: 'shell', decision: 'viewer' },
    { event: 'access.revoked', personId: 'shell', decision: 'none' },
  ]);
});

test('what cannot be done is refused with a sentence and leaves everything as it was', async () => {
  const { run, auditRows } = restingHome();
  for (const [args, code, message] of [
    [['grant', '42', 'viewer'], 1, /belongs to 42 by its settings/u],
    [['revoke', '42'], 1, /belongs to 42 by its settings/u],
    [['grant', 'ann', 'member'], 1, /not the id of a person/u],
    [['grant', '8', 'admin'], 1, /Allowed choices are owner, member, viewer/u],
    [['grant', '8', 'member', '--chat', 'ours'], 1, /must be a whole number/u],
    [['grant', '8', 'member', '--bot', 'other'], 1, /There is no bot other/u],
  ] as const) {
    const outcome = await run(...args);
    expect(outcome.code, args.join(' ')).toBe(code);
    expect(outcome.stderr, args.join(' ')).toMatch(message);
  }
  const nothing = await run('revoke', '8');
  expect(nothing.code).toBe(1);
  expect(nothing.stdout).toContain('nothing to take back');
  expect(auditRows()).toEqual([]);
});
