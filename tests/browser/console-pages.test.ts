import { expect, test } from 'vitest';
import { PAGES } from '../../src/console/frame.tsx';
import { gatherBarriers } from './axe.ts';
import { useBrowser } from './browser.ts';
import { createConsoleWorld } from './console-world.ts';

const browser = useBrowser();

test('nobody is kept from using a page of the console: on a phone and on a desk, light and dark', async () => {
  const world = await createConsoleWorld();
  const page = await browser.open({
    expected: [/^console: Failed to load resource: the server responded with a status of 40[14] /u],
  });
  const barriers = gatherBarriers();
  await page.goto(world.url);
  await barriers.look(page, 'the way in');
  await page.goto(world.link());
  for (const path of [
    ...PAGES.map((one) => one.path),
    '/conversations/telegram%3A1%3A1001?turn=1',
    '/conversations/telegram%3A1%3A-1001',
    '/search?q=the',
    '/search?q=nowhere',
    '/memories/1',
    '/memories/1/forget',
    '/?told=too-late',
    '/audit?event=access.refused',
    '/nowhere',
  ]) {
    await page.goto(world.url + path);
    await page.evaluate(
      "document.querySelectorAll('details').forEach((one) => { one.open = true; })",
    );
    await barriers.look(page, path);
  }
  expect(barriers.found()).toEqual([]);
});

test('nor from using one that has nothing to show yet', async () => {
  const world = await createConsoleWorld({ isEmpty: true });
  const page = await browser.open();
  await page.goto(world.link());
  const barriers = gatherBarriers();
  for (const path of ['/', '/conversations', '/usage', '/memories']) {
    await page.goto(world.url + path);
    await barriers.look(page, path);
  }
  expect(barriers.found()).toEqual([]);
});
