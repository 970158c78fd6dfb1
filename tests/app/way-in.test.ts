import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import type { Behaviour } from '../../src/playground/bot-api/faults.ts';
import { createRandom } from '../support/random.ts';
import { tunnelWorld, type TestService } from './world.ts';

const ANSWER = 'An instant answer.';
const ACTS = ['down', 'back', 'crash', 'restart', 'conflict', 'trouble'] as const;

test('messages come by the webhook, are fetched while the tunnel is down, and come by the webhook again: each is answered once', async () => {
  const world = await tunnelWorld();
  const { api } = world;
  const service = await world.start();
  await service.logged('webhook.registered');
  expect(api.webhook).toMatchObject({ url: world.address, secretToken: 'test-secret' });
  expect(await api.say('by the webhook')).toMatchObject({ outcome: 'acknowledged' });
  await api.sent(1);

  world.goDown();
  const meanwhile = api.say('sent before anybody noticed');
  await service.logged('telegram.polling');
  expect(await meanwhile).toMatchObject({ outcome: 'acknowledged' });
  await api.say('sent while it is down');
  await api.sent(3);
  const checks = await service.checks();
  expect(checks['tunnel']).toMatchObject({ ok: false, remedy: expect.any(String) });
  // That there is none is as it should be: nobody registers it meanwhile.
  expect(checks['webhook']).toEqual({ ok: true, state: 'polling' });
  expect(api.webhook).toBeNull();

  world.comeBack();
  await service.logged('telegram.polling-ended');
  expect(api.webhook?.url).toBe(world.address);
  const { attempts } = await api.say('by the webhook again');
  expect(attempts).toHaveLength(1);
  await api.sent(4);
  await service.stop();
  expect(api.sentMessages().map(({ text }) => text)).toEqual([ANSWER, ANSWER, ANSWER, ANSWER]);
  expect(api.calls.some(({ params }) => params['drop_pending_updates'] === true)).toBe(false);
  expect(world.cloudflared.running()).toEqual([]);
});

test('a tunnel with a name has the address of its host name, or the one that WEBHOOK_URL says', async () => {
  const world = await tunnelWorld();
  const { api } = world;
  world.nameTunnel('claudio.example.com');
  api.route('claudio.example.com', world.origin);
  const first = await world.start();
  const [registered] = await first.logged('webhook.registered');
  expect(registered?.['url']).toBe('https://claudio.example.com/telegram/webhook');
  await api.say('hello');
  await api.sent(1);
  await first.stop();

  const elsewhere = await tunnelWorld({ WEBHOOK_URL: 'https://front.example.com/claudio' });
  elsewhere.nameTunnel('claudio.example.com');
  const second = await elsewhere.start();
  const [fronted] = await second.logged('webhook.registered');
  expect(fronted?.['url']).toBe('https://front.example.com/claudio/telegram/webhook');
});

test('a service that starts while its tunnel is down leaves the webhook for as long as it may come back, and fetches then', async () => {
  const world = await tunnelWorld();
  const { api } = world;
  const first = await world.start();
  await first.logged('webhook.registered');
  await first.stop();

  world.goDown();
  void api.say('sent while nobody was there');
  const second = await world.start();
  await second.logged('telegram.polling');
  const [started, taken] = ['getMe', 'deleteWebhook'].map(
    (method) => api.calls.findLast((call) => call.method === method)?.atMs ?? Number.NaN,
  );
  expect((taken ?? 0) - (started ?? 0)).toBeGreaterThan(1500);
  await api.sent(1);
});

test('an outage shorter than that changes nothing at Telegram', async () => {
  const world = await tunnelWorld();
  const service = await world.start({ fallBackAfterMs: 3_600_000 });
  await service.logged('webhook.registered');
  world.goDown();
  await service.logged('tunnel.down');
  world.comeBack();
  await service.logged('tunnel.ready', 2);
  await world.api.say('hello');
  await world.api.sent(1);
  const methods = world.api.calls.map(({ method }) => method);
  expect(methods.filter((method) => /webhook$/iu.test(method))).toEqual(['setWebhook']);
  expect(methods).not.toContain('getUpdates');
});

test('an address that has changed is registered, and one that Telegram cannot find yet is tried again', async () => {
  const world = await tunnelWorld();
  const { api, cloudflared } = world;
  const service = await world.start({ fallBackAfterMs: 3_600_000 });
  await service.logged('webhook.registered');

  cloudflared.setQuickHostname('second.trycloudflare.com');
  api.route('second.trycloudflare.com', 'unresolved');
  cloudflared.crash();
  const [refused] = await service.logged('webhook.not-registered');
  const url = 'https://second.trycloudflare.com/telegram/webhook';
  const reason = 'Bad Request: bad webhook: Failed to resolve host: Name or service not known';
  expect(refused).toMatchObject({ url, reason, retryInMs: 1000 });
  // A check that takes too long once is told as one that did not answer.
  const check = async () => (await service.checks())['webhook'];
  await expect.poll(check).toMatchObject({
    ok: false,
    state: 'refused',
    reason,
    remedy: expect.stringContaining(`Telegram does not take ${url}: ${reason}. A new name takes`),
  });

  api.route('second.trycloudflare.com', world.origin);
  await service.logged('webhook.registered', 2);
  expect(api.webhook?.url).toBe(url);
  await api.say('hello');
  await api.sent(1);
  await expect.poll(check).toMatchObject({ ok: true, state: 'registered' });
});

