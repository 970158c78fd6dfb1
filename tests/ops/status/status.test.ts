import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { turns } from '../../../drizzle/schema.ts';
import { serviceUnit } from '../../../src/ops/service/unit.ts';
import { lookAround, type Status } from '../../../src/ops/status/status.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { packageVersion } from '../../../src/platform/package.ts';
import { createConversationStore } from '../../../src/inbox/conversations.ts';
import { createMessageStore } from '../../../src/inbox/messages.ts';
import { createQueue } from '../../../src/inbox/queue.ts';
import { testClock } from '../../support/clock.ts';
import { inboundMessage } from '../../support/inbound.ts';
import { healthServer, siteRig, type SiteRig } from './rig.ts';

function finding(status: Status, name: string) {
  return status.findings.find((one) => one.name === name);
}

/** What a service of this home says of itself. */
function report(rig: SiteRig, checks: object = {}, changes: object = {}) {
  return {
    status: 'ok',
    version: packageVersion(),
    uptimeSeconds: 3720,
    pid: 4242,
    home: rig.home,
    checks: {
      webhook: { ok: true, state: 'registered', pendingCount: 0, lastError: null },
      claude: { ok: true, found: true, version: '2.1.329', loggedIn: true },
      ...checks,
    },
    ...changes,
  };
}

test('before the first set-up there is one line, which says how to begin', async () => {
  const rig = await siteRig();
  delete rig.environment['TELEGRAM_BOT_TOKEN'];
  delete rig.environment['TELEGRAM_CHAT_ID'];
  expect(await lookAround(rig.site())).toEqual({
    verdict: 'configuration',
    findings: [
      {
        name: 'claudio',
        state: 'failed',
        text: 'not set up yet',
        remedy: '`claudio install` sets everything up.',
      },
    ],
  });
});

