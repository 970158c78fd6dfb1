import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createEntrance, type Sessions } from '../../src/pages/entrance.tsx';

const LASTS_MS = 12 * 3_600_000;
const REFUSED = 'Ask for a link: <script>alert(1)</script>';
const ESCAPED = 'Ask for a link: &lt;script&gt;alert(1)&lt;/script&gt;';

/** Keys count once; what is in `open` are tokens. */
function createSessions(...keys: readonly string[]): Sessions & { readonly tokens: Set<string> } {
  const unused = new Set(keys);
  const tokens = new Set<string>();
  return {
    tokens,
    lastsMs: LASTS_MS,
    open: (key) => {
      if (!unused.delete(key)) return null;
      tokens.add(`token-of-${key}`);
      return `token-of-${key}`;
    },
    isOpen: (token) => tokens.has(token),
    end: (token) => void tokens.delete(token),
  };
}

function createPages(sessions: Sessions) {
  const app = new Hono();
  app.route(
    '/',
    createEntrance({
      sessions,
      cookie: () => 'claudio_8787',
      title: 'Claudio',
      refused: REFUSED,
    }),
  );
  app.all('/', (context) => context.text('inside'));
  app.get('/assets/pages/styles.css', (context) => context.text('everybody'));
  return { app };
}

const cookieOf = (response: Response): string =>
  (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';

test('a link leads in once: it gives a cookie for as long as the session lasts, and no script can read it', async () => {
  const sessions = createSessions('good');
  const { app } = createPages(sessions);
  const entered = await app.request('/enter?key=good');
  expect(entered.status).toBe(303);
  expect(entered.headers.get('location')).toBe('/');
  expect(entered.headers.get('set-cookie')).toBe(
    'claudio_8787=token-of-good; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict',
  );
  const inside = await app.request('/', { headers: { cookie: cookieOf(entered) } });
  expect(await inside.text()).toBe('inside');

  const again = await app.request('/enter?key=good');
  expect(again.status).toBe(403);
  expect(again.headers.get('set-cookie')).toBeNull();
});

test('a wrong key is not told from one that was used, nor from none', async () => {
  const { app } = createPages(createSessions('good'));
  await app.request('/enter?key=good');
  const answers = await Promise.all(
    ['?key=good', '?key=never', '?key=', '', '?key=%00', `?key=${'x'.repeat(4000)}`].map(
      async (query) => {
        const response = await app.request(`/enter${query}`);
        return [response.status, Object.fromEntries(response.headers), await response.text()];
      },
    ),
  );
  expect(answers[0]?.[0]).toBe(403);
  expect(answers[0]?.[2]).toContain(`This link leads in no more, if it ever did. ${ESCAPED}`);
  for (const answer of answers) expect(answer).toEqual(answers[0]);
});

test('who is inside already gets there also with an old link, and a new one replaces the session', async () => {
  const sessions = createSessions('first', 'second');
  const { app } = createPages(sessions);
  const cookie = cookieOf(await app.request('/enter?key=first'));
  const old = await app.request('/enter?key=first', { headers: { cookie } });
  expect([old.status, old.headers.get('location')]).toEqual([303, '/']);
  expect(old.headers.get('set-cookie')).toBeNull();

  const renewed = await app.request('/enter?key=second', { headers: { cookie } });
  expect(cookieOf(renewed)).toBe('claudio_8787=token-of-second');
  expect([...sessions.tokens]).toEqual(['token-of-second']);
});

test.each([
  ['HEAD', {}, 204],
  ['GET', { 'sec-purpose': 'prefetch' }, 503],
  ['GET', { 'sec-purpose': 'prefetch;prerender' }, 503],
  ['GET', { purpose: 'prefetch' }, 503],
  ['GET', { 'x-moz': 'prefetch' }, 503],
  ['GET', { 'x-purpose': 'preview' }, 503],
])('looking ahead does not use up a link: %s with %o', async (method, headers, status) => {
  const sessions = createSessions('good');
  const { app } = createPages(sessions);
  const ahead = await app.request('/enter?key=good', { method, headers });
  expect(ahead.status).toBe(status);
  expect(ahead.headers.get('set-cookie')).toBeNull();
  const never = await app.request('/enter?key=never', { method, headers });
  expect([never.status, await never.text()]).toEqual([status, await ahead.text()]);
  expect([...sessions.tokens]).toEqual([]);
  expect((await app.request('/enter?key=good')).status).toBe(303);
});

test('who comes from a link of another site is led on by a page, since the cookie does not come along before', async () => {
  const { app } = createPages(createSessions('good'));
  const entered = await app.request('/enter?key=good', {
    headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
  });
  expect(entered.status).toBe(200);
  expect(cookieOf(entered)).toBe('claudio_8787=token-of-good');
  const html = await entered.text();
  expect(html).toContain('<meta http-equiv="refresh" content="0; url=/"/>');
  expect(html).toContain('<a href="/">');
});

test.each([
  ['no cookie', {}],
  ['a made-up cookie', { cookie: 'claudio_8787=made-up' }],
  ['the cookie of another port', { cookie: 'claudio_8788=token-of-good' }],
  ['an empty cookie', { cookie: 'claudio_8787=' }],
])('others get 401 and are told where links come from: %s', async (_, headers) => {
  const { app } = createPages(createSessions('good'));
  await app.request('/enter?key=good');
  for (const path of ['/', '/nowhere', '/live']) {
    const page = await app.request(path, {
      headers: { ...headers, accept: 'text/html,*/*;q=0.8' },
    });
    expect(page.status).toBe(401);
    expect(page.headers.get('content-type')).toBe('text/html; charset=UTF-8');
    expect(await page.text()).toContain(`<p role="alert">${ESCAPED}</p>`);
  }
  for (const method of ['POST', 'HEAD', 'DELETE']) {
    expect((await app.request('/', { method, headers })).status).toBe(401);
  }
  expect(await (await app.request('/assets/pages/styles.css', { headers })).text()).toBe(
    'everybody',
  );
});

test.each(['text/event-stream', 'text/plain'])(
  'a script that asks for %s without a session gets a plain 401',
  async (accept) => {
    const { app } = createPages(createSessions());
    const response = await app.request('/live', { headers: { accept } });
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=UTF-8');
    expect(await response.text()).toBe(REFUSED);
  },
);

test('a session that is over by time leads nowhere any more', async () => {
  const sessions = createSessions('good');
  const { app } = createPages(sessions);
  const headers = { cookie: cookieOf(await app.request('/enter?key=good')) };
  expect((await app.request('/', { headers })).status).toBe(200);
  sessions.tokens.clear();
  expect((await app.request('/', { headers })).status).toBe(401);
});

test('who leaves ends the session and gives the cookie back; only a form does that', async () => {
  const sessions = createSessions('good');
  const { app } = createPages(sessions);
  const headers = { cookie: cookieOf(await app.request('/enter?key=good')) };
  expect((await app.request('/leave', { headers })).status).toBe(404);
  const left = await app.request('/leave', { method: 'POST', headers });
  expect([left.status, left.headers.get('location')]).toEqual([303, '/']);
  expect(left.headers.get('set-cookie')).toBe('claudio_8787=; Max-Age=0; Path=/');
  expect([...sessions.tokens]).toEqual([]);
  expect((await app.request('/', { headers })).status).toBe(401);
  expect((await app.request('/leave', { method: 'POST', headers })).status).toBe(401);
});

test('another cookie of its name, which every port of the host can set, keeps nobody out and lets nobody in', async () => {
  const sessions = createSessions('good');
  const { app } = createPages(sessions);
  const own = cookieOf(await app.request('/enter?key=good'));
  const statusWith = async (cookie: string) =>
    (await app.request('/', { headers: { cookie } })).status;
  for (const other of ['claudio_8787=made-up', 'claudio_8787', 'claudio_8787=', '=', ';']) {
    expect(await statusWith(`${other}; ${own}`), other).toBe(200);
    expect(await statusWith(`${own};${other}`), other).toBe(200);
    expect(await statusWith(other), other).toBe(401);
  }
  expect(await statusWith(`x${own}`)).toBe(401);
  expect(await statusWith(`${'claudio_8787=made-up; '.repeat(1000)}${own}`)).toBe(401);
});
