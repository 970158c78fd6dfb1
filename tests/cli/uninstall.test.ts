import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { uninstall } from '../../src/cli/uninstall.ts';
import { healthCheckSchedule, setUpLink } from '../../src/ops/install/parts.ts';
import { createScheduler, createSchedulers } from '../../src/ops/schedule/create.ts';
import { createServiceManager, serviceUnit } from '../../src/ops/service/create.ts';
import { lockHome } from '../../src/platform/home-lock.ts';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { cliWorld, type CliWorld } from '../support/cli.ts';
import { ENTER, terminal } from '../support/terminal.ts';

vi.setConfig({ testTimeout: 120_000 });

const ADDRESS = 'https://claudio.example.com';

/** All that an install leaves, without a service that runs. */
async function installed(options: Parameters<typeof cliWorld>[0] = {}) {
  const world = await cliWorld(options);
  world.set({
    TELEGRAM_BOT_TOKEN: world.api.token,
    TELEGRAM_CHAT_ID: String(OWNER.id),
    TUNNEL_NAME: 'claudio',
    TUNNEL_HOSTNAME: 'claudio.example.com',
  });
  await setWebhook(world, `${ADDRESS}/telegram/webhook`);
  const { host } = world.script().context;
  const unit = serviceUnit(host, world.home);
  await createServiceManager(host)?.install(unit);
  await createScheduler(host)?.install(healthCheckSchedule(unit));
  setUpLink(host);
  lockHome(world.home, 'install').release();
  lockHome(world.home).release();
  return { ...world, unit };
}

