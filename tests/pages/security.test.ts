import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { guardPages, isFromTunnel } from '../../src/pages/security.ts';

const PORT = 8787;
const HOST = `127.0.0.1:${PORT}`;

const served = app();

function app(port = PORT): Hono {
  const pages = new Hono();
  pages.use(guardPages(() => port));
  pages.all('/', (context) => context.text('inside'));
  pages.get('/kept', (context) => context.body('x', 200, { 'cache-control': 'no-cache' }));
  pages.get('/broken', () => {
    throw new Error('broken');
  });
  pages.onError((_, context) => context.text('broken', 500));
  return pages;
}

/** Without a Host where none is given. */
async function ask(
  method: string,
  headers: Readonly<Record<string, string>>,
  path = '/',
  pages = served,
): Promise<Response> {
  return await pages.request(path, { method, headers });
}

const METHODS = ['GET', 'HEAD', 'POST', 'DELETE'] as const;
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

const HOSTS: readonly (readonly [host: string | null, isOurs: boolean])[] = [
  [HOST, true],
  [`localhost:${PORT}`, true],
  [`LOCALHOST:${PORT}`, true],
  [`[::1]:${PORT}`, false],
  ['127.0.0.1', false],
  ['localhost', false],
  ['127.0.0.1:8788', false],
  ['localhost:80', false],
  [`rebound.test:${PORT}`, false],
  [`localhost.rebound.test:${PORT}`, false],
  [`rebound.test@127.0.0.1:${PORT}`, false],
  [`127.0.0.1:${PORT},rebound.test`, false],
  [`localhost.:${PORT}`, false],
  ['', false],
  [null, false],
];

const ORIGINS: readonly (readonly [origin: (host: string) => string | null, isOwn: boolean])[] = [
  [() => null, true],
  [(host) => `http://${host.toLowerCase()}`, true],
  [() => 'null', false],
  [() => '', false],
  [(host) => `https://${host}`, false],
  [(host) => `http://${host.replace(/\d+$/u, '8788')}`, false],
  [(host) => `http://${host.replace(/:\d+$/u, '')}`, false],
  [(host) => `http://${host.startsWith('127') ? `localhost:${PORT}` : HOST}`, false],
  [() => 'https://example.com', false],
  [() => `http://rebound.test:${PORT}`, false],
];

type Fetch = Readonly<Record<string, string>>;
const FETCHES: readonly (readonly [headers: Fetch, isOwn: boolean])[] = [
  [{}, true],
  [{ 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, true],
  [{ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, true],
  [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }, false],
  [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate' }, true],
  [
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    false,
  ],
  [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, false],
  [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'websocket' }, false],
  [{ 'sec-fetch-site': 'cross-site' }, false],
  [
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    true,
  ],
  [
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    false,
  ],
  [
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'embed' },
    false,
  ],
];

const TUNNELS: readonly Readonly<Record<string, string>>[] = [
  {},
  { 'cf-connecting-ip': '203.0.113.7' },
  { 'cf-ray': '1' },
  { 'x-forwarded-for': '127.0.0.1' },
];

const CASES = METHODS.flatMap((method) =>
  HOSTS.flatMap(([host, isOurs]) =>
    ORIGINS.flatMap(([originOf, isOwnOrigin]) =>
      FETCHES.flatMap(([fetched, isOwnFetch]) =>
        TUNNELS.map((tunnel) => {
          const origin = originOf(host ?? '');
          const isOwn = origin === null ? READING.has(method) && isOwnFetch : isOwnOrigin;
          const isHidden = !isOurs || Object.keys(tunnel).length > 0;
          const headers = {
            ...(host === null ? {} : { host }),
            ...(origin === null ? {} : { origin }),
            ...fetched,
            ...tunnel,
          };
          return { method, headers, status: isHidden ? 404 : isOwn ? 200 : 403 };
        }),
      ),
    ),
  ),
);

test('only what this machine asks for on its own page comes in: method, Host, Origin, Sec-Fetch-* and tunnel', async () => {
  const wrong: unknown[] = [];
  for (const { method, headers, status } of CASES) {
    const response = await ask(method, headers);
    if (response.status !== status) wrong.push({ method, headers, status, got: response.status });
    if (response.headers.get('content-security-policy') === null) wrong.push({ method, headers });
  }
  expect(wrong).toEqual([]);
  expect(CASES.length).toBe(28_800);
  const counts = Map.groupBy(CASES, ({ status }) => status);
  for (const status of [200, 403, 404]) expect(counts.get(status)?.length).toBeGreaterThan(100);
});

test('at port 80, whose number browsers leave out, a host without one is ours', async () => {
  const pages = app(80);
  for (const host of ['127.0.0.1', 'localhost', 'localhost:80']) {
    expect((await ask('GET', { host }, '/', pages)).status).toBe(200);
    const origin = `http://${host}`;
    expect((await ask('POST', { host, origin }, '/', pages)).status).toBe(200);
  }
});

test('the port is asked for with each request', async () => {
  let port = 1;
  const pages = new Hono();
  pages.use(guardPages(() => port));
  pages.get('/', (context) => context.text('inside'));
  const status = async () => (await pages.request('/', { headers: { host: HOST } })).status;
  expect(await status()).toBe(404);
  port = PORT;
  expect(await status()).toBe(200);
});

test.each([
  ['a page', 200, '/', { host: HOST }],
  ['no page', 404, '/nowhere', { host: HOST }],
  ['what is hidden from others', 404, '/', { host: 'rebound.test' }],
  ['what came from another site', 403, '/', { host: HOST, origin: 'https://example.com' }],
  ['what broke', 500, '/broken', { host: HOST }],
])('each answer says what it may load: %s (%i)', async (_, status, path, headers) => {
  const response = await ask('GET', headers, path);
  expect(response.status).toBe(status);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  });
  const policy = response.headers.get('content-security-policy') ?? '';
  const rules = new Map(
    policy.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1)]),
  );
  expect(rules.get('default-src')).toEqual(["'none'"]);
  expect(rules.get('script-src')).toEqual(["'self'"]);
  expect(rules.get('style-src')).toEqual(["'self'"]);
  expect(rules.get('connect-src')).toEqual(["'self'"]);
  expect(rules.get('form-action')).toEqual(["'self'"]);
  expect(rules.get('base-uri')).toEqual(["'none'"]);
  expect(rules.get('frame-ancestors')).toEqual(["'none'"]);
  expect(policy).not.toMatch(/unsafe|nonce|https?:|\*/u);
});

test('what may be kept is not forbidden to be kept', async () => {
  const response = await ask('GET', { host: HOST }, '/kept');
  expect(response.headers.get('cache-control')).toBe('no-cache');
});

test('a hidden page answers as if there were none at all', async () => {
  const hidden = await ask('GET', { host: HOST, 'cf-ray': '1' });
  const missing = await ask('GET', { host: HOST }, '/nowhere');
  expect(await hidden.text()).toBe(await missing.text());
  expect(Object.fromEntries(hidden.headers)).toEqual(Object.fromEntries(missing.headers));
});

test('a request is from the tunnel when Cloudflare says so in any of its headers', async () => {
  const pages = new Hono();
  pages.get('/', (context) => context.json(isFromTunnel(context)));
  for (const headers of TUNNELS) {
    const said: unknown = await (await pages.request('/', { headers })).json();
    expect(said).toBe(Object.keys(headers).length > 0);
  }
});
