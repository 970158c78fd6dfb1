import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { consoleKeys } from '../../drizzle/schema.ts';
import { PAGES } from '../../src/console/frame.tsx';
import { packageRoot } from '../../src/platform/package.ts';
import type { World } from '../e2e/service.ts';
import { useBrowser } from './browser.ts';
import { createConsoleWorld } from './console-world.ts';
import { REBOUND_NAME } from './launch.ts';
import { otherSite } from './other-site.ts';

const browser = useBrowser();

/** What a browser says of an answer that is a refusal. */
const REFUSED =
  /^console: Failed to load resource: the server responded with a status of 40[134] /u;
const WAY_IN = 'Run `claudio console` in a terminal on this machine';

/** What `claudio console` prints. */
async function printedLink({ environment }: World): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(packageRoot(), 'dist/src/bin.js'), 'console', '--json'],
    { env: environment },
  );
  return z.object({ url: z.url() }).parse(JSON.parse(stdout)).url;
}

test('a link leads in and counts once; a stranger and an old cookie are shown the way in, and Leave leads out', async () => {
  const world = await createConsoleWorld({ isEmpty: true });
  const owner = await browser.open({ expected: [REFUSED] });
  const link = await printedLink(world);
  await owner.goto(link);
  expect(new URL(owner.url()).pathname).toBe('/');
  await owner.getByRole('heading', { level: 1, name: 'Now' }).waitFor();
  const [cookie] = await owner.context().cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', domain: '127.0.0.1' });

  const stranger = await browser.open({ expected: [REFUSED] });
  expect((await stranger.goto(link))?.status()).toBe(403);
  await stranger.getByRole('alert').filter({ hasText: WAY_IN }).waitFor();
  for (const { path } of PAGES) {
    expect((await stranger.goto(`${world.url}${path}`))?.status()).toBe(401);
    await stranger.getByRole('alert').filter({ hasText: WAY_IN }).waitFor();
  }

  world.database.orm
    .update(consoleKeys)
    .set({ expiresAtMs: 1 })
    .where(eq(consoleKeys.kind, 'session'))
    .run();
  expect((await owner.reload())?.status()).toBe(401);
  await owner.getByRole('alert').filter({ hasText: WAY_IN }).waitFor();

  await owner.goto(world.link());
  await owner.getByRole('button', { name: 'Leave' }).click();
  await owner.getByRole('alert').filter({ hasText: WAY_IN }).waitFor();
  expect(await owner.context().cookies()).toEqual([]);
});

test('another site can neither post a form to the console, nor frame it, nor read it by a name of its own', async () => {
  const world = await createConsoleWorld({ isEmpty: true });
  const page = await browser.open({
    expected: [REFUSED, /frame-ancestors/u, /^request: http:\/\/rebound\.test/u],
  });
  await page.goto(world.link());
  const cookies = await page.context().cookies();

  const { port } = await otherSite(`<!doctype html><title>Elsewhere</title>
    <form method="post" action="${world.url}/leave"><button>Win a prize</button></form>
    <iframe src="${world.url}/" title="framed"></iframe>`);
  // A cookie does not know of ports: the first is the same site, the second is another.
  for (const host of ['127.0.0.1', 'localhost']) {
    await page.goto(`http://${host}:${port}/`);
    const frame = page.frames().find((one) => one !== page.mainFrame());
    expect(await frame?.locator('body').innerText()).not.toContain('Claudio');
    const [refusal] = await Promise.all([
      page.waitForResponse(`${world.url}/leave`),
      page.getByRole('button', { name: 'Win a prize' }).click(),
    ]);
    expect(refusal.status()).toBe(403);
    expect(await page.context().cookies()).toEqual(cookies);
  }

  const rebound = await page.goto(world.url.replace('127.0.0.1', REBOUND_NAME));
  expect(rebound?.status()).toBe(404);
  expect((await page.goto(world.url))?.status()).toBe(200);
});
