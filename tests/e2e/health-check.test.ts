import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createOwnerChat } from '../../src/app/owner-chat.ts';
import { checkHealth } from '../../src/ops/health-check/check.ts';
import { createServiceManager } from '../../src/ops/service/create.ts';
import { inspectConfiguration } from '../../src/platform/configuration/load.ts';
import { formatEnvLine } from '../../src/platform/configuration/env-file.ts';
import { createHttpClient } from '../../src/platform/http-client.ts';
import { packageRoot } from '../../src/platform/package.ts';
import { systemStandins } from '../standins/system/standins.ts';
import { testClock } from '../support/clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { createWorld, type World } from './service.ts';

const UNIT = 'claudio.service';
const MINUTE_MS = 60_000;
const START_LIMIT = { timeout: 60_000, interval: 50 };

// Several starts of the real service, each of which takes seconds where the machine has much to do.
vi.setConfig({ testTimeout: 180_000 });

/** The real service as a unit of a systemd that runs and does not restart by itself. */
async function installed(world: World) {
  const system = systemStandins({ runs: true, environment: settle(world) });
  const host = system.host({ userHome: world.userHome });
  const services = createServiceManager(host);
  if (services === null) throw new Error('there is no service manager');
  await services.install({
    nodePath: process.execPath,
    programPath: join(packageRoot(), 'dist/src/bin.js'),
    root: packageRoot(),
    path: '/usr/local/bin:/usr/bin:/bin',
    claudioHome: world.home,
    stopLimitMs: 60_000,
  });
  const pid = () => system.pidOf(UNIT);
  return {
    system,
    host,
    services,
    pid,
    /** Resolves when it answers 200, as another process than `before`. */
    isWell: async (before: number | null = null) => {
      await expect.poll(pid, START_LIMIT).not.toBe(before);
      await expect.poll(() => statusOf(world), START_LIMIT).toBe(200);
    },
    /** Kills it as nothing can be killed politely; resolves when it is gone. */
    kill: async () => {
      const victim = pid();
      if (victim === null) throw new Error('it does not run');
      process.kill(victim, 'SIGKILL');
      await expect.poll(async () => (await services.state()).isRunning, START_LIMIT).toBe(false);
      return victim;
    },
  };
}

/**
 * Writes the settings to `service.env`, where whoever looks after the service finds them.
 *
 * @returns What else the service needs around it.
 */
function settle(world: World): Record<string, string> {
  const { given, faults, file } = inspectConfiguration(world.environment);
  expect(faults).toEqual([]);
  const lines = Object.entries(given).map(([name, value]) => formatEnvLine(name, value));
  mkdirSync(world.home, { mode: 0o700 });
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return Object.fromEntries(
    Object.entries(world.environment).filter(([name]) => !(name in given) && name !== 'PATH'),
  );
}

async function statusOf(world: World): Promise<number | null> {
  try {
    return (await fetch(`http://127.0.0.1:${world.port}/health`)).status;
  } catch {
    // Nobody listens there yet.
    return null;
  }
}

test('down, three restarts, one alert, silence, and the recovery told: of a real service that is really killed', async () => {
  const world = await createWorld({ claude: 'instant' });
  const { host, services, isWell, kill, pid } = await installed(world);
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const clock = testClock(new Date(2026, 0, 15, 3, 10).getTime());
  const check = async (): Promise<string> => {
    const configuration = inspectConfiguration({ HOME: world.userHome, PATH: '/usr/bin:/bin' });
    const {
      TELEGRAM_BOT_TOKEN = '',
      TELEGRAM_CHAT_ID = '',
      TELEGRAM_API_ROOT,
    } = configuration.settings;
    const settings = { TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID, TELEGRAM_API_ROOT };
    const found = await checkHealth({
      host,
      clock,
      http,
      configuration,
      services,
      tell: createOwnerChat({ settings, http, clock, log: { debug: () => undefined } }).tell,
      spareFolder: join(temporaryFolder(), 'spare'),
      complain: (sentence) => expect.unreachable(sentence),
      finishUpdate: () => Promise.resolve(null),
      askAgainMs: 0,
    });
    clock.advance(5 * MINUTE_MS);
    return found.find(({ name }) => name === 'service')?.text ?? '';
  };
  const told = () => world.api.sentMessages().map(({ text }) => text);
  const notes = () =>
    ['.last_restart_attempt', '.restart_fail_count'].filter((name) =>
      existsSync(join(world.home, name)),
    );

  await services.start();
  await isWell();
  expect(await check()).toBe('is well');

  for (const count of [1, 2, 3]) {
    const victim = await kill();
    expect(await check()).toBe(`does not answer (connection refused); restarted (${count} of 3)`);
    await isWell(victim);
    expect(readFileSync(join(world.home, '.restart_fail_count'), 'utf8')).toBe(`${count}\n`);
  }
  await kill();
  expect(told()).toEqual([]);
  const gaveUp = 'does not answer (connection refused), and 3 restarts did not help';
  for (let run = 0; run < 3; run += 1) expect(await check()).toBe(gaveUp);
  clock.advance(24 * 60 * MINUTE_MS);
  expect(await check()).toBe(gaveUp);
  expect(pid()).toBeNull();
  expect(told()).toEqual([
    `⚠️ The service ${gaveUp}.\nSince 03:15, for 15 min.\n` +
      '→ claudio log tells why it ended; claudio restart tries once more.',
  ]);

  await services.restart();
  await isWell();
  expect(await check()).toBe('is well');
  expect(told().slice(1)).toEqual(['✅ The service is well again, after 24 h 35 min.']);
  expect(notes()).toEqual([]);

  // And it begins anew, and leaves alone what is stopped on purpose.
  const victim = await kill();
  expect(await check()).toContain('restarted (1 of 3)');
  await isWell(victim);
  await services.stop();
  expect(await check()).toBe('was stopped');
  expect(pid()).toBeNull();
  expect(told()).toHaveLength(2);
});

test('the built program restarts the service and says so; two at once are one; no secret is in what it says', async () => {
  const world = await createWorld({ claude: 'instant' });
  const { system, services, isWell, kill } = await installed(world);
  await services.start();
  await isWell();
  const run = async (...args: readonly string[]) => {
    const program = join(packageRoot(), 'dist/src/bin.js');
    const child = spawn(process.execPath, [program, 'health-check', ...args], {
      env: { HOME: world.userHome, PATH: system.path },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...said };
  };
  expect(await run()).toEqual({ code: 0, stdout: '', stderr: '' });

  const victim = await kill();
  const [one, other] = await Promise.all([run('--json'), run('--json')]);
  const [first, second] = one.code === 75 ? [other, one] : [one, other];
  expect({ first: first.code, second: second.code }).toEqual({ first: 1, second: 75 });
  expect(second).toMatchObject({
    stdout: '',
    stderr: expect.stringContaining('under way') as string,
  });
  const { findings } = JSON.parse(first.stdout) as { findings: unknown[] };
  expect(findings).toContainEqual({
    name: 'service',
    state: 'failed',
    text: 'does not answer (connection refused); restarted (1 of 3)',
    remedy: '`claudio health-check` looks again.',
  });
  await isWell(victim);
  expect(await run()).toEqual({ code: 0, stdout: '', stderr: '' });
  for (const text of [first.stdout, first.stderr, second.stderr]) {
    expect(text).not.toContain(world.api.token);
    expect(text).not.toContain(world.environment['WEBHOOK_SECRET']);
  }
});
