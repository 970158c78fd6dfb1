import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { listen } from '../../src/http/server.ts';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { PLAYGROUND_STYLES } from '../../src/playground/styles.ts';
import { ogg, png } from '../support/files.ts';
import { testDatabase } from '../support/database.ts';
import { enter, KEY, ORIGIN, pageWorld, type PageWorld } from './page-world.ts';

const HOSTILE = `"><img src=x onerror=alert(1)><script>alert(2)</script>`;
const HOST = ORIGIN.slice('http://'.length);

afterEach(() => {
  vi.useRealTimers();
});

interface Patch {
  readonly id: string;
  readonly html: string | null;
  readonly into?: string;
}

/** A browser that looks at the page: its elements, by their ids, as the stream has them. */
async function watch(world: PageWorld) {
  const response = await world.get('/live', { accept: 'text/event-stream' });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const elements = new Map<string, string>();
  const waiting = new Set<() => void>();
  const patchCounts = new Map<string, number>();
  let isOver = false;
  const read = async (): Promise<void> => {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) {
      rest += decoder.decode(piece, { stream: true });
      const events = rest.split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) {
        const [, data] = /^event: patch\ndata: (.*)$/u.exec(event) ?? [];
        if (data === undefined) continue;
        const { id, html } = JSON.parse(data) as Patch;
        patchCounts.set(id, (patchCounts.get(id) ?? 0) + 1);
        if (html === null) elements.delete(id);
        else elements.set(id, html);
      }
      for (const look of waiting) look();
    }
    isOver = true;
    for (const look of waiting) look();
  };
  const reading = read();
  onTestFinished(async () => {
    world.ended.abort();
    await reading;
  });
  return {
    elements,
    patchCounts,
    isOver: () => isOver,
    until: (look: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const attempt = (): void => {
          if (!look()) return;
          waiting.delete(attempt);
          resolve();
        };
        waiting.add(attempt);
        attempt();
      }),
  };
}

describe('the way in', () => {
  test('is the link, which leads in as long as the playground runs: a second browser too', async () => {
    const { app } = await pageWorld();
    const cookies = [await enter(app), await enter(app)];
    expect(new Set(cookies).size).toBe(2);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^claudio_playground_4001=[\w-]{40,}$/u);
      const page = await app.request(`${ORIGIN}/`, { headers: { host: HOST, cookie } });
      expect(page.status).toBe(200);
    }
  });

  test.each([
    ['no cookie', '/', ''],
    ['a made-up cookie', '/', 'claudio_playground_4001=made-up'],
    ['no cookie for the stream', '/live', ''],
  ])('is closed with %s', async (_, path, cookie) => {
    const { app } = await pageWorld();
    const answer = await app.request(`${ORIGIN}${path}`, {
      headers: { host: HOST, cookie, accept: 'text/html' },
    });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain('Open the link that `claudio playground` has printed');
  });

  test.each(['', 'wrong', `${KEY}x`])('is closed with the key %j', async (key) => {
    const { app } = await pageWorld();
    const answer = await app.request(`${ORIGIN}/enter?key=${key}`, { headers: { host: HOST } });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  test.each(['/send', '/voice', '/react', '/press', '/fault/kill'])(
    'is closed for forms to %s from other sites, and for those without a session',
    async (path) => {
      const world = await pageWorld();
      const foreign = await world.post(path, { text: 'hello' }, { origin: 'http://127.0.0.1:1' });
      expect(foreign.status).toBe(403);
      const stranger = await world.post(path, { text: 'hello' }, { cookie: '' });
      expect(stranger.status).toBe(401);
      expect(world.api.messages()).toEqual([]);
      expect(world.killCount()).toBe(0);
    },
  );

  test('shows nothing to those without a session below the path of what is open to everybody either', async () => {
    const world = await pageWorld();
    world.api.updates.text('for nobody else');
    const outside = { cookie: '', 'content-length': '999999999' };
    const answer = await world.post('/assets/anything', {}, outside);
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain('for nobody else');
    expect((await world.get('/assets/anything', { cookie: '' })).status).toBe(404);
  });

  test('does not exist under another name, nor for what came through a tunnel', async () => {
    const world = await pageWorld();
    for (const headers of [
      { host: 'playground.example' },
      { host: '127.0.0.1:1' },
      { 'cf-connecting-ip': '192.0.2.1' },
    ]) {
      expect((await world.get('/', headers)).status).toBe(404);
    }
  });
});