test('where Telegram goes on refusing the address, updates are fetched, and the person and /health are told why', async () => {
  const world = await tunnelWorld();
  const { api } = world;
  const refusal = api.fault(
    { method: 'setWebhook' },
    { kind: 'error', status: 400, description: 'Bad Request: bad webhook: IP address is reserved' },
  );
  const service = await world.start({ tellAfterMs: 0 });
  await service.logged('telegram.polling');
  const { text } = await api.message('the notice', (message) => message.text.includes('since'));
  expect(text).toMatch(
    /^Telegram does not take the address of the tunnel since \d.*: Bad Request: bad webhook: IP address is reserved\.\n\nEverything still works/u,
  );
  expect((await service.checks())['webhook']).toMatchObject({
    ok: false,
    state: 'polling',
    reason: 'Bad Request: bad webhook: IP address is reserved',
  });
  await api.say('hello');
  await api.message('the answer', (message) => message.text === ANSWER);
  const triesBefore = refusal.hitCount;
  await api.until('another try', () => refusal.hitCount > triesBefore || null);
  await api.say('hello again');
  await api.sent(3);

  refusal.lift();
  await service.logged('telegram.polling-ended');
  expect(api.webhook?.url).toBe(world.address);
  expect(service.lines.filter(({ event }) => event === 'tunnel.person-told')).toHaveLength(1);
});

test('the person is told of an outage once, also over a restart, and of the next one', async () => {
  const world = await tunnelWorld();
  const { api } = world;
  const notices = () => api.sentMessages(OWNER.id).map(({ text }) => text);
  const first = await world.start({ tellAfterMs: 0 });
  await first.logged('webhook.registered');
  world.goDown();
  await api.sent(1);
  expect(notices()[0]).toMatch(
    /^The tunnel is down since \d{1,2} \w+, \d\d:\d\d: .+\.\n\nEverything still works: meanwhile I fetch your messages from Telegram, which may be a little slower\.\n\n.+\.$/u,
  );
  expect(world.isOutageRemembered()).toBe(true);
  await first.stop();

  // The webhook was taken away, so there is nothing to wait for.
  const second = await world.start({ tellAfterMs: 0, fallBackAfterMs: 3_600_000 });
  await second.logged('telegram.polling');
  await api.say('hello');
  await api.sent(2);
  expect(notices()).toEqual([expect.any(String), ANSWER]);
  world.comeBack();
  await second.logged('telegram.polling-ended');
  expect(world.isOutageRemembered()).toBe(false);
  await second.stop();

  const third = await world.start({ tellAfterMs: 0, quietMs: 3_600_000 });
  await third.logged('webhook.unchanged');
  world.goDown();
  await api.sent(3);
  world.comeBack();
  await third.logged('telegram.polling-ended');
  // One that follows soon is not told: whoever was told knows that the tunnel is not well.
  world.goDown();
  await third.logged('telegram.polling', 2);
  await api.say('hello again');
  await api.sent(4);
  expect(notices().filter((text) => text.startsWith('The tunnel is down'))).toHaveLength(2);
});

test('what an earlier run knew of an outage is forgotten when the tunnel is well, without a word', async () => {
  const world = await tunnelWorld();
  mkdirSync(world.home);
  writeFileSync(join(world.home, '.tunnel_down_since'), '');
  const service = await world.start({ tellAfterMs: 0 });
  await service.logged('telegram.polling-ended');
  expect(world.isOutageRemembered()).toBe(false);
  expect(world.api.sentMessages()).toEqual([]);
});

test('a notice that cannot be remembered on the disk is told all the same, and once', async () => {
  const world = await tunnelWorld();
  const { api } = world;
  const service = await world.start({ tellAfterMs: 0 });
  await service.logged('webhook.registered');
  // Nothing can be put in the place of a folder.
  mkdirSync(join(world.home, '.tunnel_down_since'));
  world.goDown();
  expect((await service.logged('tunnel.not-remembered'))[0]).toMatchObject({ level: 50 });
  await api.sent(1);
  await api.say('hello');
  await api.sent(2);
  expect(service.lines.filter(({ event }) => event === 'tunnel.person-told')).toHaveLength(1);
});

