import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAssets } from '../../src/pages/assets.ts';
import { PAGE_STYLES } from '../../src/pages/styles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SCRIPT = 'console.log("schön");\n';

/** A folder as the build leaves it. */
function built(): string {
  const folder = join(temporaryFolder(), 'src');
  for (const room of ['pages', 'playground', 'http']) {
    mkdirSync(join(folder, room, 'client'), { recursive: true });
  }
  writeFileSync(join(folder, 'pages/client/live.js'), SCRIPT);
  writeFileSync(join(folder, 'playground/client/chat.js'), 'chat();');
  writeFileSync(join(folder, 'http/secret.js'), 'secret();');
  writeFileSync(join(folder, '../package.json'), '{}');
  return folder;
}

test('style sheets and scripts are served with their types, to be asked for again', async () => {
  const assets = createAssets({ 'console/styles.css': '.a { content: "ä"; }' }, built());
  const wanted = {
    '/assets/pages/styles.css': ['text/css; charset=utf-8', PAGE_STYLES],
    '/assets/console/styles.css': ['text/css; charset=utf-8', '.a { content: "ä"; }'],
    '/assets/pages/client/live.js': ['text/javascript; charset=utf-8', SCRIPT],
    '/assets/playground/client/chat.js': ['text/javascript; charset=utf-8', 'chat();'],
  };
  for (const [path, [type, body]] of Object.entries(wanted)) {
    const response = await assets.request(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.text()).toBe(body);
    const head = await assets.request(path, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  }
});

test('who has an asset already gets 304 and nothing else', async () => {
  const assets = createAssets({}, built());
  for (const path of ['/assets/pages/styles.css', '/assets/pages/client/live.js']) {
    const etag = (await assets.request(path)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{22}"$/u);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await assets.request(path, { headers: { 'if-none-match': known } });
      expect([response.status, await response.text()]).toEqual([304, '']);
      expect(response.headers.get('etag')).toBe(etag);
      expect(response.headers.get('cache-control')).toBe('no-cache');
    }
    for (const unknown of ['"other"', etag.slice(1, -1), '']) {
      const response = await assets.request(path, { headers: { 'if-none-match': unknown } });
      expect(response.status).toBe(200);
    }
  }
});

test('another content has another tag', async () => {
  const tags = await Promise.all(
    ['a', 'b'].map(async (sheet) => {
      const response = await createAssets({ 'x.css': sheet }).request('/assets/x.css');
      return response.headers.get('etag');
    }),
  );
  expect(new Set(tags).size).toBe(2);
});

test('a script is read once', async () => {
  const folder = built();
  const assets = createAssets({}, folder);
  expect((await assets.request('/assets/pages/client/live.js')).status).toBe(200);
  rmSync(folder, { recursive: true });
  const again = await assets.request('/assets/pages/client/live.js');
  expect(await again.text()).toBe(SCRIPT);
});

test.each([
  '/assets/',
  '/assets/nowhere.css',
  '/assets/pages/client/nowhere.js',
  '/assets/nowhere/client/live.js',
  '/assets/http/secret.js',
  '/assets/pages/client/live.js.map',
  '/assets/pages/client/../client/live',
  '/assets/pages/client/..%2f..%2fhttp%2fsecret.js',
  '/assets/pages%2fclient%2f..%2f..%2fhttp/client/secret.js',
  '/assets/../package.json',
  '/assets/..%2f..%2fpackage.json',
  '/assets/%2e%2e/%2e%2e/package.json',
  '/assets//etc/passwd',
  '/assets/pages/client/live.js%00.css',
  '/assets/__proto__',
  '/assets/constructor',
  `/assets/pages/client/${'x'.repeat(5000)}.js`,
  `/assets/${'x'.repeat(5000)}/client/live.js`,
])('there is nothing at %s', async (path) => {
  const response = await createAssets({}, built()).request(path);
  expect(response.status).toBe(404);
});

test('without a build it says what to do', async () => {
  const assets = createAssets({}, join(temporaryFolder(), 'nowhere'));
  const response = await assets.request('/assets/pages/client/live.js');
  expect(response.status).toBe(503);
  expect(await response.text()).toBe(
    'The scripts of this page are not built. Run `npm run build`.',
  );
  expect((await assets.request('/assets/pages/styles.css')).status).toBe(200);
  expect((await assets.request('/assets/nowhere')).status).toBe(404);
});