test('without a service everything else is asked directly: Telegram, Claude Code, the database', async () => {
  const rig = await siteRig();
  rig.environment['WEBHOOK_URL'] = 'https://claudio.example.com';
  await fetch(`${rig.api.root}/bot${rig.api.token}/setWebhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: 'https://claudio.example.com/telegram/webhook' }),
  });
  const database = openDatabase(join(rig.home, 'claudio.db'));
  const clock = testClock(Date.now());
  const messages = createMessageStore(database, clock);
  const queue = createQueue(database, clock, messages, { maxQueueSize: 9, joinQueued: false });
  for (const updateId of [1, 2, 3]) {
    const message = inboundMessage(updateId, 'hello');
    database.transaction(() => {
      createConversationStore(database, clock).ensure(message.conversation);
      queue.enqueue(message, 'haiku');
    });
  }
  clock.advance(125_000);
  const [first] = database.orm.select().from(turns).all();
  database.orm.$client
    .prepare("UPDATE turns SET status = 'done', ended_at_ms = ?, cost_usd = 1.5 WHERE id = ?")
    .run(clock.now(), first?.id);
  database.orm.$client.prepare("UPDATE turns SET status = 'running' WHERE id = 2").run();
  database.close();

  const status = await lookAround(rig.site({ clock }));
  expect(status.verdict).toBe('not-running');
  expect(status.findings).toEqual([
    expect.objectContaining({ name: 'service', state: 'failed' }),
    {
      name: 'tunnel',
      state: 'off',
      text: 'looked after by others: https://claudio.example.com',
    },
    { name: 'webhook', state: 'ok', text: 'registered, nothing waits' },
    { name: 'claude', state: 'ok', text: 'version 0.0.0, logged in' },
    {
      name: 'queue',
      state: 'ok',
      text: '1 running, 1 waiting (the oldest for 2 min 5 s)',
    },
    { name: 'today', state: 'ok', text: '1 turn, $1.50' },
    expect.objectContaining({
      name: 'memory',
      state: 'off',
      text: '0 memories, found by words alone',
    }),
    expect.objectContaining({ name: 'backup', state: 'off' }),
    expect.objectContaining({ name: 'health check', state: 'off' }),
  ]);
});

test('a service that runs is asked how it is, and told with since when and by what', async () => {
  const rig = await siteRig();
  const clock = testClock();
  rig.environment['PORT'] = String(
    await healthServer(
      report(rig, {
        tunnel: {
          ok: true,
          kind: 'named',
          state: 'ready',
          publicUrl: 'https://claudio.example.com',
          connectionCount: 4,
        },
        webhook: {
          ok: true,
          state: 'registered',
          pendingCount: 2,
          lastError: { atMs: clock.now() - 61_000, message: 'Connection refused' },
        },
      }),
    ),
  );
  rig.environment['TUNNEL_NAME'] = 'claudio';
  rig.environment['TUNNEL_HOSTNAME'] = 'claudio.example.com';
  const status = await lookAround(rig.site({ clock }));
  expect(status.verdict).toBe('ok');
  expect(finding(status, 'service')).toEqual({
    name: 'service',
    state: 'ok',
    text: expect.stringMatching(
      /^running for 1 h 2 min, since .*\d\d:\d\d, process 4242, from a terminal$/u,
    ),
  });
  expect(finding(status, 'tunnel')).toEqual({
    name: 'tunnel',
    state: 'ok',
    text: 'ready: https://claudio.example.com, 4 connections',
  });
  expect(finding(status, 'webhook')).toMatchObject({
    state: 'warning',
    text: 'registered, 2 updates wait at Telegram; last error 1 min 1 s ago: Connection refused',
  });
  expect(finding(status, 'claude')?.text).toBe('version 2.1.329, logged in');
  // It was not asked anything that the service knows.
  expect(rig.api.calls).toEqual([]);
});

test('what the service finds wrong with itself is told with what to do', async () => {
  const rig = await siteRig();
  const checks = {
    tunnel: { ok: false, kind: 'quick', state: 'down', reason: 'no network', remedy: 'Wait.' },
    webhook: { ok: true, state: 'polling' },
    claude: {
      ok: false,
      found: true,
      version: '2.1.329',
      loggedIn: false,
      remedy: 'Run `claude` once and log in.',
    },
    disk: { ok: false, remedy: 'The disk is nearly full. Free some space.' },
  };
  rig.environment['PORT'] = String(await healthServer(report(rig, checks, { version: '0.0.1' })));
  rig.environment['TUNNEL_QUICK'] = '1';
  const status = await lookAround(rig.site());
  expect(status.verdict).toBe('failed');
  expect(status.findings).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        name: 'service',
        state: 'warning',
        text: expect.stringContaining(`it is version 0.0.1, and ${packageVersion()} is installed`),
      }),
      {
        name: 'tunnel',
        state: 'failed',
        text: 'down: throw-away address, no network',
        remedy: 'Wait.',
      },
      {
        name: 'webhook',
        state: 'warning',
        text: 'messages are fetched from Telegram, until the tunnel is back',
      },
      {
        name: 'claude',
        state: 'failed',
        text: 'version 2.1.329, not logged in',
        remedy: 'Run `claude` once and log in.',
      },
      {
        name: 'disk',
        state: 'failed',
        text: 'the service finds it not well',
        remedy: 'The disk is nearly full. Free some space.',
      },
    ]),
  );
});

test('a tunnel that was set up behind the back of a running service is told', async () => {
  const rig = await siteRig();
  rig.environment['TUNNEL_QUICK'] = '1';
  expect(finding(await lookAround(rig.site()), 'tunnel')).toMatchObject({
    state: 'off',
    text: 'throw-away address: runs with the service',
  });
  rig.environment['PORT'] = String(await healthServer(report(rig)));
  expect(finding(await lookAround(rig.site()), 'tunnel')).toMatchObject({
    state: 'warning',
    text: 'throw-away address: the service runs without it',
  });
});

test('a unit that is installed and at rest is told as stopped, and one that was stopped by nobody as ended', async () => {
  const rig = await siteRig();
  const site = rig.site();
  const { services } = site;
  if (services === null) throw new Error('no service manager');
  await services.install(serviceUnit(site.host, rig.home));
  expect(finding(await lookAround(site), 'service')).toEqual({
    name: 'service',
    state: 'failed',
    text: 'stopped',
    remedy: '`claudio restart` starts it; `claudio log` tells why it ended.',
  });
  await services.start();
  expect(finding(await lookAround(site), 'service')).toMatchObject({
    text: expect.stringMatching(/^does not answer \(connection refused\), though systemd says/u),
  });
  rig.environment['PORT'] = String(await healthServer(report(rig)));
  expect(finding(await lookAround(rig.site()), 'service')?.text).toMatch(/, under systemd$/u);
});

test('a port that another program has, and one that another Claudio has, are told with who it is', async () => {
  const rig = await siteRig();
  const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  rig.environment['PORT'] = String(port);
  expect(await lookAround(rig.site())).toMatchObject({
    verdict: 'not-running',
    findings: expect.arrayContaining([
      expect.objectContaining({
        name: 'service',
        text: `not running: port ${port} is taken by node (process ${process.pid})`,
      }),
    ]),
  });
  const elsewhere = await healthServer(report(rig, {}, { home: '/home/another/.claudio' }));
  rig.environment['PORT'] = String(elsewhere);
  expect(finding(await lookAround(rig.site()), 'service')?.text).toBe(
    `not running: port ${elsewhere} belongs to the Claudio of /home/another/.claudio`,
  );
});

test('a token that was revoked is told with where to get another, and never shown', async () => {
  const rig = await siteRig();
  rig.environment['TELEGRAM_BOT_TOKEN'] = '2:revoked-made-up-token-of-no-bot';
  const status = await lookAround(rig.site());
  expect(finding(status, 'webhook')).toEqual({
    name: 'webhook',
    state: 'failed',
    text: 'Telegram does not know the token: it is wrong, or was revoked',
    remedy: expect.stringContaining('@BotFather'),
  });
  expect(JSON.stringify(status)).not.toContain('revoked-made-up');
});

test('a broken service.env is told fault by fault, and everything else is looked at all the same', async () => {
  const rig = await siteRig();
  rig.settings('this is no line\nMODEL="two words"\nMAX_QUEU_SIZE="3"\n');
  const status = await lookAround(rig.site());
  expect(status.verdict).toBe('configuration');
  expect(status.findings.filter(({ name }) => name === 'settings')).toEqual([
    expect.objectContaining({ state: 'failed', text: 'Line 1 is not of the form KEY="value"' }),
    expect.objectContaining({ state: 'failed', text: expect.stringContaining('MODEL must be') }),
    expect.objectContaining({
      state: 'warning',
      text: expect.stringContaining('Did you mean MAX_QUEUE_SIZE?'),
    }),
  ]);
  expect(finding(status, 'claude')?.state).toBe('ok');
});

test('a home with spaces and quotes, and a database of another program in it, are no obstacle', async () => {
  const rig = await siteRig({ folder: `it's "my" home` });
  expect((await lookAround(rig.site())).verdict).toBe('not-running');
  writeFileSync(join(rig.home, 'claudio.db'), 'this is no database, but long enough to be read');
  expect(finding(await lookAround(rig.site()), 'database')).toMatchObject({
    state: 'failed',
    text: 'file is not a database',
    remedy: '`claudio doctor` looks at it closer.',
  });
});

test('a webhook that is not ours is told, with what is to be done', async () => {
  const rig = await siteRig();
  rig.environment['WEBHOOK_URL'] = 'https://claudio.example.com';
  expect(finding(await lookAround(rig.site()), 'webhook')).toMatchObject({
    state: 'warning',
    text: 'not registered, nothing waits',
    remedy: 'The service registers it when it starts: `claudio restart`.',
  });
});

test('a backup that is due, and a destination that is gone, are told', async () => {
  const rig = await siteRig();
  rig.environment['BACKUP_DEST'] = join(rig.userHome, 'disk');
  expect(finding(await lookAround(rig.site()), 'backup')?.state).toBe('failed');
  mkdirSync(join(rig.userHome, 'disk', 'claudio-backups'), { recursive: true });
  expect(finding(await lookAround(rig.site()), 'backup')?.state).toBe('failed');
});
