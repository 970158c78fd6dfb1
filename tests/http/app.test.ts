import { expect, test } from 'vitest';
import { createHttpApp } from '../../src/http/app.ts';
import { testClock } from '../support/clock.ts';
import { testLog } from '../support/log.ts';

const PATH = '/telegram/webhook';

function httpApp() {
  const clock = testClock();
  const { log, lines } = testLog();
  const app = createHttpApp({
    webhooks: [
      {
        path: PATH,
        secretHeader: 'x-secret',
        takers: () => [{ secret: 'right', receive: () => true }],
      },
    ],
    health: () => Promise.resolve({ status: 'ok', version: '1', uptimeSeconds: 0, checks: {} }),
    tools: (request) => Promise.resolve(new Response(request.headers.get('authorization'))),
    isStopping: () => false,
    clock,
    log,
  });
  const ask = async (host: string, path: string, init: RequestInit = {}) => {
    const headers = { host, ...(init.headers as Record<string, string> | undefined) };
    return (await app.request(path, { ...init, headers })).status;
  };
  return { ask, clock, lines };
}

test('a page elsewhere that points its own name at this machine reads nothing here', async () => {
  const { ask } = httpApp();
  for (const host of ['127.0.0.1:8421', 'localhost:8421', '[::1]:8421', '127.0.0.1']) {
    expect(await ask(host, '/health')).toBe(200);
  }
  for (const host of ['evil.example:8421', '127.0.0.1.evil.example', 'localhost.evil', '']) {
    expect(await ask(host, '/health'), host).toBe(404);
  }
});

test('the tools are for this machine alone: not through the tunnel, not by another name', async () => {
  const { ask } = httpApp();
  for (const method of ['POST', 'GET', 'DELETE']) {
    expect(await ask('127.0.0.1:8421', '/mcp', { method }), method).toBe(200);
    expect(await ask('claudio.example.com', '/mcp', { method }), method).toBe(404);
    for (const header of ['cf-connecting-ip', 'cf-ray', 'x-forwarded-for']) {
      const headers = { [header]: '192.0.2.1', authorization: 'Bearer token' };
      expect(await ask('127.0.0.1:8421', '/mcp', { method, headers }), header).toBe(404);
    }
  }
});

test('the webhook is open to the name of the tunnel, with the secret', async () => {
  const { ask } = httpApp();
  const post = (secret: string) =>
    ask('claudio.example.com', PATH, {
      method: 'POST',
      headers: { 'x-secret': secret },
      body: '{}',
    });
  expect(await post('right')).toBe(200);
  expect(await post('wrong')).toBe(401);
});

test('knocks with a wrong secret fill no log: a line a minute, with their number', async () => {
  const { ask, clock, lines } = httpApp();
  const knock = () => ask('claudio.example.com', PATH, { method: 'POST', body: '{}' });
  for (let count = 0; count < 5; count += 1) await knock();
  clock.advance(60_000);
  await knock();
  expect(lines).toMatchObject([
    { event: 'webhook.refused', count: 1 },
    { event: 'webhook.refused', count: 5 },
  ]);
});