async function setWebhook({ api }: CliWorld, url: string): Promise<void> {
  await fetch(`${api.root}/bot${api.token}/setWebhook?url=${url}`);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

test('everything is taken away but the home, and nothing that waits at Telegram is dropped', async () => {
  const world = await installed();
  const { context, shown } = world.script();
  expect(await uninstall(context, {}), shown()).toBe(0);
  expect(filesBelow(world.userHome)).toEqual(['claudio.lock', 'install.lock', 'service.env']);
  expect(world.system.crontab()).toBeNull();
  expect(world.system.isLingering()).toBe(false);
  expect(world.api.webhook).toBeNull();
  const removals = world.api.calls.filter(({ method }) => method === 'deleteWebhook');
  expect(removals.map(({ params }) => params['drop_pending_updates'])).toEqual([false]);
  expect(shown()).toContain(`${world.home} stays`);
  expect(shown()).toContain('cloudflared tunnel delete claudio');

  const again = world.script();
  expect(await uninstall(again.context, {})).toBe(0);
  expect(again.shown()).toContain('There was nothing to do.');
});

test('--purge asks, and then the home is gone too', async () => {
  const world = await installed();
  const unsure = terminal([[/Remove .* too, with all messages/u, ENTER]]);
  await expect(uninstall(world.context(unsure), { purge: true })).rejects.toMatchObject({
    code: 'cli.cancelled',
  });
  expect(existsSync(world.unit.claudioHome)).toBe(true);
  expect(world.system.crontab()).not.toBeNull();

  await expect(uninstall(world.script().context, { purge: true })).rejects.toMatchObject({
    code: 'cli.needs-answer',
  });

  const sure = terminal([[/Remove .* too, with all messages/u, 'y']]);
  expect(await uninstall(world.context(sure), { purge: true }), sure.shown()).toBe(0);
  expect(filesBelow(world.userHome)).toEqual([]);
  const again = world.script({ yes: true });
  expect(await uninstall(again.context, { purge: true, yes: true })).toBe(0);
  expect(again.shown()).toContain('There was nothing to do.');
});

test('--purge names the copies that stay: homes that were moved aside, and the snapshots', async () => {
  const world = await installed();
  const aside = `${world.home}.before-restore-2026-01-15_1200`;
  mkdirSync(aside);
  world.set({ BACKUP_DEST: "/mnt/someone's disk" });
  const kept = world.script();
  expect(await uninstall(kept.context, {})).toBe(0);
  expect(kept.shown()).not.toContain('rm -r');
  const { context, shown } = world.script({ yes: true });
  expect(await uninstall(context, { purge: true, yes: true }), shown()).toBe(0);
  expect(shown()).toContain(`rm -r '${aside}'`);
  expect(shown()).toContain(String.raw`rm -r '/mnt/someone'\''s disk/claudio-backups'`);
  expect(existsSync(aside)).toBe(true);
});

test('schedules go from cron and from systemd, whichever is used now', async () => {
  const world = await installed();
  const { host } = world.script().context;
  for (const scheduler of createSchedulers(host)) {
    await scheduler.install(healthCheckSchedule(world.unit));
    await scheduler.install({ ...healthCheckSchedule(world.unit), name: 'backup' });
  }
  const { context, shown } = world.script();
  expect(await uninstall(context, {}), shown()).toBe(0);
  expect(world.system.crontab()).toBeNull();
  expect(filesBelow(world.userHome)).toEqual(['claudio.lock', 'install.lock', 'service.env']);
});

test('a folder with more in it than a home is not removed, and nothing else is either', async () => {
  const world = await installed();
  mkdirSync(join(world.home, 'work'));
  world.set({ CLAUDE_WORK_DIR: join(world.home, 'work') });
  const { context } = world.script({ yes: true });
  await expect(uninstall(context, { purge: true, yes: true })).rejects.toMatchObject({
    code: 'purge.refused',
    message: expect.stringContaining('the folder that Claude works in') as string,
  });
  expect(world.api.webhook).not.toBeNull();
});

test('a folder that is no home is left without a lock, and is never one to be removed', async () => {
  const world = await installed();
  const work = join(world.userHome, 'work');
  const environment = { CLAUDIO_HOME: work };
  expect(await uninstall(world.script({ environment }).context, {})).toBe(0);
  expect(existsSync(work)).toBe(false);
  mkdirSync(work);
  writeFileSync(join(work, 'mine.txt'), 'precious');
  expect(await uninstall(world.script({ environment }).context, {})).toBe(0);
  expect(filesBelow(work)).toEqual(['mine.txt']);

  lockHome(work, 'install').release();
  const { context } = world.script({ yes: true, environment });
  await expect(uninstall(context, { purge: true, yes: true })).rejects.toMatchObject({
    code: 'purge.refused',
  });
  expect(filesBelow(work)).toEqual(['install.lock', 'mine.txt']);
});

test('while a service runs that was started by hand, nothing is taken away', async () => {
  const world = await installed();
  const lock = lockHome(world.home);
  onTestFinished(() => lock.release());
  const before = filesBelow(world.userHome);
  for (const purge of [true, false]) {
    const { context } = world.script({ yes: true });
    await expect(uninstall(context, { purge, yes: true })).rejects.toMatchObject({
      code: 'home.in-use',
      hint: expect.stringContaining('`claudio stop`') as string,
    });
  }
  expect(filesBelow(world.userHome)).toEqual(before);
  expect(world.api.webhook).not.toBeNull();
});

test('what goes wrong is told, and everything else is still done', async () => {
  const world = await installed();
  world.api.fault({ method: 'getWebhookInfo' }, { kind: 'drop', moment: 'before' });
  world.system.behave({ crontab: 'denied' });
  const { context, shown } = world.script();
  expect(await uninstall(context, {})).toBe(1);
  expect(shown()).toContain('not allowed to use this program (crontab)');
  expect(shown()).toMatch(/Telegram could not be told .*Run `claudio uninstall` again/su);
  expect(shown()).toContain('see above, and run the same command again.');
  expect(shown()).toContain('The service is stopped and removed');
  expect(shown()).not.toContain('test-token');
  expect(filesBelow(world.userHome)).toEqual(['claudio.lock', 'install.lock', 'service.env']);
});

test('a purge that Telegram could not be told of says what can be done without the token', async () => {
  const world = await installed();
  world.api.fault({ method: 'getWebhookInfo' }, { kind: 'drop', moment: 'before' });
  const { context, shown } = world.script({ yes: true });
  expect(await uninstall(context, { purge: true, yes: true })).toBe(1);
  expect(existsSync(world.home)).toBe(false);
  expect(shown()).toContain('its token goes with the folder: /revoke at @BotFather ends that');
  expect(shown()).toContain('Not everything could be taken away: see above.');
  expect(shown()).not.toMatch(/run the same command again|Run `claudio uninstall` again/u);
});

test.each([
  ['leads elsewhere', async (world: CliWorld) => setWebhook(world, 'https://other.example.com/x')],
  [
    'has a token that was revoked',
    async ({ envFile, env }: CliWorld) => {
      await Promise.resolve();
      writeFileSync(envFile, env().replace('test-token', 'revoked'));
    },
  ],
])('a bot that %s is left alone, and that is no fault', async (_, change) => {
  const world = await installed();
  await change(world);
  const { context } = world.script();
  expect(await uninstall(context, {})).toBe(0);
  expect(world.api.webhook).not.toBeNull();
});

test('the service of another home stays, with all that belongs to it', async () => {
  const world = await installed();
  const other = join(world.userHome, 'other');
  mkdirSync(other);
  const { context, shown } = world.script({ environment: { CLAUDIO_HOME: other } });
  expect(await uninstall(context, {})).toBe(0);
  expect(shown()).toContain(`The service on this machine is for ${world.home}: it stays`);
  expect(world.system.crontab()).toContain('health-check');
});

test('a link that is not ours stays', async () => {
  const world = await cliWorld();
  const link = join(world.userHome, '.local/bin/claudio');
  mkdirSync(join(world.userHome, '.local/bin'), { recursive: true });
  writeFileSync(link, '#!/bin/sh\n');
  expect(await uninstall(world.script().context, {})).toBe(0);
  expect(existsSync(link)).toBe(true);
});
