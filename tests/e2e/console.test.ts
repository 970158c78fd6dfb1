import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createTrial } from '../../src/app/service.ts';
import { createConsoleSessions } from '../../src/console/sessions.ts';
import { PAGES } from '../../src/console/frame.tsx';
import { systemClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/database/open.ts';
import { createAudit } from '../../src/policy/audit.ts';
import { claudio } from '../cli/claudio.ts';
import { eventsOf } from '../console/world.ts';
import { rawConnection, WEBHOOK_PATH } from './http.ts';
import { createWorld, type World } from './service.ts';

type Headers = Readonly<Record<string, string>>;

/** A service, and what a browser on its machine asks of it. */
async function consoleOf(prepare: (world: World) => void = () => undefined) {
  const world = await createWorld({ claude: 'instant' });
  prepare(world);
  const url = `http://127.0.0.1:${world.port}`;
  const ask = (path: string, headers: Headers = {}, method = 'GET') =>
    fetch(url + path, { method, headers, redirect: 'manual' });
  const invite = (): string => {
    const database = openDatabase(join(world.home, 'claudio.db'), 'share');
    try {
      const clock = systemClock;
      return createConsoleSessions(database, clock, createAudit({ database, clock })).invite();
    } finally {
      database.close();
    }
  };
  const enter = async (): Promise<string> => {
    const answer = await ask(`/enter?key=${invite()}`);
    return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  };
  return { world, url, ask, invite, enter };
}

test('who has no cookie is told how to get one; a link of `claudio console` leads in once; Leave ends it', async () => {
  const { world, url, ask } = await consoleOf();
  await world.start();
  for (const { path } of PAGES) {
    const answer = await ask(path);
    expect(answer.status, path).toBe(401);
    expect(await answer.text()).toContain('claudio console');
  }
  const { stdout } = await claudio(['console'], world.environment);
  const link = (stdout.split('\n')[0] ?? '').slice(url.length);
  const entered = await ask(link);
  expect([entered.status, entered.headers.get('location')]).toEqual([303, '/']);
  expect((await ask(link)).status).toBe(403);
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  for (const { path } of PAGES) {
    const answer = await ask(path, { cookie });
    expect(answer.status, path).toBe(200);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/u);
    await answer.text();
  }
  expect((await ask('/leave', { cookie, origin: url }, 'POST')).status).toBe(303);
  expect((await ask('/', { cookie })).status).toBe(401);
});

test('through the tunnel, by another name and from another site there is no console, with the cookie too', async () => {
  const { world, url, ask, enter, invite } = await consoleOf();
  await world.start();
  const cookie = await enter();
  const link = `/enter?key=${invite()}`;
  for (const path of [
    ...PAGES.map((page) => page.path),
    '/live',
    '/assets/pages/styles.css',
    link,
  ]) {
    for (const header of ['cf-connecting-ip', 'cf-ray', 'x-forwarded-for']) {
      expect((await ask(path, { cookie, [header]: '192.0.2.1' })).status, path).toBe(404);
    }
    const rebound = await rawConnection(
      world.port,
      `GET ${path} HTTP/1.1\r\nHost: evil.example:${world.port}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
    );
    expect((await rebound.over).text, path).toMatch(/^HTTP\/1\.1 404 /u);
  }
  expect((await ask('/leave', { cookie }, 'POST')).status).toBe(403);
  const foreign = { cookie, origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' };
  expect((await ask('/leave', foreign, 'POST')).status).toBe(403);
  expect((await ask('/', { cookie })).status).toBe(200);
  expect((await ask(link)).status).toBe(303);
  expect(url).toContain(String(world.port));
});

test('/health, the tools and the webhook answer as ever, also to a POST that does not say where it is from', async () => {
  const { world, ask } = await consoleOf();
  await world.start();
  expect((await ask('/health')).status).toBe(200);
  expect((await ask('/health', {}, 'POST')).status).toBe(404);
  expect((await ask('/mcp', {}, 'POST')).status).toBe(401);
  expect((await ask(WEBHOOK_PATH, {}, 'POST')).status).toBe(401);
  expect((await ask(WEBHOOK_PATH)).status).toBe(404);
  const through = { 'cf-ray': '1', 'x-telegram-bot-api-secret-token': 'e2e-secret' };
  expect((await ask(WEBHOOK_PATH, through, 'POST')).status).toBe(400);
});

test('a restart of the service keeps the session, and shows how the one before ended', async () => {
  const { world, ask, enter } = await consoleOf();
  const first = await world.start();
  const cookie = await enter();
  first.signal('SIGKILL');
  await first.exit;
  await world.start();
  const answer = await ask('/checks', { cookie });
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('Died');
});

test('an open page keeps the service from nothing: it stops within two seconds, whether the page reads or not', async () => {
  const { world, ask, enter } = await consoleOf();
  const service = await world.start();
  const cookie = await enter();
  const pages = await Promise.all(
    ['/live', '/live/now', '/live/checks'].map(async (path) =>
      eventsOf(await ask(path, { cookie })),
    ),
  );
  for (const page of pages) await page.until(/event: patch/u);
  const deaf = await rawConnection(
    world.port,
    `GET /live/now HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nCookie: ${cookie}\r\n\r\n`,
  );
  await deaf.until(/event: patch/u);
  deaf.socket.pause();

  const fromMs = performance.now();
  service.signal('SIGTERM');
  const ends = pages.map((page) => page.until(/never/u));
  expect(await service.exit).toEqual({ code: 0, signal: null });
  expect(performance.now() - fromMs).toBeLessThan(2000);
  for (const { isOver } of await Promise.all(ends)) expect(isOver).toBe(true);
  expect(service.log.filter(({ level }) => level === 'error' || level === 50)).toEqual([]);
});

test('a version that is only tried out shows no pages: what is done there might be undone', async () => {
  const { world, ask } = await consoleOf(({ home }) => mkdirSync(home, { mode: 0o700 }));
  const trial = await createTrial(world.environment);
  onTestFinished(() => trial.stop());
  expect(await (await ask('/health')).json()).toMatchObject({ home: world.home });
  for (const path of ['/', '/checks', '/enter?key=x', '/assets/pages/styles.css']) {
    expect((await ask(path)).status, path).toBe(404);
  }
});
