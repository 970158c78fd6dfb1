import { expect, test } from 'vitest';
import { PAGES } from '../../src/console/frame.tsx';
import { SECRET_TOKEN } from '../e2e/http.ts';
import { useBrowser } from './browser.ts';
import { createConsoleWorld } from './console-world.ts';
import { isInView } from './in-view.ts';
import { MARKUP } from './seed.ts';

const browser = useBrowser();

test('a search finds a message and leads to it, with all that is known of its turn', async () => {
  const world = await createConsoleWorld();
  const page = await browser.open();
  await page.goto(world.link());
  await page.getByRole('link', { name: 'Conversations' }).click();
  await page.getByRole('searchbox').fill('incident report');
  await page.getByRole('searchbox').press('Enter');
  await page.locator('mark').filter({ hasText: 'incident' }).waitFor();
  await page
    .getByRole('article')
    .getByRole('link', { name: /^Owner, / })
    .click();

  const message = page.locator('article:target');
  await message.getByText('summarise the incident report').waitFor();
  await expect.poll(() => isInView(message)).toBe(true);
  await message.getByText('Failed', { exact: true }).waitFor();

  const asked = page.getByRole('article').filter({ hasText: 'why is the build red?' }).last();
  await asked.locator('summary').click();
  await asked.getByText('Running npm test').waitFor();
  for (const fact of ['Tokens', 'Cost', 'Ran', 'Model']) {
    expect(await asked.getByRole('term').filter({ hasText: fact }).count()).toBe(1);
  }
});

test('markup in what was said, in names, memories and the audit log is text', async () => {
  const world = await createConsoleWorld();
  const page = await browser.open();
  await page.goto(world.link());
  for (const path of [
    '/',
    '/conversations',
    '/conversations/telegram%3A1%3A-1001',
    '/search?q=alert',
    '/memories',
    '/audit',
  ]) {
    await page.goto(world.url + path);
    await page.getByRole('main').getByText(MARKUP.slice(0, 20)).first().waitFor();
    expect(await page.locator('main img, main script, main b').count()).toBe(0);
  }
});

test('each chart is told in words, with its numbers as a table', async () => {
  const world = await createConsoleWorld();
  const page = await browser.open();
  await page.goto(world.link());
  await page.getByRole('link', { name: 'Usage' }).click();
  // The page is streamed: its tables come one after the other.
  await page.waitForURL('**/usage');
  for (const [title, number] of [
    ['Turns, by model', /^\d+$/u],
    ['Time to answer, median', /^\d+ s$/u],
    ['Tokens, by model', /^[\d.]+K$/u],
    ['Cost, by model', /^\$\d\.\d+$/u],
  ] as const) {
    const chart = page.getByRole('img', { name: title });
    await chart.waitFor();
    expect(await chart.locator('desc').textContent()).not.toBe('');
    expect(await chart.locator('path[class^="series-"]').count()).toBeGreaterThan(1);
    const figure = page.getByRole('figure').filter({ has: chart });
    await figure.getByText('Numbers', { exact: false }).click();
    const numbers = figure.getByRole('table', { name: title });
    const cells = await numbers.getByRole('cell').allInnerTexts();
    expect(cells.some((cell) => number.test(cell))).toBe(true);
    expect(await numbers.getByRole('row').count()).toBe(31);
  }
  await page.getByRole('link', { name: '7 days' }).click();
  await page.getByRole('row', { name: /^Last 7 days/u }).waitFor();
});

test('a memory is forgotten after a question, the audit log is verified, and no secret is shown', async () => {
  const world = await createConsoleWorld();
  const page = await browser.open();
  await page.goto(world.link());
  await page.getByRole('link', { name: 'Memories' }).click();
  await page.getByRole('link', { name: 'Forget “The staging server' }).click();
  await page.getByRole('heading', { level: 1, name: 'Shall I forget this?' }).waitFor();
  await page.getByText('The staging server is staging.example.com.', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Keep it' }).click();
  await page.getByRole('link', { name: 'Forget “The staging server' }).click();
  await page.getByRole('button', { name: 'Forget it' }).click();
  await page.getByRole('status').filter({ hasText: 'Forgotten: 1 memory.' }).waitFor();
  expect(await page.getByText('The staging server').count()).toBe(0);

  await page.getByRole('link', { name: 'Audit' }).click();
  await page.getByRole('button', { name: 'Verify all entries' }).click();
  await page
    .getByRole('status')
    .filter({ hasText: /Unbroken \d+ entries\./u })
    .waitFor();

  await page.getByRole('link', { name: 'Configuration' }).click();
  await page
    .getByRole('row', { name: /^TELEGRAM_BOT_TOKEN/u })
    .first()
    .waitFor();
  const content = await page.content();
  for (const secret of ['test-token', SECRET_TOKEN, 'not-a-key']) {
    expect(content).not.toContain(secret);
  }
});

test('with scripts blocked every page is readable, and a turn is stopped', async () => {
  const world = await createConsoleWorld({ claude: 'real' });
  world.model.useTool('Bash', { command: 'sleep 4000' });
  await world.api.say('watch the build');
  const page = await browser.open({ scripts: false });
  await page.goto(world.link());
  for (const { path, label } of PAGES) {
    await page.goto(world.url + path);
    await page.getByRole('heading', { level: 1, name: label }).waitFor();
    expect((await page.getByRole('main').innerText()).length).toBeGreaterThan(100);
  }
  await page.goto(world.url);
  await page.getByRole('button', { name: 'Stop “watch the build”' }).click();
  await page.getByRole('status').filter({ hasText: 'Stopping.' }).waitFor();
  await world.api.message('the word in the chat', ({ text }) => text.startsWith('⏹ Stopped'));
  await page.getByRole('link', { name: 'Now' }).click();
  await page.getByText('Nothing runs.').waitFor();
});