describe('the page', () => {
  test('loads nothing but its own files, has no script or style in it, and may use the microphone', async () => {
    const world = await pageWorld();
    world.api.updates.text(HOSTILE);
    const answer = await world.get('/');
    expect(answer.headers.get('content-security-policy')).toContain("media-src 'self' blob:");
    expect(answer.headers.get('permissions-policy')).toBe('microphone=(self)');
    const html = await answer.text();
    expect(html).not.toContain(HOSTILE);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+="/u);
    expect(html.match(/<script[^>]*>/gu)).toEqual([
      '<script type="module" src="/assets/pages/client/live.js">',
      '<script type="module" src="/assets/playground/client/composer.js">',
    ]);
    const links = [...html.matchAll(/\s(?:src|href|action)="([^"]+)"/gu)].map(([, to]) => to ?? '');
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((to) => !/^[/#]|^data:image\/svg/u.test(to))).toEqual([]);
  });

  test('has one heading above all, one element an id, and a name for each field and button', async () => {
    const world = await pageWorld();
    await world.post('/send', {
      text: 'hello',
      files: [new File([new Uint8Array(png(2, 2))], 'a.png')],
    });
    await world.call('sendMessage', {
      chat_id: OWNER.id,
      text: 'Which?',
      reply_markup: { inline_keyboard: [[{ text: 'Go', callback_data: 'go' }]] },
    });
    const html = await world.html('/?reply=1');
    expect(html.match(/<h1/gu)).toHaveLength(1);
    expect(html.match(/<h[1-6]/gu)).toEqual(['<h1', '<h2', '<h3', '<h3']);
    const ids = [...html.matchAll(/\sid="([^"]+)"/gu)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(20);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [button, inside = ''] of html.matchAll(/<button[^>]*>(.*?)<\/button>/gsu)) {
      const words = inside.replaceAll(/<span aria-hidden="true">.*?<\/span>|<[^>]+>/gu, '');
      expect(words.trim(), button).not.toBe('');
    }
    for (const [, id] of html.matchAll(
      /(?:for|aria-controls|aria-describedby|aria-labelledby)="([^"]+)"/gu,
    )) {
      expect(ids).toContain(id);
    }
  });

  test('is small: its style sheet below 4 KB compressed, its scripts below 5 KB, and all of it below 60 KB with a hundred bubbles', async () => {
    const world = await pageWorld();
    for (let count = 0; count < 100; count += 1) {
      world.api.updates.text(`message ${count}: ${'some words that differ '.repeat(count % 7)}`);
    }
    const size = async (path: string): Promise<number> => {
      const answer = await world.get(path);
      expect(answer.status, path).toBe(200);
      return gzipSync(await answer.arrayBuffer()).byteLength;
    };
    expect(gzipSync(PLAYGROUND_STYLES).byteLength).toBeLessThan(4_096);
    const scripts = ['composer', 'commands', 'post', 'voice'].map(
      (name) => `playground/client/${name}.js`,
    );
    const own = await Promise.all(scripts.map((path) => size(`/assets/${path}`)));
    const ownBytes = own.reduce((sum, bytes) => sum + bytes, 0);
    expect(ownBytes).toBeLessThan(5 * 1_024);
    const rest = await Promise.all(
      ['/', '/assets/pages/styles.css', '/assets/playground/styles.css'].map(size),
    );
    expect(rest.reduce((sum, bytes) => sum + bytes, ownBytes)).toBeLessThan(60 * 1_024);
  });

  test('tells who answers: the echo, why, and what to do about it', async () => {
    const world = await pageWorld();
    expect(await world.html()).toContain('Start the playground with <code>--agent claude</code>');
    world.settings.agent = { kind: 'echo', remedy: `Claude Code was not found ${HOSTILE}.` };
    const html = await world.html();
    expect(html).toContain('The echo answers here, not Claude.');
    expect(html).toContain('Claude Code was not found &quot;&gt;&lt;img');
    world.settings.agent = { kind: 'echo', remedy: 'Get it (https://x.org/y) or run `claude`.' };
    expect(await world.html()).toMatch(
      /\(<a href="https:\/\/x\.org\/y" [^>]*>https:\/\/x\.org\/y<\/a>\) or run <code>claude<\/code>\./u,
    );
    world.settings.agent = { kind: 'claude', remedy: null };
    expect(await world.html()).not.toContain('echo');
  });

  test('tells how the service is, and the last lines of its log', async () => {
    const world = await pageWorld();
    expect(await world.html()).toContain('process 4711, started once');
    world.settings.service = {
      ...world.settings.service,
      state: 'down',
      pid: null,
      startCount: 3,
      lastEnd: 'It was killed.',
    };
    world.settings.log = Array.from({ length: 40 }, (_, index) => ({
      atMs: index,
      level: 'info',
      event: `event.${index}`,
      fields: { text: HOSTILE },
    }));
    const html = await world.html();
    expect(html).toMatch(
      /<span class="badge bad">down<\/span>.*started 3 times.*It was killed\./su,
    );
    expect(html).not.toContain('event.9 ');
    expect(html).toContain('00:00:00.039 info  event.39 {&quot;text&quot;');
    expect(html).not.toContain(HOSTILE);
  });

  test('leads into the console of the service, as long as that runs', async () => {
    const world = await pageWorld();
    const answer = await world.get('/console');
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      'http://127.0.0.1:4002/enter?key=of-the-console',
    ]);
    world.settings.service = { ...world.settings.service, state: 'starting' };
    expect((await world.get('/console')).status).toBe(503);
    expect(await world.html()).not.toContain('href="/console"');
  });

  test('says what went wrong when it cannot be drawn', async () => {
    const world = await pageWorld();
    const database = testDatabase();
    world.settings.database = database;
    world.api.updates.text('hello');
    expect((await world.get('/')).status).toBe(200);
    database.orm.$client.exec('DROP TABLE boots');
    const answer = await world.get('/');
    expect(answer.status).toBe(500);
    expect(await answer.text()).toContain('Something went wrong in the playground itself');
  });
});

