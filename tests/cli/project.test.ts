import { mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { conversations } from '../../drizzle/schema.ts';
import { openDatabase } from '../../src/platform/database/open.ts';
import { emptyEnvironment } from '../environment.ts';
import { conversation } from '../support/inbound.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { claudio } from './claudio.ts';

/** A home that is set up, on which no service runs, with a folder to work in. */
function restingHome(settings: Readonly<Record<string, string>> = {}) {
  const userHome = realpathSync(temporaryFolder());
  const home = join(userHome, '.claudio');
  mkdirSync(home);
  mkdirSync(join(userHome, 'code'));
  openDatabase(join(home, 'claudio.db')).close();
  const environment = {
    ...emptyEnvironment({ home: userHome, baseUrl: 'http://127.0.0.1:9' }),
    PORT: '1',
    TELEGRAM_BOT_TOKEN: '1:test-token',
    TELEGRAM_CHAT_ID: '42',
    TELEGRAM_API_ROOT: 'http://127.0.0.1:9',
    ...settings,
  };
  return {
    userHome,
    home,
    code: join(userHome, 'code'),
    run: (...args: readonly string[]) => claudio(['project', ...args], environment),
  };
}

test('a project is added, listed and removed, for people and as JSON', async () => {
  const { run, code, userHome, home } = restingHome();
  expect(await run('list')).toMatchObject({
    code: 0,
    stdout: 'There is no project yet. `claudio project add NAME PATH` adds one.\n',
  });
  expect(await run('add', 'app', code)).toEqual({
    code: 0,
    stdout: `✔ Added app: ${code}\nIn a chat, /project app works there.\n`,
    stderr: '',
  });
  symlinkSync(code, join(userHome, 'link'));
  const added = await run('add', 'linked', join(userHome, 'link'), '--json');
  expect(JSON.parse(added.stdout)).toEqual({
    name: 'linked',
    path: join(userHome, 'link'),
    leadsTo: code,
  });
  const database = openDatabase(join(home, 'claudio.db'), 'share');
  database.orm
    .insert(conversations)
    .values({ ...conversation(), project: 'app', createdAtMs: 1 })
    .run();
  database.close();
  expect(await run('list')).toMatchObject({
    code: 0,
    stdout: `app     ${code}, 1 conversation\nlinked  ${userHome}/link (${code})\n`,
  });
  rmSync(join(userHome, 'link'));
  const listed = await run('list', '--json');
  expect(listed.code).toBe(1);
  expect(JSON.parse(listed.stdout)).toMatchObject([
    { name: 'app', state: 'ok', usedCount: 1 },
    { name: 'linked', state: 'missing', leadsTo: null, usedCount: 0 },
  ]);
  const removed = await run('remove', 'app');
  expect(removed.stdout).toContain('Removed app. Its folder is as it was.');
  expect(removed.stdout).toContain('It was chosen in 1 conversation');
  expect(await run('remove', 'linke')).toMatchObject({
    code: 1,
    stderr:
      'There is no project linke. Did you mean linked?\n`claudio project list` shows all of them.\n',
  });
});

test('what may not be worked in is not added, and it is said why', async () => {
  const { run, code, userHome, home } = restingHome();
  const refused = async (name: string, path: string, why: RegExp) => {
    const { code: exit, stderr } = await run('add', name, path);
    expect(stderr).toMatch(why);
    expect(exit).toBe(1);
  };
  symlinkSync('/', join(userHome, 'root'));
  await refused(
    'root',
    join(userHome, 'root'),
    /is outside of the folders .*\nIt really has to be/u,
  );
  await refused('own', join(home, 'tmp', '..'), /(?:is not there|is Claudio’s own folder)/u);
  await refused('own', home, /is Claudio’s own folder/u);
  await refused('gone', join(userHome, 'gone'), /is not there/u);
  await refused('Bad name', code, /cannot be the name of a project/u);
  await refused('none', code, /cannot be the name of a project/u);
  expect((await run('add', 'app', code)).code).toBe(0);
  await refused('app', userHome, /There is a project app already/u);
  expect((await run('list')).stdout.split('\n')).toHaveLength(2);
});

test('PROJECT_ROOTS says where else, and where no longer', async () => {
  const elsewhere = realpathSync(temporaryFolder());
  const { run, code } = restingHome({ PROJECT_ROOTS: `/nowhere:${elsewhere}` });
  expect((await run('add', 'app', elsewhere)).code).toBe(0);
  expect((await run('add', 'code', code)).stderr).toContain(`/nowhere, ${elsewhere}`);
});
