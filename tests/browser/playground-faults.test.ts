import { expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { SERVICE_AWAY, useBrowser } from './browser.ts';
import { chatOn } from './chat-page.ts';
import { echoPlayground, usePlayground } from './playground-world.ts';

const browser = useBrowser();
const link = usePlayground();

test('where Telegram answers 429 and 502, an answer waits, and arrives once', async () => {
  const page = await browser.open();
  await page.goto(link());
  const chat = chatOn(page);

  const stop = page.getByRole('button', { name: 'Stop' });
  await chat.fault('Telegram answers 502');
  await page.locator('#fault-bad-gateway').getByText('now').waitFor();
  await chat.say('is anybody there?');
  const way = chat.wayOf('is anybody there?');
  await way.getByText('sendMessage: 502').first().waitFor();
  expect(await chat.theirs('You said 3 words').count()).toBe(0);
  await chat.fault('Telegram is back');
  await page.locator('.faults .badge').first().waitFor({ state: 'detached' });
  await chat.theirs('You said 3 words').waitFor();
  await way.getByText('sendMessage: 200').waitFor();

  await chat.fault('Telegram answers 429');
  await chat.say('and now?');
  await chat.wayOf('and now?').getByText('sendMessage: 429').first().waitFor();
  expect(await chat.theirs('You said 2 words').count()).toBe(0);
  await chat.fault('Telegram is back');
  await chat.theirs('You said 2 words').waitFor();
  await stop.waitFor({ state: 'detached' });
  expect(await chat.bubbles.count()).toBe(4);
});

test('the same update once more is answered once, and a queue that is full says so', async () => {
  const page = await browser.open();
  await page.goto(link());
  const chat = chatOn(page);

  await chat.say('please answer this once');
  await chat.theirs('You said 4 words').waitFor();
  await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached' });
  const count = await chat.bubbles.count();
  await chat.fault('Send the same update again');
  await chat
    .wayOf('please answer this once')
    .getByText('a duplicate: nothing is done twice')
    .waitFor();
  expect(await chat.bubbles.count()).toBe(count);

  await chat.fault('Fill the queue');
  const full = chat.theirs('The queue is full: 5 messages already waiting');
  await full.nth(1).waitFor();
  expect(await full.count()).toBe(2);
  await chat.own('message 6 of 8').getByText('queued').waitFor();
});

test('after kill -9 the service comes back by itself, and what ran is offered with Retry', async () => {
  const playground = await echoPlayground();
  const page = await browser.open();
  await page.goto(playground.link);
  const chat = chatOn(page);
  const service = page.locator('#service');

  await chat.say('slow');
  await chat.own('slow').getByText('running').waitFor();
  await chat.say('and what else?');
  await chat.own('and what else?').getByText('queued').waitFor();
  await chat.fault('kill -9 the service');
  await service.getByText('ended by SIGKILL').waitFor();
  await service.getByText('started 2 times').waitFor();
  await service.getByText('running', { exact: true }).waitFor();

  await chat.own('slow').getByText('interrupted').waitFor();
  const offer = chat.bubbles.filter({ has: page.getByRole('button', { name: 'Retry' }) });
  await offer.getByRole('button', { name: 'Discard' }).waitFor();
  await chat.theirs('You said 3 words').waitFor();
  await offer.getByRole('button', { name: 'Retry' }).click();
  await chat.own('slow').getByText('running').waitFor();
  await chat.wayOf('slow').locator('summary').click();
  await chat.wayOf('slow').getByText('taken on, attempt 2').waitFor();
});

test('a page says that the playground is away, and goes on when it is back on its port', async () => {
  const port = await freePort();
  const playground = await echoPlayground(port);
  const page = await browser.open({
    expected: [...SERVICE_AWAY, /^console: Failed to load resource: .* 401 /u],
  });
  await page.goto(playground.link);
  await playground.close();
  await page.getByText('The playground is away.').waitFor();

  // Another playground knows nobody who was in the one before.
  const next = await echoPlayground(port);
  await page.getByRole('alert').filter({ hasText: 'Open the link that' }).waitFor();
  await page.goto(next.link);
  await chatOn(page).say('back again');
  await chatOn(page).theirs('You said 2 words').waitFor();
  expect(await page.getByText('The playground is away.').isVisible()).toBe(false);
});