describe('the faults', () => {
  test('are forms with a word about each, and show which is in force', async () => {
    const world = await pageWorld();
    const fault = async () =>
      /<li id="fault-bad-gateway">.*?<\/li>/su.exec(await world.html())?.[0] ?? '';
    expect(await fault()).toContain('action="/fault/bad-gateway" data-quiet');
    expect(await fault()).toMatch(/aria-describedby="about-bad-gateway".*id="about-bad-gateway"/su);
    expect(await fault()).not.toContain('badge');
    expect((await world.post('/fault/bad-gateway', {})).status).toBe(303);
    expect(await fault()).toContain('<span class="badge warn">now</span>');
    await world.post('/fault/bad-gateway', {});
    expect(await fault()).not.toContain('badge');
  });

  test('429 meets what is sent to stay, and no sign of life', async () => {
    const world = await pageWorld();
    await world.post('/fault/rate-limited', {});
    const message = { chat_id: OWNER.id, text: 'hello' };
    await world.call('sendChatAction', { chat_id: OWNER.id, action: 'typing' });
    await world.call('sendMessage', { ...message, disable_notification: true });
    await world.call('sendMessage', message);
    expect(world.api.calls.map(({ status }) => status)).toEqual([200, 200, 429]);
  });

  test('happen at the press of their button; others do not exist', async () => {
    const world = await pageWorld();
    expect((await world.post('/fault/kill', {})).status).toBe(303);
    expect(world.killCount()).toBe(1);
    expect((await world.post('/fault/none', {})).status).toBe(404);
    expect((await world.get('/fault/kill')).status).toBe(404);
    expect(world.killCount()).toBe(1);
  });

  test('say why where there is nothing to be sent again: in a sentence, or on the page', async () => {
    const world = await pageWorld();
    const quiet = await world.post('/fault/same-update', {}, { accept: 'text/plain' });
    expect(quiet.status).toBe(400);
    const sentence = await quiet.text();
    expect(sentence).toMatch(/^No update has been acknowledged yet\. Send a message first/u);
    const page = await world.post('/fault/same-update', {});
    expect(page.status).toBe(400);
    expect(await page.text()).toMatch(/role="alert">\s*No update has been acknowledged yet/u);
  });
});

