import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { holdModel } from './inspect.ts';
import { said, write } from './person.ts';
import type { RunningService } from './service.ts';
import { createWorld } from './service.ts';
import { createTunnelWorld } from './tunnel-world.ts';

/** What it says as soon as each check was done in its time. */
async function health(service: RunningService) {
  let status = 0;
  let checks: Record<string, Readonly<Record<string, unknown>>> = {};
  const ask = async (): Promise<readonly string[]> => {
    const answer = await fetch(`${service.url}/health`);
    ({ status } = answer);
    ({ checks } = (await answer.json()) as { checks: typeof checks });
    return Object.keys(checks).filter((name) =>
      String(checks[name]?.['remedy']).startsWith('It did not answer within'),
    );
  };
  await expect.poll(ask).toEqual([]);
  return { status, checks };
}

test('a service with a tunnel of its own registers the address that the tunnel has, takes what comes through it, and takes it along when it stops', async () => {
  const world = await createTunnelWorld({ claude: 'instant' });
  const service = await world.start();
  expect(await service.logged('webhook.registered')).toMatchObject({
    url: 'https://first.trycloudflare.com/telegram/webhook',
  });
  expect(await service.logged('telegram.ready')).toMatchObject({
    level: 'info',
    bot: '@claudio_test_bot',
    link: 'https://t.me/claudio_test_bot',
  });
  await write(world, 'hello');
  await said(world, 'An instant answer.');
  const { status, checks } = await health(service);
  expect(checks['tunnel']).toMatchObject({
    ok: true,
    state: 'ready',
    publicUrl: 'https://first.trycloudflare.com',
  });
  expect(checks['webhook']).toMatchObject({ ok: true, state: 'registered' });
  expect(status).toBe(200);
  expect(world.cloudflared.running()).toHaveLength(1);

  service.signal('SIGTERM');
  expect((await service.exit).code).toBe(0);
  expect(world.cloudflared.running()).toEqual([]);
  expect(readFileSync(join(world.home, 'claudio.log'), 'utf8')).not.toContain(world.api.token);
});

test('when the tunnel gets another address, that is registered, and what was sent meanwhile arrives there', async () => {
  const world = await createTunnelWorld({ claude: 'instant' });
  const service = await world.start();
  await service.logged('webhook.registered');
  world.api.route('first.trycloudflare.com', 'unresolved');
  world.callTunnel('second.trycloudflare.com');
  world.cloudflared.crash();
  const url = 'https://second.trycloudflare.com/telegram/webhook';
  const sent = write(world, 'hello');
  await service.logged('webhook.registered', (line) => line['url'] === url);
  await sent;
  await said(world, 'An instant answer.');
  expect(world.api.webhook?.url).toBe(url);
  expect(world.cloudflared.running()).toHaveLength(1);
});

test('a second signal, while a turn runs, leaves no tunnel behind either', async () => {
  const world = await createTunnelWorld();
  const service = await world.start();
  const { asked } = holdModel(world.model);
  await write(world, 'hello');
  await asked;
  service.signal('SIGTERM');
  await service.logged('service.stopping');
  // Until it has stopped, Telegram gets the answer that nothing is taken now.
  expect(world.cloudflared.running()).toHaveLength(1);
  service.signal('SIGTERM');
  expect((await service.exit).code).toBe(1);
  expect(world.cloudflared.running()).toEqual([]);
});

test('without cloudflared the service runs, and says in /health what to do', async () => {
  const world = await createTunnelWorld({ claude: 'instant' });
  world.environment['CLOUDFLARED_BIN'] = '/no/such/cloudflared';
  const service = world.startUnregistered();
  await service.logged('tunnel.down');
  await service.logged('telegram.ready');
  const { status, checks } = await health(service);
  expect(status).toBe(503);
  expect(checks['tunnel']).toMatchObject({ ok: false, state: 'down', remedy: expect.any(String) });
  expect(checks['webhook']).toEqual({ ok: true, state: 'waiting for the tunnel' });
});

test('an address that Telegram refuses is told in the log and in /health, with the reason and what to do', async () => {
  const world = await createWorld({ claude: 'instant' });
  const reason =
    'Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443';
  world.environment['WEBHOOK_URL'] = 'https://claudio.example:9999';
  const service = world.startUnregistered();
  const url = 'https://claudio.example:9999/telegram/webhook';
  expect(await service.logged('webhook.not-registered')).toMatchObject({
    level: 'warn',
    url,
    reason,
  });
  const { status, checks } = await health(service);
  expect(status).toBe(503);
  expect(checks['webhook']).toMatchObject({
    ok: false,
    state: 'refused',
    reason,
    remedy: `Telegram does not take ${url}: ${reason}. Correct the address (WEBHOOK_URL, or \`claudio tunnel setup\`); until then it is tried again by itself.`,
  });
  expect(checks).not.toHaveProperty('tunnel');
});

test('a token that was revoked is told in the log and in /health, with what to do', async () => {
  const world = await createWorld({ claude: 'instant' });
  world.environment['TELEGRAM_BOT_TOKEN'] = '1:revoked-token';
  const service = world.startUnregistered();
  const hint = expect.stringContaining('run `claudio telegram setup`');
  expect(await service.logged('telegram.unknown-bot')).toMatchObject({
    level: 'warn',
    status: 401,
    reason: 'Unauthorized',
    hint,
  });
  const { status, checks } = await health(service);
  expect(status).toBe(503);
  expect(checks['webhook']).toMatchObject({ ok: false, status: 401, remedy: hint });
});

test('where Telegram cannot be reached that is what is said, and nothing about the bot', async () => {
  const world = await createWorld({ claude: 'instant' });
  world.api.fault({ method: 'getMe' }, { kind: 'drop', moment: 'before' }, 1);
  const service = world.startUnregistered();
  expect(await service.logged('telegram.unreachable')).toMatchObject({
    level: 'warn',
    reason: expect.any(String),
    retryInMs: 1000,
  });
  await service.logged('telegram.ready');
  expect(service.log.map(({ event }) => event)).not.toContain('telegram.unknown-bot');
});