test('with all of the network away nothing is said, and the webhook is the first thing to be back', async () => {
  const world = await tunnelWorld();
  const { api } = world;
  const service = await world.start({ tellAfterMs: 3000, steadyMs: 50 });
  await service.logged('webhook.registered');
  const outage = api.fault({}, { kind: 'drop', moment: 'before' });
  world.goDown();
  const [failed] = await service.logged('telegram.not-fetched', 1);
  expect(failed).toMatchObject({ reason: expect.stringContaining('connection') });
  expect((await service.checks())['webhook']).toMatchObject({
    ok: false,
    state: 'polling',
    remedy: expect.stringContaining('network'),
  });
  void api.say('sent meanwhile');
  outage.lift();
  world.comeBack();
  await api.until('the webhook', () => api.webhook);
  await api.sent(1);
  expect(service.lines.map(({ event }) => event)).not.toContain('tunnel.person-told');
  expect(api.sentMessages().map(({ text }) => text)).toEqual([ANSWER]);
});

test('a stop does not wait for the end of a poll, and what was fetched and not confirmed counts once', async () => {
  const world = await tunnelWorld();
  const { api } = world;
  world.goDown();
  const first = await world.start();
  await api.call('a poll', ({ method }) => method === 'getUpdates');
  expect(await first.stop()).toBeLessThan(5000);
  expect(world.cloudflared.running()).toEqual([]);

  // It is taken, and the call that would tell Telegram so does not arrive.
  const lost = api.fault(
    { method: 'getUpdates', when: ({ params }) => params['offset'] !== undefined },
    { kind: 'drop', moment: 'before' },
  );
  const second = await world.start();
  void api.say('hello');
  await api.sent(1);
  await second.stop();
  lost.lift();

  const third = await world.start();
  await third.logged('update.duplicate');
  await api.say('bye');
  await api.sent(2);
  await third.stop();
  expect(api.sentMessages()).toHaveLength(2);
});

test('a webhook that somebody sets meanwhile is taken away again, and nothing is lost by it', async () => {
  const world = await tunnelWorld();
  const { api } = world;
  world.goDown();
  const service = await world.start();
  await service.logged('telegram.polling');
  await api.call('a poll', ({ method }) => method === 'getUpdates');
  const set = await fetch(`${api.root}/bot${api.token}/setWebhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: 'https://first.trycloudflare.com/elsewhere' }),
  });
  expect(set.status).toBe(200);
  const sent = api.say('hello');
  expect(await sent).toMatchObject({ outcome: 'acknowledged' });
  await api.sent(1);
  expect(api.webhook).toBeNull();
  const [conflict] = await service.logged('telegram.not-fetched');
  expect(conflict?.['reason']).toMatch(/^Conflict: terminated by setWebhook/u);
});

test.each([1, 2, 3])(
  'whatever the tunnel does while people write, each message is answered once and in order (seed %i)',
  async (seed) => {
    const random = createRandom(seed);
    const world = await tunnelWorld({ MAX_QUEUE_SIZE: '1000' });
    const { api } = world;
    const limits = { fallBackAfterMs: 60, steadyMs: 40 };
    // Both ways are taken in any case, or this could show nothing.
    let service: TestService = await world.start();
    await service.logged('webhook.registered');
    expect((await api.say('by the webhook')).attempts).toHaveLength(1);
    await service.stop();
    world.goDown();
    service = await world.start(limits);
    await service.logged('telegram.polling');

    const acts = {
      down: () => world.goDown(),
      back: () => world.comeBack(),
      crash: () => world.cloudflared.crash(),
      restart: async () => {
        await service.stop();
        service = await world.start(limits);
      },
      conflict: () =>
        fetch(`${api.root}/bot${api.token}/getUpdates?timeout=1`).then((answer) => answer.text()),
      trouble: () =>
        api.fault(
          { method: ['getUpdates', 'setWebhook', 'deleteWebhook'] },
          random.pick<Behaviour>([
            { kind: 'html', status: 502 },
            { kind: 'drop', moment: 'after' },
            { kind: 'error', status: 500, description: 'Internal Server Error' },
          ]),
          1,
        ),
    };
    const delivered: Promise<unknown>[] = [];
    for (let count = 0; count < 25; count += 1) {
      delivered.push(api.say(`message ${count}`));
      const act = random.pick<keyof typeof acts | null>([null, ...ACTS]);
      if (act !== null) await acts[act]();
      // So that some of it happens in the middle of the next, and some long after.
      await new Promise((resolve) => setTimeout(resolve, random.below(150)));
    }
    world.comeBack();
    await Promise.all(delivered);
    const asked = api.messages(OWNER.id).filter(({ byBot }) => !byBot);
    await api.sent(asked.length);
    await service.stop();
    expect(asked).toHaveLength(26);
    expect(api.sentMessages().map(({ replyTo }) => replyTo)).toEqual(
      asked.map(({ messageId }) => messageId),
    );
  },
);