describe('a file', () => {
  test.each([
    ['a picture', png(2, 2), 'evil.html', 'image/png', 'inline'],
    ['a sound', ogg(), 'evil.html', 'audio/ogg', 'inline'],
    [
      'a page',
      Buffer.from('<script>alert(1)</script>'),
      'a.html',
      'application/octet-stream',
      'attachment',
    ],
    [
      'a drawing with a script',
      Buffer.from('<svg onload="alert(1)">'),
      'a.svg',
      'application/octet-stream',
      'attachment',
    ],
    [
      'what only begins so',
      Buffer.from('GIF87 <script>'),
      'a.gif',
      'application/octet-stream',
      'attachment',
    ],
  ])('%s is served as what it is, and nothing as a page', async (_, content, name, type, how) => {
    const world = await pageWorld();
    world.api.updates.document({ content, fileName: name, mimeType: 'text/html' });
    const [, path = ''] = /href="(\/files\/[^"]+)"/u.exec(await world.html()) ?? [];
    const answer = await world.get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('content-disposition')).toBe(`${how}; filename*=UTF-8''${name}`);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(content);
  });

  test('keeps its name, whatever is in it', async () => {
    const world = await pageWorld();
    world.api.updates.document({ content: Buffer.from('x'), fileName: `a"\r\nb: c'ä\uD800.txt` });
    const [, path = ''] = /href="(\/files\/[^"]+)"/u.exec(await world.html()) ?? [];
    const answer = await world.get(path);
    expect(answer.headers.get('content-disposition')).toBe(
      "attachment; filename*=UTF-8''a%22%0D%0Ab%3A%20c%27%C3%A4%EF%BF%BD.txt",
    );
  });

  test.each([
    ['bytes=1-2', 206, 'bytes 1-2/5', 'bc'],
    ['bytes=3-', 206, 'bytes 3-4/5', 'de'],
    ['bytes=-2', 206, 'bytes 3-4/5', 'de'],
    ['bytes=0-99', 206, 'bytes 0-4/5', 'abcde'],
    ['bytes=9-', 416, 'bytes */5', ''],
    ['bytes=-0', 416, 'bytes */5', ''],
    ['lines=1-2', 200, null, 'abcde'],
    ['bytes=0-1,3-4', 200, null, 'abcde'],
  ])('is served in parts, as players ask for it: %s', async (range, status, told, body) => {
    const world = await pageWorld();
    world.api.updates.document({ content: Buffer.from('abcde') });
    const [, path = ''] = /href="(\/files\/[^"]+)"/u.exec(await world.html()) ?? [];
    const answer = await world.get(path, { range });
    expect([answer.status, answer.headers.get('content-range'), await answer.text()]).toEqual([
      status,
      told,
      body,
    ]);
  });

  test('is not to be had where there is none', async () => {
    const world = await pageWorld();
    world.api.updates.text('no file');
    world.api.updates.document();
    const [, path = ''] = /href="(\/files\/[^"]+)\/2"/u.exec(await world.html()) ?? [];
    expect((await world.get(`${path}/2`)).status).toBe(200);
    for (const wrong of [`${path}/1`, `${path}/99`, `${path}/0`, '/files/other/2']) {
      expect((await world.get(wrong)).status).toBe(404);
    }
  });
});

