import { asc, eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { messages, turns } from '../../drizzle/schema.ts';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { readDatabase } from './inspect.ts';
import { createTunnelWorld, type TunnelWorld } from './tunnel-world.ts';

/** Each message of the owner has exactly one turn, and they came in the order in which they were written. */
function expectTakenOnce({ api, home }: TunnelWorld, count: number): void {
  const asked = api.messages(OWNER.id).filter(({ byBot }) => !byBot);
  expect(asked).toHaveLength(count);
  const taken = readDatabase(home)
    .select({ text: messages.text })
    .from(turns)
    .innerJoin(messages, eq(messages.id, turns.messageId))
    .orderBy(asc(turns.id))
    .all();
  expect(taken.map(({ text }) => text)).toEqual(asked.map(({ text }) => text));
}

test('killed while it fetches, again and again, the service takes each message once; and the webhook is back when the tunnel is', async () => {
  const world = await createTunnelWorld({ claude: 'instant' });
  world.environment['MAX_QUEUE_SIZE'] = '100';
  const { api, cloudflared } = world;
  cloudflared.goDown();
  // It need not wait for two minutes where it knows of the outage.
  world.rememberOutage();
  let count = 0;
  for (const momentMs of [0, 3, 10, 30]) {
    const service = world.startUnregistered();
    await service.logged('telegram.polling');
    for (let index = 0; index < 3; index += 1) void api.say(`message ${(count += 1)}`);
    // Between the commit and the word of it to Telegram, or a little later.
    await service.logged('update.accepted');
    await new Promise((resolve) => setTimeout(resolve, momentMs));
    service.signal('SIGKILL');
    await service.exit;
  }
  const service = world.startUnregistered();
  await service.logged('telegram.polling');
  await api.say(`message ${(count += 1)}`);
  expectTakenOnce(world, count);

  cloudflared.comeBack();
  await service.logged('telegram.polling-ended');
  expect(api.webhook?.url).toBe('https://first.trycloudflare.com/telegram/webhook');
  expect(world.isOutageRemembered()).toBe(false);
  expect((await api.say(`message ${(count += 1)}`)).attempts).toHaveLength(1);
  expectTakenOnce(world, count);
  service.signal('SIGTERM');
  expect((await service.exit).code).toBe(0);
  expect(cloudflared.running()).toEqual([]);
});

test('a stop in the middle of a poll takes no longer than any other', async () => {
  const world = await createTunnelWorld({ claude: 'instant' });
  const { api } = world;
  world.cloudflared.goDown();
  world.rememberOutage();
  const service = world.startUnregistered();
  await api.call('a poll that waits', ({ params }) => params['timeout'] === 50);
  const startedAtMs = performance.now();
  service.signal('SIGTERM');
  expect((await service.exit).code).toBe(0);
  expect(performance.now() - startedAtMs).toBeLessThan(10_000);
  const next = world.startUnregistered();
  await next.logged('telegram.polling');
  await api.say('hello');
  await api.sent(1);
  expectTakenOnce(world, 1);
});
