import { expect, test } from 'vitest';
import { gatherBarriers } from '../browser/axe.ts';
import { useBrowser } from '../browser/browser.ts';
import { servePage } from './served.ts';

const browser = useBrowser();

const LONG = 'averylongwordwithoutanyplacetobreak'.repeat(6);
const WIDE = Array.from({ length: 9 }, (_, at) => `Column-number-${at}`);

/** Each class and each element that the style knows, as a page would have it. */
const EVERYTHING = `
  <h2>Words</h2>
  <p>Text with <a href="/other">a link</a>, <code>code</code>, <kbd>Ctrl</kbd> and
    <time datetime="2026-11-21T12:00:00Z" title="Nov 21, 2026, 12:00:00">2 min ago</time>.</p>
  <p class="muted">Less important, ${LONG}</p>
  <pre>npm run build ${LONG}</pre>
  <p class="row">
    <span class="badge">plain</span> <span class="badge ok">done</span>
    <span class="badge warn">waits</span> <span class="badge bad">failed</span>
    <span class="badge busy">running</span> <b class="mono">mono</b>
  </p>
  <form class="filters" method="get" action="/">
    <label>Search <input type="search" name="q" placeholder="Words"></label>
    <label>Kind <select name="kind"><option>All of them</option></select></label>
    <button class="primary">Search</button>
  </form>
  <h2>Blocks</h2>
  <div class="stack">
    <article class="card"><h3>Why is the build red?</h3><p>${LONG}</p>
      <form class="row" method="post" action="/post"><button>Retry</button>
        <button class="danger">Discard</button> <button disabled>Not now</button></form></article>
    <p class="empty">Nothing waits.</p>
    <details id="more" open><summary>More</summary><p>Inside</p></details>
    <label>Note <textarea>text</textarea></label>
    <label><input type="checkbox"> Ticked</label>
    <progress max="10" value="4" aria-label="Progress"></progress>
    <dl><dt>Model</dt><dd>${LONG}</dd><div><dt>Tokens</dt><dd class="number">12,345</dd></div></dl>
    <ul class="row"><li>one</li><li>two</li></ul>
  </div>
  <h2>Tables</h2>
  <div class="scroll" role="group" aria-label="Wide table" tabindex="0"><table>
    <caption class="visually-hidden">Wide</caption>
    <thead><tr>${WIDE.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>
    <tbody><tr><th scope="row">row</th>${WIDE.slice(1)
      .map(() => '<td class="number">1,234</td>')
      .join('')}</tr></tbody>
  </table></div>
  <figure class="chart" id="c"><figcaption>Chart</figcaption>
    <svg viewBox="0 0 720 60" role="img" aria-label="Six lines">${[1, 2, 3, 4, 5, 6]
      .map(
        (at) =>
          `<path class="series-${at}" stroke="currentColor" stroke-width="8" d="M0 ${at * 9}H720"/>`,
      )
      .join('')}<text x="0" y="60" fill="currentColor">Nov 21</text></svg></figure>
  <nav class="row pager" aria-label="More of this list"><a href="/" rel="prev">← Newer</a><a href="/">Older →</a></nav>`;

test('nothing of the style keeps anybody from using a page: phone and desk, light and dark', async () => {
  const served = await servePage();
  served.show(EVERYTHING);
  const page = await browser.open();
  await page.goto(served.url);
  await served.listened(1);
  await page.evaluate(`document.querySelector('#away').hidden = false;
    document.querySelector('#fault').textContent = 'That turn is over.'`);
  const barriers = gatherBarriers();
  await barriers.look(page, 'everything');
  expect(barriers.found()).toEqual([]);
});

test('a wide table scrolls inside its frame, and the page does not', async () => {
  const served = await servePage();
  served.show(EVERYTHING);
  const page = await browser.open({ width: 320 });
  await page.goto(served.url);
  const widths = await page.evaluate<readonly number[]>(`[
    document.documentElement.scrollWidth,
    document.querySelector('.scroll').clientWidth,
    document.querySelector('.scroll').scrollWidth,
  ]`);
  expect(widths[0]).toBe(320);
  expect(widths[1]).toBeLessThanOrEqual(320);
  expect(widths[2]).toBeGreaterThan(600);
});

test('what is in focus is seen, and who wants no motion gets none', async () => {
  const served = await servePage();
  served.show(EVERYTHING);
  const page = await browser.open();
  await page.goto(served.url);
  await served.listened(1);
  for (const target of ['header a', '#content a', '.primary', 'input[type=search]', 'summary']) {
    await page.locator(target).first().focus();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
    const outline = await page.evaluate<string>(
      `(({ outlineStyle, outlineWidth }) => outlineWidth + ' ' + outlineStyle)(getComputedStyle(document.activeElement))`,
    );
    expect(outline, target).toBe('2px solid');
  }
  const motion = () =>
    page.evaluate<string>(
      `getComputedStyle(document.querySelector('.busy'), '::before').animationName`,
    );
  expect(await motion()).toBe('none');
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  expect(await motion()).toBe('busy');
});

test('without scripts all of it is there', async () => {
  const served = await servePage();
  served.show(EVERYTHING);
  const page = await browser.open({ scripts: false });
  await page.goto(served.url);
  expect(await page.getByRole('heading', { name: 'Tables' }).isVisible()).toBe(true);
  expect(await page.getByText('Claudio does not answer.').isVisible()).toBe(false);
  expect(await page.getByRole('alert').isVisible()).toBe(false);
});
