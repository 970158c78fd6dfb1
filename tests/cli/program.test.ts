import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../src/platform/package.ts';
import { createWorld } from '../e2e/service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PROGRAM = join(packageRoot(), 'dist/src/bin.js');

/** Runs the built program to its end with an environment of its own. */
async function claudio(
  args: readonly string[],
  env: Record<string, string>,
  nodeArgs: string[] = [],
) {
  const child = spawn(process.execPath, [...nodeArgs, PROGRAM, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exit;
  return { code: code as number | null, stdout, stderr };
}

test('a command that is not there ends with 1 and says where the list is', async () => {
  const env = { HOME: temporaryFolder(), PATH: '/usr/bin:/bin' };
  const { code, stdout, stderr } = await claudio(['strat'], env);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/unknown command 'strat'[^]*Did you mean start[^]*claudio --help/u);
});

test('a wrong configuration ends with 78 and names every fault with what would be right', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, '.claudio'));
  writeFileSync(
    join(home, '.claudio', 'service.env'),
    'PORT="eighty"\nthis is no line\nMODEL="two words"\n',
  );
  const env = { HOME: home, PATH: '/usr/bin:/bin', MAX_QUEUE_SIZE: '0', WEBHOOK_URL: 'ftp://x' };
  const { code, stdout, stderr } = await claudio(['start'], env);
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
  const lines = stderr.split('\n').filter((line) => line.startsWith('  - '));
  expect(stderr).toMatch(/^The configuration has 7 faults:\n/u);
  expect(lines).toHaveLength(7);
  for (const fault of [
    /Line 2 is not of the form KEY="value"\./u,
    /PORT must be a whole number from 1 to 65535\./u,
    /MODEL must be an alias such as haiku/u,
    /MAX_QUEUE_SIZE must be a whole number from 1 to 1000\./u,
    /WEBHOOK_URL must be/u,
    /TELEGRAM_BOT_TOKEN is missing\. Send \/newbot to @BotFather/u,
    /TELEGRAM_CHAT_ID is missing\./u,
  ]) {
    expect(
      lines.filter((line) => fault.test(line)),
      String(fault),
    ).toHaveLength(1);
  }
  expect(stderr).toMatch(/Correct .*service\.env .* and start again\.\n$/u);
  expect(stderr).not.toMatch(/\bat .*:\d+/u);
  expect(statSync(join(home, '.claudio')).mode & 0o777).toBe(0o700);
  expect(statSync(join(home, '.claudio', 'service.env')).mode & 0o777).toBe(0o600);
});

test('a second start on one home, and a start on a taken port, end with a clear word and 1', async () => {
  const world = await createWorld({ claude: 'instant' });
  const first = await world.start();
  const second = await claudio(['start'], { ...world.environment, PORT: '1024' });
  expect(second).toMatchObject({
    code: 1,
    stdout: '',
    stderr: `Claudio already runs on ${world.home}.\nStop that one first, or give this one a home of its own with CLAUDIO_HOME.\n`,
  });
  const elsewhere = { ...world.environment, CLAUDIO_HOME: temporaryFolder() };
  const third = await claudio(['start'], elsewhere);
  expect(third.code).toBe(1);
  expect(third.stderr).toBe(
    `Port ${world.port} on 127.0.0.1 is taken by another Claudio, that of ${world.home} (process ${first.pid}).\nEach home needs a port of its own: set PORT to a free one here (and point the tunnel at it).\n`,
  );
  await world.api.say('are you still there?');
  await world.api.sent(1);
});

test('a Node that is too old is refused with a sentence', async () => {
  const env = { HOME: temporaryFolder(), PATH: '/usr/bin:/bin' };
  for (const version of ['20.20.0', '22.18.9']) {
    const { code, stdout, stderr } = await claudio(['version'], env, pretend(version));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `Claudio needs Node 22.19 or newer, and this is Node ${version}.\nIn the folder of Claudio, \`npx claudio\` runs it with the Node that came with it.\n`,
    );
  }
  for (const version of ['22.19.0', '26.0.0']) {
    expect((await claudio(['version'], env, pretend(version))).code).toBe(0);
  }
});

/** Lets the program see another version than the one that runs it. */
function pretend(version: string): string[] {
  const lie = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
  return ['--import', `data:text/javascript,${lie}`];
}
