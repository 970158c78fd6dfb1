import { expect, test } from 'vitest';
import { SECRET_TOKEN, WEBHOOK_PATH } from './http.ts';
import { createWorld } from './service.ts';

test('a registration that fails is tried again after WEBHOOK_RETRY_DELAY with its reason in the log, and turns run meanwhile', async () => {
  const world = await createWorld({ claude: 'instant' });
  const unknown = world.api.fault({ method: 'getMe' }, { kind: 'html', status: 502 }, 1);
  const refused = world.api.fault(
    { method: 'setWebhook' },
    { kind: 'error', status: 400, description: 'Bad Request: bad webhook: Failed to resolve host' },
  );
  const service = world.startUnregistered();
  expect(await service.logged('telegram.unknown-bot')).toMatchObject({
    level: 'warn',
    retryInMs: 1000,
    reason: expect.stringContaining('502'),
  });
  expect(unknown.hitCount).toBe(1);
  const reason = await service.logged('webhook.not-registered');
  expect(reason).toMatchObject({
    level: 'warn',
    retryInMs: 1000,
    reason: 'Bad Request: bad webhook: Failed to resolve host',
  });

  const target = {
    url: service.url + WEBHOOK_PATH,
    secretToken: SECRET_TOKEN,
    maxConnections: 1,
  };
  await world.api.deliver(world.api.updates.text('hello'), target);
  const [answer] = await world.api.sent(1);
  expect(answer?.text).toBe('An instant answer.');
  expect(world.api.webhook).toBeNull();

  refused.lift();
  expect(await service.logged('webhook.registered')).toMatchObject({ url: target.url });
  const tries = world.api.calls.filter(({ method }) => method === 'setWebhook');
  expect(tries.at(-1)?.status).toBe(200);
  const times = tries.map(({ atMs }) => atMs);
  for (const [index, atMs] of times.slice(1).entries()) {
    expect(atMs - (times[index] ?? 0)).toBeGreaterThanOrEqual(990);
  }
  expect(world.api.commands.map(({ command }) => command)).toEqual(
    [
      'stop queue new status usage project haiku sonnet opus model',
      'mode verbose memory remember forget access listen start help',
      // Those that come as the file of the person's own.
      'run deploy test git confirm confirm_deploy',
    ].flatMap((names) => names.split(' ')),
  );
});
