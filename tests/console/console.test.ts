import { expect, test } from 'vitest';
import { PAGES } from '../../src/console/frame.tsx';
import { consoleWorld, eventsOf, HOST, ORIGIN, PORT, readable } from './world.ts';

const HOUR_MS = 3_600_000;

test('who came in sees every page, in a frame that leads to the others and out; nobody else sees any', async () => {
  const { ask, enter } = consoleWorld();
  const cookie = await enter();
  for (const { path, label } of PAGES) {
    const answer = await ask(path, { headers: { cookie } });
    expect(answer.status, path).toBe(200);
    const html = await answer.text();
    expect(html).toContain(`<a href="${path}" aria-current="page">${label}</a>`);
    for (const page of PAGES) expect(html).toContain(`<a href="${page.path}"`);
    expect(html.match(/<h1/gu)).toHaveLength(1);
    expect(html).toContain('<form method="post" action="/leave">');
    expect(html).toMatch(/<a id="health" href="\/checks"/u);

    const refused = await ask(path);
    expect(refused.status, path).toBe(401);
    const text = await refused.text();
    expect(text).toContain('claudio console');
    expect(text).not.toContain('href="/checks"');
  }
});

test('a path that is none is a page that says so for who is in, and 401 for who is not', async () => {
  const { ask, enter } = consoleWorld();
  const cookie = await enter();
  for (const path of ['/nothing', '/checks/1', '/turns', `/<script>alert(1)</script>`]) {
    const answer = await ask(path, { headers: { cookie } });
    expect(answer.status, path).toBe(404);
    const html = await answer.text();
    expect(html).toContain('There is no such page');
    expect(html).toContain('href="/checks"');
    expect(html).not.toContain('<script>');
    expect((await ask(path)).status, path).toBe(401);
  }
  const post = { method: 'POST', headers: { origin: ORIGIN } };
  expect((await ask('/nothing', post)).status).toBe(401);
  expect(
    (await ask('/nothing', { method: 'POST', headers: { ...post.headers, cookie } })).status,
  ).toBe(404);
});

test('the style and the scripts are for everybody, and nothing else is below their path', async () => {
  const { ask } = consoleWorld();
  expect((await ask('/assets/console/styles.css')).status).toBe(200);
  for (const path of ['/assets/', '/assets/checks', '/assets/../checks', '/assets/%2e%2e/checks']) {
    const answer = await ask(path);
    expect([401, 404], path).toContain(answer.status);
    expect(await answer.text()).not.toContain('href="/checks"');
  }
  const posted = await ask('/assets/anything', { method: 'POST', headers: { origin: ORIGIN } });
  expect(posted.status).toBe(404);
  expect(await posted.text()).not.toContain('href="/checks"');
});

test('the badge in the header of each page says how Claudio is; where nobody has looked yet, that is done after the page went out', async () => {
  const world = consoleWorld({ checks: { disk: { ok: true }, webhook: { ok: true } } });
  const badge = async () => /<a id="health"[^]*?<\/a>/u.exec(await world.page('/audit'))?.[0] ?? '';
  expect(await badge()).toMatch(/class="badge busy">Looking …/u);
  expect(world.history.failingCount()).toBeNull();
  await expect.poll(badge).toMatch(/class="badge ok">All well/u);
  world.setChecks({ disk: { ok: false }, webhook: { ok: false } });
  await world.health();
  expect(await badge()).toMatch(/class="badge bad">2 failing<span[^>]*> health checks</u);
});

test('a page that cannot be made says so in friendly words, within the frame, and is logged once', async () => {
  const { ask, enter, lines, database } = consoleWorld();
  const cookie = await enter();
  database.orm.$client.exec('ALTER TABLE projects RENAME TO elsewhere');
  const answer = await ask('/configuration', { headers: { cookie } });
  expect(answer.status).toBe(500);
  const html = await answer.text();
  expect(readable(html)).toContain('This page could not be made. Nothing was lost by that.');
  expect(html).toContain('href="/checks"');
  expect(html).not.toMatch(/projects|SQLITE/u);
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(lines).toMatchObject([{ event: 'console.broken', method: 'GET', path: '/configuration' }]);
  expect((await ask('/checks', { headers: { cookie } })).status).toBe(200);
});

