import { readdirSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { startPlayground } from '../../src/playground/serve.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { personEnvironment } from './world.ts';

test('the page is served on 127.0.0.1 behind a random key, a link for the browser counts once, and with its end everything is gone, streams too', async () => {
  const tempDir = temporaryFolder();
  const environment = personEnvironment(temporaryFolder());
  const options = { agent: 'echo', port: 0, environment, tempDir } as const;
  const running = await startPlayground(options);
  onTestFinished(() => running.close());
  const other = await startPlayground(options);
  onTestFinished(() => other.close());
  expect(running.agent).toEqual({ kind: 'echo', remedy: null });
  const link = new URL(running.link);
  expect(link.hostname).toBe('127.0.0.1');
  expect(link.searchParams.get('key')).toMatch(/^[\w-]{30,}$/u);
  expect(link.searchParams.get('key')).not.toBe(new URL(other.link).searchParams.get('key'));
  expect((await fetch(link.origin)).status).toBe(401);
  expect((await fetch(`${link.origin}/enter?key=wrong`, { redirect: 'manual' })).status).toBe(403);
  const forBrowser = running.linkForBrowser();
  expect(forBrowser).not.toContain(link.searchParams.get('key'));
  const leads = async (): Promise<string | null> =>
    (await fetch(forBrowser, { redirect: 'manual' })).headers.get('location');
  expect(await leads()).toBe(`${link.pathname}${link.search}`);
  expect(await leads()).toBe('/');
  const rebound = { headers: { 'sec-fetch-site': 'cross-site' } };
  expect((await fetch(running.linkForBrowser(), rebound)).status).toBe(403);

  const entered = await fetch(link, { redirect: 'manual' });
  expect(entered.status).toBe(303);
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  const page = await fetch(link.origin, { headers: { cookie } });
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<h1');

  const stream = await fetch(`${link.origin}/live`, { headers: { cookie } });
  expect(stream.headers.get('content-type')).toContain('text/event-stream');

  await Promise.all([running.close(), other.close()]);
  expect(await stream.text()).toContain('event: patch');
  expect(readdirSync(tempDir)).toEqual([]);
  await expect(fetch(link.origin)).rejects.toThrow('fetch failed');
});
