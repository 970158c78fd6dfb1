import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { restart, stop } from '../../src/cli/service.ts';
import { createServiceManager, serviceUnit } from '../../src/ops/service/create.ts';
import { emptyEnvironment, INSTANT_CLAUDE_PATH } from '../environment.ts';
import { runService } from '../e2e/service.ts';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { cliWorld, type CliWorld } from '../support/cli.ts';
import { freePort } from '../support/free-port.ts';

// Services are started, several times over.
vi.setConfig({ testTimeout: 120_000 });

const LISTEN_LIMIT_MS = 20_000;

/** An empty home with all settings that a service needs, and a systemd that really runs it. */
async function home(options: { readonly settings?: Record<string, string> } = {}) {
  const world = await cliWorld({ system: { runs: true } });
  const port = await freePort();
  const environment = emptyEnvironment({
    home: world.userHome,
    baseUrl: 'http://127.0.0.1:9',
    path: world.system.path,
  });
  world.system.behave({ environment });
  world.set({
    TELEGRAM_BOT_TOKEN: world.api.token,
    TELEGRAM_CHAT_ID: String(OWNER.id),
    WEBHOOK_URL: `http://127.0.0.1:${port}`,
    WEBHOOK_SECRET: 'cli-secret',
    CLAUDE_BIN: INSTANT_CLAUDE_PATH,
    PORT: String(port),
    ...options.settings,
  });
  const pid = () => world.system.pidOf('claudio.service');
  return { ...world, port, environment, pid };
}

async function install(world: CliWorld, claudioHome = world.home): Promise<void> {
  const { host } = world.script().context;
  await createServiceManager(host)?.install(serviceUnit(host, claudioHome));
}

async function runs(world: CliWorld, command: typeof restart) {
  const { context, shown } = world.script();
  return { code: await command(context), text: shown() };
}

test('a service is started, restarted as another process, and stopped', async () => {
  const world = await home();
  await install(world);
  const started = await runs(world, restart);
  expect(started.text).toMatch(
    /… Starting the service\n✔ The service runs and answers \(Claudio [\d.]+\)\n/u,
  );
  expect(started.code).toBe(0);
  const first = world.pid();
  expect(first).not.toBeNull();

  const again = await runs(world, restart);
  expect(again.code).toBe(0);
  expect(again.text).toContain(
    'Restarting the service; running turns may finish, for up to 10 min',
  );
  expect(world.pid()).not.toBe(first);

  const stopped = await runs(world, stop);
  expect(stopped.code).toBe(0);
  expect(stopped.text).toContain('Claudio is stopped; `claudio restart` starts it again');
  expect(world.pid()).toBeNull();
  expect(await runs(world, stop)).toEqual({
    code: 0,
    text: `Claudio does not run on ${world.home}.\n`,
  });
});

test('a service that runs is left alone where its settings would not let it start again', async () => {
  const world = await home();
  await install(world);
  await runs(world, restart);
  const pid = world.pid();
  world.set({ MAX_QUEUE_SIZE: 'many' });
  await expect(runs(world, restart)).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining('MAX_QUEUE_SIZE must be a whole number'),
    hint: expect.stringContaining(world.envFile),
  });
  expect(world.pid()).toBe(pid);
});

test('a service that does not come up is said with what it said, without the token', async () => {
  const world = await home();
  await install(world);
  const other = createHttpServer((_, answer) => answer.writeHead(404).end());
  other.listen(world.port, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { code, text } = await runs(world, restart);
  expect(code).toBe(1);
  expect(text).toContain('✖ The service ended again\n');
  expect(text).toMatch(new RegExp(`What it said:\\n[^]*${world.port}`, 'u'));
  expect(text).toContain('`claudio doctor`');
  expect(text).not.toContain(world.api.token);
});

test('a crashed service that is stopped counts as stopped', async () => {
  const world = await home();
  await install(world);
  expect((await runs(world, restart)).code).toBe(0);
  const services = createServiceManager(world.script().context.host);
  const pid = world.pid();
  if (pid === null) throw new Error('no service runs');
  process.kill(pid, 'SIGKILL');
  await expect
    .poll(async () => (await services?.state())?.isRunning, { timeout: LISTEN_LIMIT_MS })
    .toBe(false);
  expect((await services?.state())?.wasStopped).toBe(false);
  expect((await runs(world, stop)).code).toBe(0);
  expect((await services?.state())?.wasStopped).toBe(true);
});

test('one that was started by hand is stopped, and not restarted', async () => {
  const world = await home();
  const service = runService(world.environment, world.port);
  await service.logged('service.started');
  const failed = await runs(world, restart);
  expect(failed.code).toBe(1);
  expect(failed.text).toContain(`somebody started it (process ${service.pid})`);
  expect(failed.text).toContain('Press Ctrl-C where it runs');

  const stopped = await runs(world, stop);
  expect(stopped.text).toContain('Claudio is stopped; `claudio start` starts it again');
  expect(stopped.code).toBe(0);
  expect(await service.exit).toEqual({ code: 0, signal: null });
});

test('one that was started by hand is not mistaken for the service that is installed', async () => {
  const world = await home();
  await install(world);
  const service = runService(world.environment, world.port);
  await service.logged('service.started');
  const failed = await runs(world, restart);
  expect(failed.code).toBe(1);
  expect(failed.text).toContain('`claudio stop` here');
  expect((await runs(world, stop)).code).toBe(0);
  expect(await service.exit).toEqual({ code: 0, signal: null });
  expect((await runs(world, restart)).code).toBe(0);
});

test('where systemd cannot be reached, a service that answers is stopped all the same', async () => {
  const world = await home();
  await install(world);
  await runs(world, restart);
  world.system.behave({ bus: 'missing' });
  await expect(runs(world, restart)).rejects.toMatchObject({
    code: 'service.refused',
    message: expect.stringContaining('Failed to connect to bus'),
  });
  expect((await runs(world, stop)).code).toBe(0);
  await expect.poll(world.pid).toBeNull();
  await expect(runs(world, stop)).rejects.toMatchObject({ code: 'service.refused' });
});

test('without a service there is nothing to restart, and nothing to stop', async () => {
  const world = await home();
  const { code, text } = await runs(world, restart);
  expect(code).toBe(69);
  expect(text).toContain(`There is no service for ${world.home}`);
  expect(text).toContain('`claudio install` sets it up');
  expect((await runs(world, stop)).code).toBe(0);
});

test('the service of another home is not touched', async () => {
  const world = await home();
  const other = join(world.userHome, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'service.env'), world.env());
  await install(world, other);
  const services = createServiceManager(world.script().context.host);
  await services?.start();
  await expect
    .poll(() => existsSync(join(other, 'claudio.db')), { timeout: LISTEN_LIMIT_MS })
    .toBe(true);
  expect((await runs(world, restart)).code).toBe(69);
  expect((await runs(world, stop)).code).toBe(0);
  expect((await services?.state())?.isRunning).toBe(true);
});