describe('what is live', () => {
  test('shows what happens as it happens, in every browser', async () => {
    const world = await pageWorld();
    const [one, two] = [await watch(world), await watch(world)];
    for (const { until, elements } of [one, two]) await until(() => elements.has('hello'));
    await world.post('/send', { text: 'hello' });
    await world.call('sendMessage', { chat_id: OWNER.id, text: HOSTILE });
    for (const { until, elements } of [one, two]) {
      await until(() => elements.has('m1') && elements.has('m2') && elements.has('way1'));
      await until(() => !elements.has('hello') && !elements.has('no-ways'));
      expect(elements.get('m2')).toContain('&lt;script&gt;');
      expect(elements.get('m2')).not.toContain('<script>');
    }
    await world.call('deleteMessage', { chat_id: OWNER.id, message_id: 2 });
    await one.until(() => !one.elements.has('m2'));
    world.settings.service = { ...world.settings.service, state: 'down' };
    world.tell();
    await two.until(() => two.elements.get('service')?.includes('down') === true);
  });

  test('takes away what goes by itself: the typing sign, the answer to a press', async () => {
    const world = await pageWorld();
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
    const screen = await watch(world);
    const isTyping = () => screen.elements.get('presence')?.includes('typing') === true;
    await world.call('sendChatAction', { chat_id: OWNER.id, action: 'typing' });
    await screen.until(isTyping);
    await vi.advanceTimersByTimeAsync(5_000);
    await screen.until(() => !isTyping());
  });

  test('stays smooth at a thousand events a second: each browser ends with the last hundred bubbles', async () => {
    const world = await pageWorld();
    const screens = [await watch(world), await watch(world)];
    const startedAt = performance.now();
    for (let count = 1; count <= 1_000; count += 1) {
      void world.api.say(`number ${count}`);
      if (count % 10 === 0) await new Promise(setImmediate);
    }
    for (const { until, elements } of screens) await until(() => elements.has('m1000'));
    const tookMs = performance.now() - startedAt;
    for (const { elements, patchCounts } of screens) {
      const bubbles = [...elements.keys()].filter((id) => /^m\d+$/u.test(id));
      expect(bubbles).toHaveLength(100);
      expect(elements.has('m900')).toBe(false);
      // A bubble comes and goes. A way does, too, and is folded when it is the newest no more.
      // All else is told at most twenty times a second.
      for (const [id, count] of patchCounts) {
        const [kind = ''] = /^(?:m|way)(?=\d+$)/u.exec(id) ?? [];
        const maxCount = { m: 2, way: 3 }[kind] ?? 2 + tookMs / 50;
        expect(count, id).toBeLessThanOrEqual(maxCount);
      }
    }
  });

  test('says what went wrong when it cannot be drawn, keeps what it shows, and goes on', async () => {
    const world = await pageWorld();
    const database = testDatabase();
    world.settings.database = database;
    const { until, elements } = await watch(world);
    await world.post('/send', { text: 'hello' });
    await until(() => elements.has('m1'));
    database.orm.$client.exec('ALTER TABLE boots RENAME TO elsewhere');
    world.tell();
    await until(() => elements.get('own-fault')?.includes('no such table: boots') === true);
    expect(elements.has('m1')).toBe(true);
    database.orm.$client.exec('ALTER TABLE elsewhere RENAME TO boots');
    // It tries again by itself.
    await until(() => elements.get('own-fault') === '<div id="own-fault" role="alert"></div>');
    expect(elements.has('m1')).toBe(true);
  });

  test('sends nothing to a page that is open already as long as it has never been drawn', async () => {
    const world = await pageWorld();
    const database = testDatabase();
    world.settings.database = database;
    database.orm.$client.exec('ALTER TABLE boots RENAME TO elsewhere');
    expect((await world.get('/live')).status).toBe(500);
    database.orm.$client.exec('ALTER TABLE elsewhere RENAME TO boots');
    const { until, elements } = await watch(world);
    await until(() => elements.has('hello'));
  });

  test('ends with the playground, and goes on when the page is served again', async () => {
    const world = await pageWorld();
    const before = await watch(world);
    await before.until(() => before.elements.has('hello'));
    world.ended.abort();
    await before.until(before.isOver);
    expect((await world.get('/')).status).toBe(200);
  });

  test('holds no server back from closing', async () => {
    const world = await pageWorld();
    const server = await listen(world.app, 0);
    world.settings.port = server.port;
    const origin = `http://127.0.0.1:${server.port}`;
    const entered = await fetch(`${origin}/enter?key=${KEY}`, { redirect: 'manual' });
    const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
    const live = await fetch(`${origin}/live`, {
      headers: { cookie, accept: 'text/event-stream' },
    });
    expect(live.status).toBe(200);
    const reader = live.body?.getReader();
    await reader?.read();
    world.ended.abort();
    await server.close();
    await reader?.cancel();
  });
});
