import { expect, test, vi } from 'vitest';
import { png } from '../mcp/images.ts';
import { useBrowser } from './browser.ts';
import { chatOn } from './chat-page.ts';
import { echoPlayground, usePlayground } from './playground-world.ts';
import { MARKUP } from './seed.ts';

const browser = useBrowser();
const link = usePlayground();

function picture(name: string) {
  return { name, mimeType: 'image/png', buffer: png(40, 30) };
}

test('the first conversation: a message is typed, marked, answered, and its whole way is told with times', async () => {
  const playground = await echoPlayground();
  const page = await browser.open();
  await page.goto(playground.link);
  const chat = chatOn(page);
  await page.getByText('Say hello').waitFor();
  await page.getByText('The echo answers here, not Claude.').waitFor();
  await page.getByText('Nothing was sent yet.').waitFor();

  await chat.say('hello <there> & you');
  const own = chat.own('hello <there> & you');
  await Promise.all([page.getByText('typing …').waitFor(), own.getByText('running').waitFor()]);
  const answer = chat.theirs('You said 4 words, 19 characters:');
  await answer.getByText('I am the echo that is built into the playground').waitFor();
  await own.getByText('answered').waitFor();
  expect(await page.getByText('typing …').count()).toBe(0);
  expect(await chat.field.inputValue()).toBe('');
  expect(await answer.getByRole('link', { name: 'Claude Code' }).getAttribute('href')).toMatch(
    /^https:\/\/code\.claude\.com\//u,
  );

  const way = chat.wayOf('hello <there> & you');
  await way.getByText('noted as sent').waitFor();
  expect(await way.locator('.stages').innerText()).toMatch(
    /webhook.*passed\s+inbox.*passed\s+turns.*passed\s+agent.*passed\s+outbox.*passed\s+channel.*passed/su,
  );
  const steps = await way.locator('.steps > li').allInnerTexts();
  for (const step of ['acknowledged with 200', 'turns #1', 'sendMessage: 200', 'deliveries #1']) {
    expect(steps.some((text) => text.includes(step))).toBe(true);
  }
  const times = steps.map((text) => Number(/^(\d+) ms/u.exec(text)?.[1]));
  expect(times).toEqual(times.toSorted((one, other) => one - other));
  expect(times.at(-1)).toBeGreaterThan(0);
});

test('an album, a document and a voice note from the microphone go out and are answered', async () => {
  const page = await browser.open();
  await page.goto(link());
  const chat = chatOn(page);
  const files = page.getByLabel('Attach files');

  await files.setInputFiles([picture('one.png'), picture('two.png')]);
  await page.getByText('one.png, two.png').waitFor();
  await chat.say('look at these');
  const album = chat.own('look at these');
  await album.getByRole('img', { name: 'Photo' }).nth(1).waitFor();
  expect(await album.count()).toBe(1);
  const widths =
    "[...document.querySelectorAll('.album img')].map(({ naturalWidth }) => naturalWidth)";
  await expect.poll(() => page.evaluate(widths)).toEqual([40, 40]);
  await chat.theirs('You sent 2 files').waitFor();

  await files.setInputFiles({
    name: 'notes.md',
    mimeType: 'text/markdown',
    buffer: Buffer.from('# Notes of today\n\nNone.\n'),
  });
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await chat.own('notes.md').waitFor();
  await chat.theirs('# Notes of today').waitFor();

  await page.getByRole('button', { name: 'Record a voice note' }).click();
  await page.getByRole('button', { name: /^Send 0:(?!00)\d\d$/u }).click();
  const voice = chat.own('').locator('audio');
  await voice.waitFor();
  expect(await voice.getAttribute('aria-label')).toMatch(/^Voice note, \d+ s$/u);
  const duration = "document.querySelector('audio').duration";
  await expect.poll(() => page.evaluate(duration)).toBeGreaterThan(0.5);
  await chat.theirs(/voice|ELEVENLABS/iu).waitFor();
});

