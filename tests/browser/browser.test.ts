import { expect, onTestFinished, test } from 'vitest';
import { otherSite } from './other-site.ts';
import { gatherBarriers } from './axe.ts';
import { useBrowser, watchFaults } from './browser.ts';
import { contextOptions, startBrowser } from './launch.ts';

const browser = useBrowser();

test('what no page may do is seen: another host, an error, a dialog, something thrown', async () => {
  const { port } = await otherSite(`<!doctype html><title>Bad</title>
    <img src="http://elsewhere.test/x.png" alt="">
    <script>alert('hello'); console.error('oh'); throw new Error('thrown away')</script>`);
  const started = await startBrowser();
  onTestFinished(() => started.close());
  const context = await started.newContext(contextOptions({}));
  const faults = watchFaults(context);
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  expect(faults.toSorted()).toEqual([
    'console: Failed to load resource: net::ERR_NAME_NOT_RESOLVED',
    'console: oh',
    'dialog: hello',
    'request: http://elsewhere.test/x.png',
    'thrown: Error: thrown away',
  ]);
});

test('what keeps somebody from using a page is found, with the rule, the element and the place', async () => {
  const page = await browser.open();
  const barriers = gatherBarriers();
  expect(() => barriers.found()).toThrow('no page was looked at');
  await page.setContent(`<!doctype html><html lang="en"><title>Bad</title>
    <style>@media (prefers-color-scheme: dark) { p { color: #888; background: #777 } }
      .wide { width: 900px }</style>
    <main><h1>Bad</h1><p>A text</p><img src="data:,"><p class="wide">So wide</p></main>`);
  await barriers.look(page, 'a bad page');
  const found = barriers.found().join('\n');
  expect(found).toMatch(
    /^image-alt \(.+\): img: <img src="data:,"> at a bad page \(phone, light\)$/mu,
  );
  expect(found).toMatch(
    /^color-contrast \(.+\): p:nth-child\(2\): <p>A text<\/p> at a bad page \(desk, dark\)$/mu,
  );
  expect(found).toMatch(/^\d+ px wider than its window at a bad page \(phone, light\)$/mu);
  expect(found).toMatch(/^sticks out: <p class="wide">/mu);
});
