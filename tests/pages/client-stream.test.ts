import { expect, test } from 'vitest';
import { SERVICE_AWAY, useBrowser } from '../browser/browser.ts';
import { focused, open, REFUSED, show } from './opened.ts';
import { servePage } from './served.ts';

const browser = useBrowser();

const ago = (iso: string) => `<time datetime="${iso}" data-relative>as the server said</time>`;

test('while nobody answers the page says so, and comes back by itself to how things are by then', async () => {
  const served = await servePage();
  served.show('before', { a: '<li id="a">a</li>', b: '<li id="b">b</li>' });
  const page = await open(browser, served, SERVICE_AWAY);
  const away = page.getByText('Claudio does not answer.');
  expect(await away.isVisible()).toBe(false);
  await served.stop();
  await away.waitFor();

  served.show('after', { b: '<li id="b">b2</li>', c: '<li id="c">c</li>' });
  await served.start();
  await away.waitFor({ state: 'hidden' });
  await page.locator('#content', { hasText: 'after' }).waitFor();
  await page.locator('#c').waitFor();
  await page.locator('#a').waitFor({ state: 'detached' });
  expect(await page.locator('#parts > li').allTextContents()).toEqual(['b2', 'c']);
});

test('what went between the page and its stream is taken out', async () => {
  const served = await servePage();
  served.show('', { a: '<li id="a">a</li>' });
  const page = await browser.open();
  await page.route('**/live', async (route) => {
    served.show('', {});
    await route.continue();
  });
  await page.goto(served.url);
  await page.locator('#a').waitFor({ state: 'detached' });
});

test('also after an answer that makes a browser give up, the page comes back', async () => {
  const served = await servePage();
  const page = await open(browser, served, [REFUSED, ...SERVICE_AWAY]);
  served.refuse(503);
  await served.stop();
  await served.start();
  const away = page.getByText('Claudio does not answer.');
  await away.waitFor();
  const asked = page.waitForResponse((response) => response.status() === 503);
  await asked;
  expect(await away.isVisible()).toBe(true);
  served.refuse(null);
  await away.waitFor({ state: 'hidden' });
  await show(served, page, 'back');
});

test('when the session is over the page shows the way in', async () => {
  const served = await servePage();
  const page = await open(browser, served, [REFUSED, ...SERVICE_AWAY]);
  served.refuse(401);
  await served.stop();
  await served.start();
  await page.getByRole('heading', { name: 'Way in' }).waitFor();
});

test('who leaves the page does not see that it is broken off', async () => {
  const served = await servePage();
  const page = await open(browser, served);
  await page.evaluate(`new MutationObserver(() => sessionStorage.setItem('flicker', 'yes')).observe(
    document.querySelector('#away'), { attributes: true },
  )`);
  await page.getByRole('link', { name: 'Other' }).click();
  await page.getByRole('heading', { name: 'Other' }).waitFor();
  await served.listened(0);
  expect(await page.evaluate(`sessionStorage.getItem('flicker')`)).toBeNull();
  await page.goBack();
  await served.listened(1);
});

test('a page that nobody looks at takes no connection, and is up to date when somebody does', async () => {
  const served = await servePage();
  const page = await open(browser, served);
  const turn = (state: string) =>
    page.evaluate(`
      Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    `);
  await turn('hidden');
  await served.listened(0);
  served.show('meanwhile');
  await turn('visible');
  await page.locator('#content', { hasText: 'meanwhile' }).waitFor();
});

test('a stream that fell silent is taken as broken, also after a sleep: the page says so, and comes back', async () => {
  const served = await servePage();
  const page = await browser.open({ expected: [...SERVICE_AWAY, REFUSED] });
  await page.clock.install();
  await page.goto(served.url);
  await served.listened(1);
  await show(served, page, 'before');
  const away = page.getByText('Claudio does not answer.');
  served.hang(true);
  await page.clock.runFor(30_000);
  expect(await away.isVisible()).toBe(false);
  // As when the machine wakes up: all at once.
  await page.clock.fastForward(60_000);
  await away.waitFor();
  await served.listened(0);

  served.show('after');
  served.hang(false);
  // What nobody answers is given up, and asked anew.
  await page.clock.runFor(12_000);
  await away.waitFor({ state: 'hidden' });
  await page.locator('#content', { hasText: 'after' }).waitFor();
});

test('a stream on which nothing but beats comes is not taken as broken', async () => {
  const served = await servePage({ beatMs: 100 });
  const page = await browser.open();
  await page.clock.install();
  await page.addInitScript(`
    window.EventSource = class extends EventSource {
      constructor(url) {
        super(url);
        window.opened = (window.opened ?? 0) + 1;
        window.beat = () => new Promise((resolve) => this.addEventListener('beat', resolve, { once: true }));
      }
    };
  `);
  await page.goto(served.url);
  await served.listened(1);
  for (let count = 0; count < 4; count += 1) {
    await page.clock.runFor(25_000);
    await page.evaluate('window.beat().then(() => null)');
  }
  expect(await page.getByText('Claudio does not answer.').isVisible()).toBe(false);
  expect(await page.evaluate('window.opened')).toBe(1);
});

test('how long ago something was is kept true while the page is open', async () => {
  const served = await servePage();
  const page = await browser.open();
  await page.clock.install({ time: Date.UTC(2026, 10, 21, 12) });
  served.show(
    `<p>${ago('2026-11-21T12:00:00Z')}</p><p>${ago('2020-01-01T00:00:00Z')}</p><p><time datetime="2026-11-21T12:00:00Z">plain</time></p>`,
  );
  await page.goto(served.url);
  await page.clock.runFor(3 * 60_000);
  expect(await page.locator('time').allTextContents()).toEqual([
    '3 min ago',
    'as the server said',
    'plain',
  ]);
});

test('the first key leads past the navigation', async () => {
  const served = await servePage();
  const page = await open(browser, served);
  await page.keyboard.press('Tab');
  expect(await focused(page)).toMatch(/^\s*Skip to the content\s*$/u);
  const box = await page.locator('.skip').boundingBox();
  expect(box?.width).toBeGreaterThan(100);
  await page.keyboard.press('Enter');
  expect(await focused(page)).toBe('main');
});