test('a button stops what runs; a message is replied to, edited and reacted to', async () => {
  const page = await browser.open();
  await page.goto(link());
  const chat = chatOn(page);

  await chat.say('slow');
  const progress = chat.theirs(/Using step \d of 10/u);
  await progress.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('status').filter({ hasText: 'Stopping' }).waitFor();
  const stopped = chat.theirs('Stopped.');
  await stopped.waitFor();
  await chat.own('slow').getByText('cancelled').waitFor();

  await (await chat.menuOf(stopped)).getByRole('link', { name: /^Reply/u }).click();
  await page.locator('#about').getByText('Reply to').waitFor();
  await chat.say('why?');
  const question = chat.own('why?');
  await question.getByRole('link', { name: /^Claudio .*Stopped/u }).waitFor();
  await chat.theirs('You said 1 word, 4 characters:').waitFor();

  await (await chat.menuOf(question)).getByRole('link', { name: /^Edit/u }).click();
  await page.locator('#about').getByText('Edit', { exact: true }).waitFor();
  expect(await chat.field.inputValue()).toBe('why?');
  await chat.say('why now?');
  await chat.own('why now?').getByText('edited').waitFor();
  await page.locator('#about').getByText('Edit', { exact: true }).waitFor({ state: 'detached' });

  const answer = chat.theirs('You said 1 word, 4 characters:');
  const menu = await chat.menuOf(answer);
  await menu.getByRole('button', { name: 'React with 🎉' }).click();
  await answer.getByText('🎉 from you').waitFor();
  await menu.getByRole('button', { name: 'React with 🎉', pressed: true }).click();
  await answer.getByText('🎉 from you').waitFor({ state: 'detached' });
  await chat.theirs('You said 2 words, 8 characters:').waitFor();
});

test('a command is completed by keyboard', async () => {
  const page = await browser.open();
  await page.goto(link());
  const chat = chatOn(page);
  const commands = page.getByRole('listbox', { name: 'Commands' });

  await chat.field.pressSequentially('/st');
  await commands.getByRole('option', { name: /^\/status / }).waitFor();
  expect(await commands.getByRole('option').allInnerTexts()).toEqual(
    expect.arrayContaining([expect.stringMatching(/^\/stop /u)]),
  );
  await page.keyboard.press('Escape');
  await commands.waitFor({ state: 'hidden' });
  await chat.field.pressSequentially('a');
  await page.keyboard.press('ArrowDown');
  await commands.getByRole('option', { name: /^\/status /, selected: true }).waitFor();
  await page.keyboard.press('Tab');
  expect(await chat.field.inputValue()).toBe('/status ');
  await page.keyboard.press('Enter');
  await chat.own('/status').getByText('answered').waitFor();
  await chat.theirs(/Now: nothing/u).waitFor();

  await chat.field.pressSequentially('/queue');
  await commands.getByRole('option', { name: /^\/queue / }).waitFor();
  await page.keyboard.press('Enter');
  await chat.own('/queue').getByText('answered').waitFor();
  expect(await commands.count()).toBe(0);
});

test('markup in a message and in the name of a file is text, in the chat and beside it', async () => {
  const page = await browser.open();
  await page.goto(link());
  const chat = chatOn(page);
  await page.getByLabel('Attach files').setInputFiles({
    name: `${MARKUP.replaceAll('/', '')}.txt`,
    mimeType: 'text/html',
    buffer: Buffer.from(MARKUP),
  });
  await chat.say(MARKUP);
  for (const place of [chat.own(MARKUP), chat.theirs(MARKUP), chat.wayOf(MARKUP)]) {
    await place.waitFor();
    expect(await place.locator('img, script, b').count()).toBe(0);
  }
});

test('two browsers see the same chat, and what one does the other sees', async () => {
  const [one, other] = [await browser.open(), await browser.open({ width: 390 })];
  for (const page of [one, other]) await page.goto(link());
  await chatOn(one).say('hello from the desk');
  await chatOn(other).own('hello from the desk').waitFor();
  await chatOn(other).say('hello from the phone');
  for (const page of [one, other]) {
    const chat = chatOn(page);
    await chat.theirs('hello from the phone').waitFor();
    for (const own of ['hello from the desk', 'hello from the phone']) {
      await chat.own(own).getByText('answered').waitFor();
    }
  }
  const [desk, phone] = [chatOn(one).bubbles, chatOn(other).bubbles];
  await vi.waitFor(
    async () => expect(await desk.allInnerTexts()).toEqual(await phone.allInnerTexts()),
    10_000,
  );
});

test('the first conversation works with scripts blocked', async () => {
  const playground = await echoPlayground();
  const page = await browser.open({ scripts: false });
  await page.goto(playground.link);
  const chat = chatOn(page);
  await chat.field.fill('hello without scripts');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const own = chat.own('hello without scripts');
  await own.waitFor();
  while ((await own.getByText('answered').count()) === 0) await page.reload();
  const answer = chat.theirs('You said 3 words');
  await (await chat.menuOf(answer)).getByRole('link', { name: /^Reply/u }).click();
  await page.locator('#about').getByText('Reply to').waitFor();
  await page.getByRole('link', { name: 'Cancel the reply' }).click();
  await page.getByLabel('Command', { exact: true }).fill('/status');
  await page.getByRole('button', { name: 'Send the command' }).click();
  await chat.own('/status').waitFor();
});
