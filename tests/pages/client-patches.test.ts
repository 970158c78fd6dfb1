import { expect, test } from 'vitest';
import { useBrowser } from '../browser/browser.ts';
import { focused, open, show } from './opened.ts';
import { servePage } from './served.ts';

const browser = useBrowser();

/** Something of everything that a person can be in the midst of. */
const desk = (count: number) =>
  `<p>${count}</p><form action="/post"><label>Words <input id="words" name="words"></label></form>` +
  `<details><summary>More</summary><p>more ${count}</p></details>` +
  `<pre id="long" class="scroll">${'line\n'.repeat(200)}</pre><p id="text">a text to select</p>`;

const row = (id: string) => `<li data-key="${id}"><button id="b${id}">${id}</button></li>`;
const list = (...ids: readonly string[]) => `<ul>${ids.map(row).join('')}</ul>`;

/** A press that does nothing else. */
const PRESS = '<button type="button" id="press">Press</button>';

/** What stops a turn, told apart by where the form goes, what is hidden in it, and its button. */
const STOPS: readonly ((turn: number) => string)[] = [
  (turn) => `<form action="/turns/${turn}/stop" method="post"><button>Stop</button></form>`,
  (turn) =>
    `<form action="/stop" method="post"><input type="hidden" name="turn" value="${turn}"><button>Stop</button></form>`,
  (turn) =>
    `<form action="/stop" method="post"><button name="turn" value="${turn}">Stop</button></form>`,
  (turn) => `<p><a href="/turns/${turn}">Stop</a></p>`,
];

test('what changes is shown; a list gets what is new at its end, and loses what is gone', async () => {
  const served = await servePage();
  served.show('<p>one</p>', { a: '<li id="a">a</li>' });
  const page = await open(browser, served);
  const texts = () => page.locator('#parts > li').allTextContents();
  await show(served, page, '<p>two</p>', { a: '<li id="a">a2</li>', b: '<li id="b">b</li>' });
  expect(await page.locator('#content > p').textContent()).toBe('two');
  expect(await texts()).toEqual(['a2', 'b']);
  await show(served, page, '', { b: '<li id="b">b</li>' });
  expect(await texts()).toEqual(['b']);
});

test('markup in texts stays text, also in a patch', async () => {
  const served = await servePage();
  const page = await open(browser, served);
  const text = '&lt;script&gt;x&lt;/script&gt;&quot;&gt;&lt;img src=x onerror=alert(1)&gt;';
  await show(served, page, `<p>${text}</p>`);
  expect(await page.locator('#content > p').textContent()).toBe(
    '<script>x</script>"><img src=x onerror=alert(1)>',
  );
  expect(await page.locator('#content img, #content script').count()).toBe(0);
});

test('who types, reads or has opened something is not disturbed by what changes around it', async () => {
  const served = await servePage();
  served.show(desk(0));
  const page = await open(browser, served);
  await page.locator('summary').click();
  await page.locator('#words').pressSequentially('half a sen');
  await page.locator('#words').press('ArrowLeft');
  await page.evaluate('scrollTo(0, 700)');

  for (const count of [1, 2, 3]) await show(served, page, desk(count));
  expect(await page.locator('details > p').textContent()).toBe('more 3');
  expect(await page.locator('details').getAttribute('open')).toBe('');
  expect(await page.evaluate('scrollY')).toBe(700);
  expect(await focused(page)).toBe('words');
  await page.keyboard.type('X');
  expect(await page.locator('#words').inputValue()).toBe('half a seXn');

  await page.evaluate(`getSelection().selectAllChildren(document.querySelector('#text'))`);
  await show(served, page, desk(4));
  expect(await page.evaluate('getSelection().toString()')).toBe('a text to select');
});

test('the focus goes on to the counterpart of what was replaced, with the caret, and scrolls nothing', async () => {
  const served = await servePage();
  const field = '<label>Words <input data-key="words" value="abcdef"></label>';
  served.show(`<section>${field}</section>`);
  const page = await open(browser, served);
  await page.locator('input').focus();
  await page.evaluate(`document.querySelector('input').setSelectionRange(2, 4)`);
  await show(served, page, `<div><em>${field}</em></div>`);
  expect(await focused(page)).toBe('words');
  await page.keyboard.type('-');
  expect(await page.locator('input').inputValue()).toBe('ab-ef');
});

test('rows that move keep what is in them, and the focus', async () => {
  const served = await servePage();
  served.show(list('1', '2', '3'));
  const page = await open(browser, served);
  await page.locator('#b3').focus();
  for (const ids of [['3', '1', '2'], ['0', '1', '3'], ['3'], ['2', '3', '4']]) {
    await show(served, page, list(...ids));
    expect(await page.locator('#content button').allTextContents()).toEqual(ids);
    expect(await focused(page)).toBe('b3');
  }
});

test('what has come to do something else does not keep the focus: nobody stops what they did not mean', async () => {
  const served = await servePage();
  const page = await open(browser, served);
  for (const stop of STOPS) {
    await show(served, page, stop(1));
    await page.locator('#content').locator('button, p > a').focus();
    await show(served, page, `<p class="more">more</p>${stop(1)}`);
    expect(await focused(page)).toBe('Stop');
    await show(served, page, stop(2));
    expect(await focused(page)).toBe('nothing');
  }
});

test('a press that has begun is a press, whatever changes meanwhile', async () => {
  const served = await servePage();
  served.show(`<p>0</p>${PRESS}`);
  const page = await open(browser, served);
  await page.evaluate(`addEventListener('click', ({ target }) => (window.pressed = target.id))`);
  await page.locator('#press').hover();
  await page.mouse.down();
  for (const count of [1, 2, 3]) await show(served, page, `<p>${count}</p>${PRESS}`);
  await page.mouse.up();
  expect(await page.evaluate('pressed')).toBe('press');
});

test('scripts of a page learn of each patch', async () => {
  const served = await servePage();
  const page = await open(browser, served);
  await page.evaluate(`document.addEventListener('patched', () => {
    window.told = document.querySelector('#content').textContent;
  })`);
  served.show('new');
  await expect.poll(() => page.evaluate('window.told')).toBe('new');
});

test('what is in a list of parts is left to its own patches', async () => {
  const served = await servePage();
  served.show('<ul id="inner" data-parts></ul>', { a: '<li id="a">a</li>' }, '0', 'inner');
  const page = await open(browser, served);
  await page.locator('#inner > #a').waitFor();
  await show(served, page, '<ul id="inner" class="new" data-parts></ul>', {
    a: '<li id="a">a</li>',
  });
  expect(await page.locator('#inner.new > #a').count()).toBe(1);
});

function section(inside: string): string {
  return `<section aria-labelledby="title"><h2 id="title" tabindex="-1">Running</h2>${inside}</section>`;
}

test('the focus of what goes is taken by the heading of its section', async () => {
  const served = await servePage();
  const page = await open(browser, served);
  for (const [stop, instead] of STOPS.flatMap((of) => [
    [of(1), ''],
    [of(1), of(2)],
  ])) {
    await show(served, page, section(stop ?? ''));
    await page.locator('#content').locator('button, p > a').focus();
    await show(served, page, section(instead ?? ''));
    expect(await focused(page)).toBe('title');
  }
});
