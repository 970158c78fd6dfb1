import { expect, test } from 'vitest';
import { PAGES } from '../../src/console/frame.tsx';
import { createHttpApp } from '../../src/http/app.ts';
import { testLog } from '../support/log.ts';
import { consoleWorld, HOST, ORIGIN } from './world.ts';

const WEBHOOK = '/telegram/webhook';
/** All that the console serves, and what it does not. */
const PATHS = [
  ...PAGES.map(({ path }) => path),
  '/enter?key=x',
  '/leave',
  '/live',
  '/live/now',
  '/live/checks',
  '/assets/pages/styles.css',
  '/assets/console/styles.css',
  '/turns/1/stop',
  '/nothing',
];

/** The console behind the HTTP face of the service, as it is served. */
function served() {
  const world = consoleWorld();
  const app = createHttpApp({
    webhooks: [
      {
        path: WEBHOOK,
        secretHeader: 'x-secret',
        takers: () => [{ secret: 'right', receive: () => true }],
      },
    ],
    health: world.health,
    tools: (request) => Promise.resolve(new Response(request.method)),
    pages: world.app,
    isStopping: () => false,
    clock: world.clock,
    log: testLog().log,
  });
  const ask = async (
    path: string,
    headers: Readonly<Record<string, string>> = {},
    method = 'GET',
  ) => {
    const init = { method, headers: { host: HOST, ...headers } };
    return await app.request(`${ORIGIN}${path}`, init);
  };
  return { ...world, ask };
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'];

test('what came through the tunnel gets 404 for every path, with the cookie and with a good link too', async () => {
  const { ask, enter, sessions } = served();
  const cookie = await enter();
  const link = `/enter?key=${sessions.invite()}`;
  for (const header of ['cf-connecting-ip', 'cf-ray', 'x-forwarded-for']) {
    for (const path of [...PATHS, link]) {
      for (const method of METHODS) {
        const headers = { cookie, origin: ORIGIN, [header]: '192.0.2.1' };
        const answer = await ask(path, headers, method);
        expect(answer.status, `${method} ${path}`).toBe(404);
        expect(await answer.text()).not.toMatch(/claudio/iu);
      }
    }
  }
  // And it was not used up by that.
  expect((await ask(link)).status).toBe(303);
});

test('a name of somebody else that leads here gets 404 for every path, with the cookie too', async () => {
  const { ask, enter } = served();
  const cookie = await enter();
  const names = ['evil.example', 'evil.example:8421', '127.0.0.1.evil.example:8421', 'localhost'];
  // Of another service on this machine.
  for (const host of [...names, '127.0.0.1:9999', '127.0.0.1', '']) {
    for (const path of PATHS) {
      const answer = await ask(path, { cookie, host, origin: `http://${host}` });
      expect(answer.status, `${host} ${path}`).toBe(404);
    }
  }
  expect((await ask('/checks', { cookie, host: 'localhost:8421' })).status).toBe(200);
});

test('a form that another site had the browser send gets 403, and so does one that does not say where it is from', async () => {
  const { ask, enter } = served();
  const cookie = await enter();
  const foreign = [
    'http://evil.example',
    'null',
    'http://127.0.0.1:9999',
    'https://127.0.0.1:8421',
  ];
  for (const path of PATHS) {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      for (const origin of foreign) {
        const headers = { cookie, origin, 'sec-fetch-site': 'cross-site' };
        expect((await ask(path, headers, method)).status, `${origin} ${path}`).toBe(403);
      }
      expect((await ask(path, { cookie }, method)).status, `${method} ${path}`).toBe(403);
      // All ports of a host are one site.
      const sameSite = { cookie, 'sec-fetch-site': 'same-site' };
      expect((await ask(path, sameSite, method)).status).toBe(403);
    }
  }
  // Nobody was turned out.
  expect((await ask('/checks', { cookie })).status).toBe(200);
  expect((await ask('/leave', { cookie, origin: ORIGIN }, 'POST')).status).toBe(303);
});

test('what is served says what a page may load, and that nobody may frame or keep it', async () => {
  const { ask, enter } = served();
  const cookie = await enter();
  for (const path of ['/', '/checks', '/nothing', '/live', '/assets/console/styles.css']) {
    for (const headers of [{ cookie }, {}]) {
      const answer = await ask(path, headers);
      const policy = answer.headers.get('content-security-policy') ?? '';
      for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]) {
        expect(policy, path).toContain(rule);
      }
      expect(policy).not.toContain('unsafe');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      await answer.body?.cancel();
    }
  }
  const page = await ask('/checks', { cookie });
  expect(page.headers.get('cache-control')).toBe('no-store');
  // Nothing that the policy would forbid.
  expect(await page.text()).not.toMatch(/<style|style="|<script>|onclick=|https?:\/\/(?!www\.w3)/u);
});

test('the webhook, /health and the tools answer as if there were no console, whoever asks', async () => {
  const { ask, enter } = served();
  const cookie = await enter();
  for (const headers of [{}, { cookie }, { cookie, origin: 'http://evil.example' }]) {
    expect((await ask(WEBHOOK, headers, 'POST')).status).toBe(401);
    expect((await ask(WEBHOOK, { ...headers, 'x-secret': 'right' }, 'POST')).status).toBe(400);
    expect((await ask('/mcp', headers, 'POST')).status).toBe(200);
    expect((await ask('/health', headers)).status).toBe(200);
    for (const [method, path] of [
      ['GET', WEBHOOK],
      ['PUT', WEBHOOK],
      ['POST', '/health'],
      ['DELETE', '/health'],
    ] as const) {
      const answer = await ask(path, headers, method);
      expect(answer.status, `${method} ${path}`).toBe(404);
      expect(await answer.text()).toBe('404 Not Found');
    }
  }
  const tunnel = { 'cf-ray': '1', host: 'claudio.example.com' };
  expect((await ask(WEBHOOK, { ...tunnel, 'x-secret': 'wrong' }, 'POST')).status).toBe(401);
  expect((await ask(WEBHOOK, tunnel)).status).toBe(404);
});