test('where not even the sessions can be looked up, nobody is let in, and that is logged once', async () => {
  const { ask, enter, lines, database } = consoleWorld();
  const cookie = await enter();
  database.orm.$client.exec('ALTER TABLE console_keys RENAME TO elsewhere');
  const answer = await ask('/checks', { headers: { cookie } });
  expect(answer.status).toBe(500);
  const html = await answer.text();
  expect(html).toContain('could not be made');
  expect(html).not.toContain('href="/checks"');
  expect(lines).toHaveLength(1);
  expect(JSON.stringify(lines)).not.toContain(cookie.split('=')[1]);
});

test('a form that holds more than a form does is refused', async () => {
  const { ask, enter } = consoleWorld();
  const answer = await ask('/checks', {
    method: 'POST',
    headers: { cookie: await enter(), origin: ORIGIN },
    body: new URLSearchParams({ text: 'x'.repeat(70_000) }),
  });
  expect(answer.status).toBe(413);
});

test('the cookie has the port in its name, so that two services do not turn each other out, and goes to no other host', async () => {
  const { ask, sessions } = consoleWorld();
  const answer = await ask(`/enter?key=${sessions.invite()}`);
  expect(answer.status).toBe(303);
  expect(answer.headers.get('location')).toBe('/');
  const cookie = answer.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(new RegExp(`^claudio_console_${PORT}=[\\w-]{43}; `, 'u'));
  expect(cookie).toContain('Max-Age=43200');
  for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/']) {
    expect(cookie).toContain(attribute);
  }
  expect(cookie).not.toContain('Domain');
});

test('after twelve hours the cookie is refused, and Leave ends it at once', async () => {
  const { ask, enter, clock } = consoleWorld();
  const cookie = await enter();
  clock.advance(12 * HOUR_MS - 1);
  expect((await ask('/checks', { headers: { cookie } })).status).toBe(200);
  clock.advance(1);
  expect((await ask('/checks', { headers: { cookie } })).status).toBe(401);

  const [one, other] = [await enter(), await enter()];
  const left = await ask('/leave', { method: 'POST', headers: { cookie: one, origin: ORIGIN } });
  expect(left.status).toBe(303);
  expect(left.headers.get('set-cookie')).toMatch(/Max-Age=0/u);
  expect((await ask('/checks', { headers: { cookie: one } })).status).toBe(401);
  expect((await ask('/checks', { headers: { cookie: other } })).status).toBe(200);
});

test('a page that stayed open when its session was over is told nothing any more', async () => {
  const world = consoleWorld({ checks: { disk: { ok: true } } });
  const cookie = await world.enter();
  await world.health();
  const events = eventsOf(await world.ask('/live', { headers: { cookie, host: HOST } }));
  await events.until(/All well/u);
  await world.ask('/leave', { method: 'POST', headers: { cookie, origin: ORIGIN } });
  world.setChecks({ disk: { ok: false } });
  await world.health();
  world.changed();
  const { text, isOver } = await events.until(/1 failing/u);
  expect(isOver).toBe(true);
  expect(text).not.toContain('1 failing');
  expect(world.listeners.size).toBe(0);
});

test('a stream ends when the service stops', async () => {
  const world = consoleWorld();
  const cookie = await world.enter();
  const events = eventsOf(await world.ask('/live', { headers: { cookie } }));
  await events.until(/event: patch/u);
  world.ended.abort();
  expect((await events.until(/never/u)).isOver).toBe(true);
  expect(world.listeners.size).toBe(0);
});
