import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { claudio } from '../cli/claudio.ts';
import { systemStandins } from '../standins/system/standins.ts';
import { createWorld, type World } from './service.ts';

const finding = z.looseObject({ name: z.string(), state: z.string(), text: z.string() });
const statusSchema = z.strictObject({
  home: z.string(),
  verdict: z.string(),
  findings: z.array(finding),
});
const doctorSchema = z.strictObject({
  verdict: z.string(),
  mended: z.array(z.looseObject({ name: z.string(), isDone: z.boolean() })),
  groups: z.array(z.strictObject({ title: z.string(), findings: z.array(finding) })),
});

/** A world whose commands see the stand-ins of the system and never the machine's own. */
async function createOwnWorld(): Promise<World> {
  const world = await createWorld({ claude: 'instant' });
  world.environment['PATH'] = systemStandins().path;
  return world;
}

async function statusOf(world: World) {
  const { code, stdout, stderr } = await claudio(['status', '--json'], world.environment);
  const status = statusSchema.parse(JSON.parse(stdout));
  const textOf = (name: string) => status.findings.find((one) => one.name === name)?.text;
  return { code, stderr, status, textOf };
}

test('status tells of a service that runs, of what it did today, and of one that was killed', async () => {
  const world = await createOwnWorld();
  const service = await world.start();
  await service.logged('webhook.registered');
  await world.api.say('hello');
  await world.api.sent(1);
  await service.logged('turn.done');

  const running = await statusOf(world);
  expect(running).toMatchObject({ code: 0, stderr: '', status: { verdict: 'ok' } });
  expect(running.textOf('service')).toMatch(
    new RegExp(`^running for .*, process ${service.pid}, from a terminal$`, 'u'),
  );
  expect(running.textOf('webhook')).toBe('registered, nothing waits');
  expect(running.textOf('claude')).toBe('version 0.0.0, logged in');
  expect(running.textOf('queue')).toBe('empty');
  expect(running.textOf('today')).toBe('1 turn, $0.00');

  service.signal('SIGKILL');
  await service.exit;
  const killed = await statusOf(world);
  expect(killed).toMatchObject({ code: 69, status: { verdict: 'not-running' } });
  expect(killed.textOf('service')).toBe('not running, and not installed');
  expect(killed.textOf('webhook')).toBe('registered, nothing waits');
  expect(killed.textOf('today')).toBe('1 turn, $0.00');

  const shown = await claudio(['status'], world.environment);
  expect(shown.code).toBe(69);
  expect(shown.stdout).toMatch(/^✖ service {7}not running[^]*^✔ claude {8}version 0\.0\.0/mu);
  for (const secret of [world.api.token, 'e2e-secret']) {
    expect(shown.stdout + killed.stderr + JSON.stringify(killed.status)).not.toContain(secret);
  }
});

test('with a broken line in service.env status says which, and ends with 78', async () => {
  const world = await createOwnWorld();
  const service = await world.start();
  await service.logged('webhook.registered');
  writeFileSync(join(world.home, 'service.env'), 'this is no line\n');
  const broken = await statusOf(world);
  expect(broken.code).toBe(78);
  expect(broken.textOf('settings')).toBe('Line 1 is not of the form KEY="value"');
  expect(broken.textOf('service')).toMatch(/^running/u);
});

test('doctor --fix has a running service register its webhook anew, and closes what was open', async () => {
  const world = await createOwnWorld();
  const service = await world.start();
  await service.logged('webhook.registered');
  const log = join(world.home, 'claudio.log');
  chmodSync(log, 0o644);
  await fetch(`${world.api.root}/bot${world.api.token}/setWebhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: 'https://elsewhere.example.com/hook' }),
  });
  const { code, stdout } = await claudio(['doctor', '--fix', '--json'], world.environment);
  const report = doctorSchema.parse(JSON.parse(stdout));
  expect(code).toBe(0);
  expect(report.mended).toEqual([
    expect.objectContaining({ name: 'files', isDone: true }),
    expect.objectContaining({ name: 'webhook', isDone: true }),
  ]);
  expect(statSync(log).mode & 0o777).toBe(0o600);
  expect(world.api.webhook?.url).toBe(`${world.environment['WEBHOOK_URL']}/telegram/webhook`);
  expect(stdout).not.toContain(world.api.token);
});

test('doctor without anything set up names every group, changes nothing and ends with 78', async () => {
  const world = await createOwnWorld();
  for (const name of ['TELEGRAM_BOT_TOKEN', 'TELEGRAM_CHAT_ID', 'WEBHOOK_URL', 'WEBHOOK_SECRET']) {
    delete world.environment[name];
  }
  const { code, stdout, stderr } = await claudio(['doctor'], world.environment);
  expect({ code, stderr }).toEqual({ code: 78, stderr: '' });
  for (const title of ['Machine', 'Configuration', 'Claude Code', 'Telegram', 'Data']) {
    expect(stdout).toMatch(new RegExp(`^${title}$`, 'mu'));
  }
  expect(stdout).toMatch(/^✖ home {10}.*\.claudio is not there$/mu);
  expect(() => statSync(world.home)).toThrow('ENOENT');
});

test('the log that a service wrote is read by its command, turn by turn', async () => {
  const world = await createOwnWorld();
  const service = await world.start();
  await service.logged('webhook.registered');
  await world.api.say('hello');
  const { turn } = await service.logged('turn.done');
  const { code, stdout } = await claudio(['log', '--turn', String(turn)], world.environment);
  expect(code).toBe(0);
  expect(stdout).toMatch(/ · turn\.started .*\n[^]* · turn\.done /u);
  expect(stdout).not.toContain('service.started');
  expect(readFileSync(join(world.home, 'claudio.log'), 'utf8')).toContain('service.started');
});
