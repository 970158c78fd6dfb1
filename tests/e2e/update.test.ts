import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createServiceManager } from '../../src/ops/service/create.ts';
import { formatEnvLine } from '../../src/platform/configuration/env-file.ts';
import { packageRoot, packageVersion } from '../../src/platform/package.ts';
import { claudio, startClaudio } from '../cli/claudio.ts';
import { textReply } from '../standins/model/reply.ts';
import { systemStandins } from '../standins/system/standins.ts';
import { holdModel, questionIn, readDatabase } from './inspect.ts';
import { said } from './person.ts';
import { createWorld } from './service.ts';

/** What is in the repository and is needed to run. */
const TRACKED = ['package.json', 'migrations', 'deploy', 'cloudflared'];

/** This very program as a clone of a repository with releases, installed as a service that runs. */
async function installedWorld() {
  const world = await createWorld();
  const origin = join(world.userHome, 'origin');
  const root = join(world.userHome, 'claudio');
  const tools = join(world.userHome, 'tools');
  for (const path of [origin, tools, world.home]) mkdirSync(path);
  // Everything that takes minutes is there already.
  writeFileSync(
    join(tools, 'npm'),
    `#!/bin/sh\n[ "$1" = ci ] && ln -s '${packageRoot()}/node_modules' node_modules && cp -r '${packageRoot()}/dist' dist && if [ -e broken.js ]; then cp broken.js dist/src/cli/trial.js; fi\n`,
  );
  chmodSync(join(tools, 'npm'), 0o755);
  const git = (cwd: string, ...args: readonly string[]): void => {
    const who = ['-c', 'user.name=Nobody', '-c', 'user.email=nobody@example.com'];
    const { status, stderr } = spawnSync('git', [...who, ...args], {
      cwd,
      encoding: 'utf8',
      env: { HOME: world.userHome, PATH: '/usr/bin:/bin' },
    });
    if (status !== 0) throw new Error(stderr);
  };
  const release = (version: string): void => {
    const text = readFileSync(join(origin, 'package.json'), 'utf8');
    writeFileSync(
      join(origin, 'package.json'),
      text.replace(/"version": "[^"]*"/u, `"version": "${version}"`),
    );
    git(origin, 'add', '--all');
    git(origin, 'commit', '--quiet', '--allow-empty', '--message', version);
    git(origin, 'tag', `v${version}`);
  };
  git(origin, 'init', '--quiet', '--initial-branch', 'main');
  writeFileSync(join(origin, '.gitignore'), 'node_modules\ndist/\n');
  for (const name of TRACKED) {
    cpSync(join(packageRoot(), name), join(origin, name), { recursive: true });
  }
  release(packageVersion());
  git(world.userHome, 'clone', '--quiet', origin, root);
  symlinkSync(join(packageRoot(), 'node_modules'), join(root, 'node_modules'));
  cpSync(join(packageRoot(), 'dist'), join(root, 'dist'), { recursive: true });

  const { HOME: _, PATH: __, ...settings } = world.environment;
  const own = Object.entries(settings).filter(
    ([name]) => !/^(?:ANTHROPIC|CLAUDE_CODE|DISABLE)_/u.test(name),
  );
  writeFileSync(
    join(world.home, 'service.env'),
    own.map(([name, value]) => `${formatEnvLine(name, value)}\n`).join(''),
    { mode: 0o600 },
  );
  const rest = Object.fromEntries(
    Object.entries(settings).filter(([name]) => !own.some(([key]) => key === name)),
  );
  const system = systemStandins({ runs: true, environment: rest });
  const shell = {
    HOME: world.userHome,
    USER: 'someone',
    PATH: [tools, system.folder, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
  };
  const services = createServiceManager(
    system.host({ userHome: world.userHome, environment: shell }),
  );
  if (services === null) throw new Error('no service manager');
  await services.install({
    nodePath: process.execPath,
    programPath: join(root, 'dist/src/bin.js'),
    root,
    claudioHome: world.home,
    path: shell.PATH,
    stopLimitMs: 30_000,
  });
  await services.start();
  const health = async (): Promise<{ version: string; status: string }> => {
    const answer = await fetch(`http://127.0.0.1:${world.port}/health`);
    return (await answer.json()) as { version: string; status: string };
  };
  await vi.waitFor(async () => expect((await health()).status).toBe('ok'), 60_000);
  const run = (...args: readonly string[]) => startClaudio(args, shell, '', root);
  return { world, root, origin, release, shell, health, run, git };
}

test('an update lets the running turn finish, loses no message that comes meanwhile, and the new release answers it', async () => {
  const { world, root, release, health, run, shell } = await installedWorld();
  release('99.0.0');
  const checked = await claudio(['update', '--check', '--json'], shell, '', root);
  expect(checked.code).toBe(0);
  expect(JSON.parse(checked.stdout)).toEqual({ version: packageVersion(), available: '99.0.0' });

  const held = holdModel(world.model);
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  await world.api.say('before');
  await held.asked;
  const updating = run('update', '--json');
  await vi.waitFor(
    async () =>
      expect(
        (await fetch(`http://127.0.0.1:${world.port}/telegram/webhook`, { method: 'POST' })).status,
      ).toBe(503),
    60_000,
  );
  const meanwhile = world.api.say('meanwhile');
  held.reply(textReply('Done before.'));
  const ended = await updating.ended;
  expect(ended.stderr).toMatch(/Bringing 99\.0\.0 in/u);
  expect(ended).toMatchObject({ code: 0 });
  expect(JSON.parse(ended.stdout)).toEqual({
    kind: 'updated',
    from: packageVersion(),
    to: '99.0.0',
    isRunning: true,
  });
  expect(await health()).toMatchObject({ version: '99.0.0', status: 'ok' });
  await meanwhile;
  await said(world, 'Answer to meanwhile');
  expect(world.api.sentMessages().map(({ text }) => text)).toEqual([
    'Done before.',
    'Answer to meanwhile',
  ]);
  const turns = readDatabase(world.home).query.turns.findMany().sync();
  expect(turns.map(({ status, attemptCount }) => [status, attemptCount])).toEqual([
    ['done', 1],
    ['done', 1],
  ]);
  expect((await run('update').ended).stdout).toBe('✔ Claudio 99.0.0 is the newest release.\n');
  expect(existsSync(join(root, '.update/stage'))).toBe(false);
}, 180_000);

test('a release whose program does not start is not brought in, and the service goes on as before', async () => {
  const { world, origin, release, health, run } = await installedWorld();
  writeFileSync(join(origin, 'broken.js'), "throw new TypeError('it fell over');\n");
  release('99.0.0');
  const ended = await run('update').ended;
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(
    /^✖ Claudio 99\.0\.0 was left; 0\.1\.0 is here as before, and nothing is lost: tried on your home, it is not well: TypeError: it fell over\.$/mu,
  );
  expect(await health()).toMatchObject({ version: packageVersion(), status: 'ok' });
  world.model.answer('Still here.');
  await world.api.say('are you there?');
  await said(world, 'Still here.');
}, 180_000);

test('an update that is killed while the service is stopped: the next health check starts it again, and nothing is lost', async () => {
  const { world, root, origin, release, health, run } = await installedWorld();
  // A trial that takes longer than the test: it is certain that the update is killed in the middle of it.
  writeFileSync(
    join(origin, 'broken.js'),
    'await new Promise((resolve) => setTimeout(resolve, 30_000));\n',
  );
  release('99.0.0');
  const updating = run('update');
  await vi.waitFor(
    () =>
      expect(readFileSync(join(root, '.update/journal.json'), 'utf8')).toContain(
        '"state":"trying"',
      ),
    60_000,
  );
  updating.signal('SIGKILL');
  await updating.ended;
  await expect(health()).rejects.toThrow('fetch failed');
  const message = world.api.say('is anybody there?');
  world.model.answer('I am again.');
  const checked = await run('health-check', '--json').ended;
  expect(checked.stderr).toBe('');
  expect(JSON.parse(checked.stdout)).toMatchObject({
    findings: expect.arrayContaining([
      {
        name: 'update',
        state: 'ok',
        text: 'the one to 99.0.0 was cut off, and is brought to its end now',
      },
      { name: 'service', state: 'ok', text: expect.any(String) as string },
    ]) as unknown,
  });
  expect(await health()).toMatchObject({ version: packageVersion() });
  await message;
  await said(world, 'I am again.');
  expect(existsSync(join(root, '.update/journal.json'))).toBe(false);
}, 180_000);

test('a trial takes no update, starts no turn and sends nothing, and says how it is', async () => {
  const world = await createWorld();
  const service = await world.start();
  const held = holdModel(world.model);
  await world.api.say('one');
  await held.asked;
  service.signal('SIGKILL');
  await service.exit;
  await claudio(['send', 'waits'], world.environment);
  const callCount = world.api.calls.length;
  const ended = await claudio(['trial', '--expect', 'database,disk'], world.environment);
  expect(ended.code).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({
    version: packageVersion(),
    reason: null,
    report: { home: world.home, checks: { database: { ok: true }, disk: { ok: true } } },
  });
  expect(
    world.api.calls
      .slice(callCount)
      .map(({ method }) => method)
      .filter((method) => method !== 'getWebhookInfo'),
  ).toEqual([]);
  const database = readDatabase(world.home);
  expect(database.query.turns.findMany().sync()).toMatchObject([{ status: 'running' }]);
  expect(database.query.deliveries.findMany().sync()).toMatchObject([{ status: 'pending' }]);
});

test('a trial on a home that is in use, or not set up, says so', async () => {
  const world = await createWorld({ claude: 'instant' });
  await world.start();
  const inUse = await claudio(['trial'], world.environment);
  expect(inUse.code).toBe(1);
  expect(JSON.parse(inUse.stdout)).toMatchObject({
    reason: `Claudio already runs on ${world.home}`,
  });
});
