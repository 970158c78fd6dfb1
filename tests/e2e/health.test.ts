import { expect, test } from 'vitest';
import { z } from 'zod';
import type { RunningService } from './service.ts';
import { createWorld } from './service.ts';

const reportSchema = z.strictObject({
  status: z.enum(['ok', 'failing']),
  version: z.string(),
  uptimeSeconds: z.number(),
  pid: z.number(),
  home: z.string(),
  checks: z.record(z.string(), z.looseObject({ ok: z.boolean() })),
});

async function ask(service: RunningService) {
  const startedAtMs = performance.now();
  const answer = await fetch(`${service.url}/health`);
  const report = reportSchema.parse(await answer.json());
  return { status: answer.status, report, tookMs: performance.now() - startedAtMs };
}

test('a healthy service says 200 and tells of each part; only that answer is kept', async () => {
  const world = await createWorld({ claude: 'instant' });
  const service = await world.start();
  await service.logged('webhook.registered');
  const { status, report } = await ask(service);
  expect(report.checks).toMatchObject({
    database: { ok: true },
    webhook: { ok: true, state: 'registered', pendingCount: 0, lastError: null },
    claude: { ok: true, found: true, version: '0.0.0', loggedIn: true },
    queue: { ok: true, waitingCount: 0, oldestAgeSeconds: null },
    deliveries: { ok: true, waitingCount: 0, oldestAgeSeconds: null },
    disk: { ok: true, freeBytes: expect.any(Number), usedPercent: expect.any(Number) },
  });
  expect({ status, said: report.status }).toEqual({ status: 200, said: 'ok' });

  const asked = () => world.api.calls.filter(({ method }) => method === 'getWebhookInfo').length;
  const before = asked();
  expect((await ask(service)).status).toBe(200);
  expect(asked()).toBe(before);
});

test('with Telegram hanging the answer is a 503 well within a second, and a good one as soon as it is back', async () => {
  const world = await createWorld({ claude: 'instant' });
  const service = await world.start();
  await service.logged('webhook.registered');
  const fault = world.api.fault({ method: 'getWebhookInfo' }, { kind: 'hang', moment: 'before' });
  const hanging = await ask(service);
  expect(hanging.status).toBe(503);
  expect(hanging.tookMs).toBeLessThan(1000);
  expect(hanging.report.checks).toMatchObject({
    database: { ok: true },
    webhook: { ok: false, remedy: expect.stringContaining('did not answer') },
    claude: { ok: true },
  });
  fault.lift();
  expect((await ask(service)).status).toBe(200);
});

test('a webhook that was moved elsewhere is a 503 and is registered anew', async () => {
  const world = await createWorld({ claude: 'instant' });
  const service = await world.start();
  const { url } = await service.logged('webhook.registered');
  const moved = await fetch(`${world.api.root}/bot${world.api.token}/setWebhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: 'https://elsewhere.example.com/hook' }),
  });
  expect(moved.status).toBe(200);
  const again = world.api.nextCall(({ method }) => method === 'setWebhook');
  const { status, report } = await ask(service);
  expect(status).toBe(503);
  expect(report.checks['webhook']).toMatchObject({ ok: false, state: 'registered elsewhere' });
  await again;
  await world.api.until('the webhook, back', () => world.api.webhook?.url === url || null);
  expect((await ask(service)).status).toBe(200);
});

test('a missing Claude Code is a 503 that says what to do', async () => {
  const world = await createWorld({ claude: '/no/such/claude' });
  const service = await world.start();
  await service.logged('webhook.registered');
  const { status, report } = await ask(service);
  expect(status).toBe(503);
  expect(report.checks['claude']).toMatchObject({
    ok: false,
    found: false,
    version: null,
    remedy: expect.stringMatching(/not found\. Install it .* or set CLAUDE_BIN/u),
  });
});

test('the real Claude Code is found, and whether somebody is logged in', async () => {
  const world = await createWorld();
  delete world.environment['ANTHROPIC_API_KEY'];
  const service = await world.start();
  // A first look at a program of this size may take longer than the answer waits.
  let claude = (await ask(service)).report.checks['claude'];
  while (claude?.['found'] === undefined) claude = (await ask(service)).report.checks['claude'];
  expect(claude).toMatchObject({
    ok: false,
    found: true,
    version: '2.1.329',
    loggedIn: false,
    remedy: expect.stringContaining('not logged in'),
  });
});

test('without WEBHOOK_URL the webhook is not configured, and that is no fault', async () => {
  const world = await createWorld({ claude: 'instant' });
  delete world.environment['WEBHOOK_URL'];
  const service = world.startUnregistered();
  await service.logged('webhook.not-configured');
  const { status, report } = await ask(service);
  expect(report.checks['webhook']).toEqual({ ok: true, state: 'not configured' });
  expect(status).toBe(200);
  expect(world.api.calls.map(({ method }) => method)).not.toContain('setWebhook');
});
