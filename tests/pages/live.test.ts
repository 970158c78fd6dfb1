import { Hono } from 'hono';
import { getEventListeners, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate, setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { listen, type HttpServer } from '../../src/http/server.ts';
import { streamPatches, type Fragment, type Fragments } from '../../src/pages/live.ts';
import { createChanging, fragmentsOf, openPatches, readPatches } from './patches.ts';

/** What a page may be told a second, and what the timers of a busy machine add to it. */
const MOST_LOOKS_PER_SECOND = 25;

/** A page whose fragments a test sets. */
function createPage(render: () => Fragments, beatMs?: number) {
  const changing = createChanging();
  const ended = new AbortController();
  const faults: unknown[] = [];
  const faulty = Promise.withResolvers<void>();
  const brokenPaths: string[] = [];
  let lookCount = 0;
  const app = new Hono();
  app.get('/live', (context) =>
    streamPatches(context, {
      subscribe: changing.subscribe,
      render: () => {
        lookCount += 1;
        return render();
      },
      ended: ended.signal,
      ...(beatMs === undefined ? {} : { beatMs }),
      onFault: (error) => {
        faults.push(error);
        faulty.resolve();
      },
    }),
  );
  app.onError((_, context) => {
    brokenPaths.push(context.req.path);
    return context.text('broken', 500);
  });
  return {
    app,
    ...changing,
    ended,
    faults,
    faulty: faulty.promise,
    brokenPaths,
    lookCount: () => lookCount,
  };
}

async function serve(app: Hono): Promise<HttpServer & { readonly url: string }> {
  const server = await listen(app, 0);
  return { ...server, url: `http://127.0.0.1:${server.port}/live` };
}

/** Somebody who asks for the stream and takes nothing of it. */
async function neverReading(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET /live HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
  return socket;
}

test('a page gets all fragments and their ids at first, and then what has changed', async () => {
  let texts: Readonly<Record<string, string>> = { a: '<p id="a">1</p>', b: '<p id="b">1</p>' };
  const page = createPage(() => fragmentsOf(texts));
  const response = await page.app.request('/live');
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const reader = readPatches(response);
  await reader.until(({ size }) => size === 2);
  expect(reader.events).toEqual([
    { name: 'patch', content: { id: 'a', html: '<p id="a">1</p>' } },
    { name: 'patch', content: { id: 'b', html: '<p id="b">1</p>' } },
    { name: 'whole', content: ['a', 'b'] },
  ]);

  texts = { b: '<p id="b">2</p>', c: '<p id="c">1</p>' };
  page.change();
  await reader.until((seen) => seen.has('c'));
  expect(reader.events.slice(3)).toEqual([
    { name: 'patch', content: { id: 'a', html: null } },
    { name: 'patch', content: { id: 'b', html: '<p id="b">2</p>' } },
    { name: 'patch', content: { id: 'c', html: '<p id="c">1</p>' } },
  ]);
  await reader.leave();
});

test('where to put what is new is told', async () => {
  const rows = new Map<string, Fragment>([['row', { html: '<li id="row">', into: 'list' }]]);
  const page = createPage(() => rows);
  const reader = readPatches(await page.app.request('/live'));
  await reader.until(({ size }) => size === 1);
  expect(reader.events[0]?.content).toEqual({ id: 'row', html: '<li id="row">', into: 'list' });
  await reader.leave();
});

test('whatever stands in a fragment arrives as it is', async () => {
  const html = '<p id="a">\n\r\n\r\u2028event: x\n\ndata: {}\n\n</script>&lt;ä😀"\\</p>';
  const page = createPage(() => fragmentsOf({ a: html }));
  const reader = readPatches(await page.app.request('/live'));
  await reader.until(({ size }) => size === 1);
  expect(reader.page.get('a')).toBe(html);
  await reader.leave();
});

test('what changes between the first look and the first listening is not missed', async () => {
  let html = 'before';
  const page = createPage(() => fragmentsOf({ a: html }));
  const response = await page.app.request('/live');
  expect(page.listenerCount()).toBe(0);
  html = 'after';
  const reader = readPatches(response);
  expect(await reader.until((seen) => seen.get('a') === 'after')).toBe(true);
  await reader.leave();
});

test('a thousand changes a second: two pages are each told what they can read, and end with the last state', async () => {
  let count = 0;
  const page = createPage(() => fragmentsOf({ count: String(count), still: 'still' }));
  const server = await serve(page.app);
  const readers = [await openPatches(server.url), await openPatches(server.url)];
  for (const reader of readers) await reader.until(({ size }) => size === 2);
  const read = Promise.all(
    readers.map((reader) => reader.until((seen) => seen.get('count') === '1000')),
  );
  const begunAtMs = performance.now();
  while (count < 1000) {
    count += 1;
    page.change();
    if (count % 2 === 0) await pause(1);
  }
  expect(await read).toEqual([true, true]);
  const seconds = (performance.now() - begunAtMs) / 1000;
  const most = Math.ceil(MOST_LOOKS_PER_SECOND * seconds) + 5;
  for (const { events } of readers) {
    const told = events.filter(({ content }) => JSON.stringify(content).includes('"count"'));
    expect(told.length).toBeGreaterThan(2);
    expect(told.length).toBeLessThan(most);
    expect(
      events.filter(({ content }) => JSON.stringify(content).includes('"id":"still"')),
    ).toHaveLength(1);
  }
  expect(page.lookCount()).toBeLessThan(2 * most);
  for (const reader of readers) await reader.leave();
  await page.listened(0);
  await server.close();
});

test('for who reads nothing, nothing is piled up; reading on, they get the last state', async () => {
  const filling = 'x'.repeat(1024 * 1024);
  let count = 0;
  const page = createPage(() => fragmentsOf({ count: `${count}${filling}` }));
  const server = await serve(page.app);
  const socket = await neverReading(server.port);
  await page.listened(1);
  while (count < 1000) {
    count += 1;
    page.change();
    if (count % 2 === 0) await pause(1);
  }
  // As much as the two ends of a connection hold for each other, and one on its way.
  const stuckAt = page.lookCount();
  expect(stuckAt).toBeLessThan(15);

  let byteCount = 0;
  let tail = '';
  const last = Promise.withResolvers<void>();
  socket.setEncoding('latin1').on('data', (text: string) => {
    byteCount += text.length;
    tail = `${tail}${text}`.slice(-filling.length - 1000);
    if (tail.includes('"html":"1000x') && tail.includes('x"}\n\n')) last.resolve();
  });
  socket.resume();
  await last.promise;
  expect(byteCount).toBeLessThan(20 * filling.length);
  socket.destroy();
  await page.listened(0);
  await server.close();
});

test('who goes away is let go of, and the others go on', async () => {
  let html = 'first';
  const page = createPage(() => fragmentsOf({ a: html }));
  const server = await serve(page.app);
  const [one, other] = [await openPatches(server.url), await openPatches(server.url)];
  await page.listened(2);
  await one.leave();
  await page.listened(1);
  html = 'second';
  page.change();
  expect(await other.until((seen) => seen.get('a') === 'second')).toBe(true);

  const stuck = await neverReading(server.port);
  await page.listened(2);
  stuck.destroy();
  await page.listened(1);
  await other.leave();
  await page.listened(0);
  await server.close();
});

test('when the service stops, every stream ends, and the server closes', async () => {
  const page = createPage(() => fragmentsOf({ a: 'a' }));
  const server = await serve(page.app);
  const readers = [await openPatches(server.url), await openPatches(server.url)];
  await page.listened(2);
  page.ended.abort();
  await server.close();
  for (const reader of readers) expect(await reader.until(() => false)).toBe(false);
  expect(page.listenerCount()).toBe(0);
});

test('not even who reads nothing keeps the server from closing', async () => {
  let count = 0;
  const page = createPage(() => fragmentsOf({ a: `${count}${'x'.repeat(8 * 1024 * 1024)}` }));
  const server = await serve(page.app);
  await neverReading(server.port);
  await page.listened(1);
  count += 1;
  page.change();
  page.ended.abort();
  await server.close();
  expect(page.listenerCount()).toBe(0);
});

test('a stream that is asked for when the service has stopped ends at once', async () => {
  const page = createPage(() => fragmentsOf({ a: 'a' }));
  page.ended.abort();
  const reader = readPatches(await page.app.request('/live'));
  expect(await reader.until(() => false)).toBe(false);
  expect(page.listenerCount()).toBe(0);
});

test('who asks only whether there is a stream is not listened for', async () => {
  const page = createPage(() => fragmentsOf({ a: 'a' }));
  const server = await serve(page.app);
  const response = await fetch(server.url, { method: 'HEAD' });
  expect(response.status).toBe(200);
  await server.close();
  expect(page.listenerCount()).toBe(0);
});

test('what breaks the first look is answered as any fault of a page', async () => {
  const page = createPage(() => {
    throw new Error('broken');
  });
  expect((await page.app.request('/live')).status).toBe(500);
  expect(page.brokenPaths).toEqual(['/live']);
  expect(page.faults).toEqual([]);
  expect(page.listenerCount()).toBe(0);
});

test('what breaks a later look is told once, and ends the stream', async () => {
  const broken = new Error('broken');
  let isBroken = false;
  const page = createPage(() => {
    if (isBroken) throw broken;
    return fragmentsOf({ a: 'a' });
  });
  const server = await serve(page.app);
  const reader = await openPatches(server.url);
  await reader.until(({ size }) => size === 1);
  isBroken = true;
  page.change();
  await page.faulty;
  expect(await reader.until(() => false)).toBe(false);
  expect(page.faults).toEqual([broken]);
  expect(page.listenerCount()).toBe(0);
  await server.close();
});

test('pages that went away are not told that the service stops, whatever was collected meanwhile', async () => {
  const page = createPage(() => fragmentsOf({ a: '1' }));
  const readers = [];
  for (let count = 0; count < 3; count += 1) {
    const reader = readPatches(await page.app.request('/live'));
    await reader.until(({ size }) => size === 1);
    readers.push(reader);
  }
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What the present turn of the event loop holds is not collected.
  await setImmediate();
  collect();
  for (const reader of readers) await reader.leave();
  expect(page.listenerCount()).toBe(0);
  expect(getEventListeners(page.ended.signal, 'abort')).toEqual([]);
  page.ended.abort();
});

test('where nothing new is told for a while a beat is, also where changes make no difference', async () => {
  const page = createPage(() => fragmentsOf({ a: 'a' }), 30);
  const reader = readPatches(await page.app.request('/live'));
  const beatCount = () => reader.events.filter(({ name }) => name === 'beat').length;
  const changing = setInterval(page.change, 5);
  await reader.until(() => beatCount() === 2);
  clearInterval(changing);
  await reader.until(() => beatCount() === 4);
  expect(reader.events.slice(2)).toEqual(
    Array.from({ length: 4 }, () => ({ name: 'beat', content: null })),
  );
  await reader.leave();
  expect(page.listenerCount()).toBe(0);
});
