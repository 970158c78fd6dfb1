import { expect, test } from 'vitest';
import { SERVICE_AWAY, useBrowser } from '../browser/browser.ts';
import { focused, open, REFUSED, show } from './opened.ts';
import { servePage, type Answer, type ServedPage } from './served.ts';

const browser = useBrowser();

const FORM = (attributes: string) =>
  `<form id="form" method="post" action="/post" ${attributes}>` +
  '<label>Words <input id="words" name="words" value=""></label>' +
  '<button id="send" name="how" value="now">Send</button></form>';

/** An answer that a test gives when it wants to. */
function held(served: ServedPage): (answer: Answer) => void {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  served.answers.push(promise);
  return resolve;
}

test('a quiet form is sent with its button and without leaving the page, once at a time; the focus stays', async () => {
  const served = await servePage();
  const page = await open(browser, served);
  const form = FORM('data-quiet data-told="Sent."');
  await show(served, page, form);
  await page.locator('#words').fill('hello');
  const answer = held(served);
  await page.locator('#send').focus();
  await page.keyboard.press('Enter');
  await page.locator('#send:disabled').waitFor();
  // A patch gives the button back before the answer is there.
  await show(served, page, `<p>more</p>${form}`);
  await page.locator('#send').click();
  answer({ status: 303, text: '' });
  await page.locator('#told').filter({ hasText: 'Sent.' }).waitFor();
  expect(page.url()).toBe(served.url);
  expect(await page.locator('#words').inputValue()).toBe('hello');
  await expect.poll(() => focused(page)).toBe('send');

  // What the second press had sent would have come before this.
  await page.locator('#words').fill('goodbye');
  const [request] = await Promise.all([
    page.waitForRequest('**/post'),
    page.locator('#send').click(),
  ]);
  await request.response();
  expect(served.posted).toEqual([
    { words: 'hello', how: 'now' },
    { words: 'goodbye', how: 'now' },
  ]);
});

test('what a quiet form is refused for is said on the page, until the next one is taken', async () => {
  const served = await servePage();
  served.show(FORM('data-quiet'));
  const page = await open(browser, served, [REFUSED]);
  const alert = page.getByRole('alert');
  for (const [status, text, said] of [
    [400, 'That turn is <b>over</b>.', 'That turn is <b>over</b>.'],
    [500, '<!doctype html><p>page', 'That did not work (500).'],
    [503, 'x'.repeat(1000), 'That did not work (503).'],
    [400, '', 'That did not work (400).'],
  ] as const) {
    held(served)({ status, text });
    await page.locator('#send').click();
    await alert.filter({ hasText: said }).waitFor();
    expect(await alert.locator('*').count()).toBe(0);
  }
  await page.locator('#send').click();
  await alert.waitFor({ state: 'hidden' });
});

test('a quiet form that nobody answers says so', async () => {
  const served = await servePage();
  served.show(FORM('data-quiet'));
  const page = await open(browser, served, SERVICE_AWAY);
  await served.stop();
  await page.locator('#send').click();
  await page.getByRole('alert').filter({ hasText: 'Try again when it is back.' }).waitFor();
});

test('a quiet form that is sent when the session is over leads to the way in', async () => {
  const served = await servePage();
  served.show(FORM('data-quiet'));
  const page = await open(browser, served, [REFUSED]);
  served.refuse(401);
  held(served)({ status: 401, text: 'over' });
  await page.locator('#send').click();
  await page.getByRole('heading', { name: 'Way in' }).waitFor();
});

test('a form that is emptied takes the next at once, sends in order, and gives back what was refused', async () => {
  const served = await servePage();
  served.show(FORM('data-quiet="reset"'));
  const page = await open(browser, served, [REFUSED]);
  const words = page.locator('#words');
  const [first, second] = [held(served), held(served)];
  for (const text of ['one', 'two']) {
    await words.fill(text);
    await words.press('Enter');
    expect(await words.inputValue()).toBe('');
  }
  first({ status: 303, text: '' });
  second({ status: 400, text: 'Not two.' });
  await page.getByRole('alert').filter({ hasText: 'Not two.' }).waitFor();
  expect(served.posted.map((fields) => fields['words'])).toEqual(['one', 'two']);
  expect(await words.inputValue()).toBe('two');

  const third = held(served);
  await words.press('Enter');
  await words.fill('typed since');
  third({ status: 400, text: 'Still not.' });
  await page.getByRole('alert').filter({ hasText: 'Still not.' }).waitFor();
  expect(await words.inputValue()).toBe('typed since');
});

test('other forms are sent as forms are', async () => {
  const served = await servePage();
  served.show(FORM(''));
  const page = await open(browser, served);
  await page.locator('#send').click();
  await page.getByRole('heading', { name: 'Other' }).waitFor();
});

test('what a quiet form did is told by the words that it carries, and no longer once the next is sent', async () => {
  const served = await servePage();
  const page = await open(browser, served, [REFUSED]);
  const words = '&lt;b&gt;Stopping.&lt;/b&gt;';
  await show(
    served,
    page,
    `<section aria-labelledby="title"><h2 id="title" tabindex="-1">Running</h2>${FORM(`data-quiet data-told="${words}"`)}</section>`,
  );
  const told = page.locator('#told');
  await page.locator('#send').click();
  await told.filter({ hasText: '<b>Stopping.</b>' }).waitFor();
  expect(await told.locator('*').count()).toBe(0);

  const answer = held(served);
  await page.locator('#send').focus();
  await page.keyboard.press('Enter');
  await page.locator('#send:disabled').waitFor();
  expect(await told.textContent()).toBe('');
  // The form goes before the answer is there.
  await show(
    served,
    page,
    '<section aria-labelledby="title"><h2 id="title" tabindex="-1">Running</h2></section>',
  );
  answer({ status: 303, text: '' });
  await told.filter({ hasText: '<b>Stopping.</b>' }).waitFor();
  await expect.poll(() => focused(page)).toBe('title');
});
