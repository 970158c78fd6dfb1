import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { useBrowser } from './browser.ts';
import { chatOn } from './chat-page.ts';
import { isInView } from './in-view.ts';
import { usePlayground } from './playground-world.ts';

const HEIGHT = 740;
const browser = useBrowser();
const link = usePlayground();

async function onPhone(options: Parameters<typeof browser.open>[0] = {}): Promise<Page> {
  const page = await browser.open({ ...options, width: 390 });
  await page.setViewportSize({ width: 390, height: HEIGHT });
  return page;
}

test('who answers is in view at once, and "Back to the chat" leads to the last words', async () => {
  const page = await onPhone();
  await page.goto(link());
  const chat = chatOn(page);
  const notice = page.getByText('You talk to the echo, not to Claude.');
  for (const seen of [notice, page.getByText('Say hello'), chat.field]) {
    await seen.waitFor();
    expect(await isInView(seen)).toBe(true);
  }

  await chat.say('hello from a phone');
  const answer = chat.theirs('You said 4 words');
  await answer.waitFor();
  await notice.getByRole('link').click();
  const banner = page.getByText('The echo answers here, not Claude.');
  await expect.poll(() => isInView(banner)).toBe(true);
  await page.getByRole('link', { name: 'Back to the chat' }).click();
  for (const seen of [notice, answer.locator('.foot'), chat.field]) {
    await expect.poll(() => isInView(seen)).toBe(true);
  }

  await page.setViewportSize({ width: 1280, height: HEIGHT });
  expect(await notice.isVisible()).toBe(false);
  expect(await isInView(banner)).toBe(true);
});

test('with scripts blocked, a reply and an edit lead to the chat and what one writes', async () => {
  const page = await onPhone({ scripts: false });
  await page.goto(link());
  const chat = chatOn(page);
  await chat.field.fill('no scripts here');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  for (const name of [/^Reply/u, /^Edit/u]) {
    const menu = await chat.menuOf(chat.own('no scripts here'));
    await menu.getByRole('link', { name }).click();
    await page.waitForURL(/#chat$/u);
    for (const seen of [
      page.locator('#about strong'),
      chat.field,
      chat.bubbles.last().locator('.foot'),
    ]) {
      expect(await isInView(seen)).toBe(true);
    }
  }
});

/** Writes down the microphones that are opened, each when the person has allowed it. */
const WATCH_MICROPHONES = `
  if (navigator.mediaDevices) {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    window.asked = [];
    window.tracks = [];
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      await new Promise((resolve) => window.asked.push(resolve));
      const stream = await open(wanted);
      window.tracks.push(...stream.getTracks());
      return stream;
    };
  }
`;
/** As when one goes to another page and comes back to this one, which the browser has kept. */
const LEAVE = `
  dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
  dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
`;
const ALLOW = 'for (const allow of window.asked) allow()';

test('the microphone is let go of whatever one presses, and a recording that was not sent is kept', async () => {
  const page = await onPhone({ expected: [/net::ERR_FAILED/u] });
  await page.addInitScript(WATCH_MICROPHONES);
  await page.goto(link());
  const record = page.getByRole('button', { name: 'Record a voice note' });
  const discard = page.getByRole('button', { name: 'Discard' });
  const send = page.getByRole('button', { name: /^Send \d:\d\d$/u });
  const holds = (words: string) =>
    expect.poll(() => page.evaluate(words), { timeout: 10_000 }).toBe(true);
  const askedFor = (count: number) => holds(`window.asked.length === ${count}`);
  const released = (count: number) =>
    holds(
      `window.tracks.length === ${count} && window.tracks.every(({ readyState }) => readyState === 'ended')`,
    );

  await record.dblclick();
  await page.getByRole('button', { name: 'Asking for the microphone …' }).waitFor();
  await askedFor(1);
  await page.evaluate(ALLOW);
  await send.waitFor();
  await discard.click();
  await released(1);
  await record.waitFor();
  expect(await discard.isVisible()).toBe(false);

  await record.click();
  await askedFor(2);
  await discard.click();
  await record.waitFor();
  await page.evaluate(ALLOW);
  await released(2);
  expect(await record.isVisible()).toBe(true);

  await record.click();
  await askedFor(3);
  await page.evaluate(LEAVE);
  await page.evaluate(ALLOW);
  await released(3);

  await record.click();
  await askedFor(4);
  await page.evaluate(ALLOW);
  await page.getByRole('button', { name: /^Send 0:(?!00)\d\d$/u }).waitFor();
  await page.evaluate(LEAVE);
  await released(4);

  await page.route('**/voice', (route) => route.abort());
  await send.click();
  await page.getByText('The playground does not answer.').waitFor();
  await send.waitFor();
  expect(await discard.isVisible()).toBe(true);
  await page.unroute('**/voice');
  await send.click();
  await chatOn(page).own('').locator('audio').waitFor();
  await record.waitFor();
  await released(4);
});
