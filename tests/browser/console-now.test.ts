import { eq } from 'drizzle-orm';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { consoleKeys } from '../../drizzle/schema.ts';
import { said } from '../e2e/person.ts';
import { SERVICE_AWAY, useBrowser } from './browser.ts';
import { createConsoleWorld } from './console-world.ts';
import { pressByKeyboard } from './keyboard.ts';

const browser = useBrowser();

/** Marks the page, so that a reload would be told from a change. */
async function mark(page: Page): Promise<{ isSame(): Promise<boolean> }> {
  await page.evaluate('window.marked = true');
  return { isSame: () => page.evaluate<boolean>('window.marked === true') };
}

function part(page: Page, name: string): Locator {
  return page.getByRole('region', { name, exact: true });
}

test('a turn is seen while it runs, without a reload, and is stopped by keyboard', async () => {
  const world = await createConsoleWorld({ claude: 'real', isEmpty: true });
  const page = await browser.open();
  await page.goto(world.link());
  const running = part(page, 'Running');
  await running.getByText('Nothing runs.').waitFor();
  const marked = await mark(page);

  world.model.useTool('Bash', { command: 'sleep 4000' });
  await world.api.say('watch the build');
  await running.getByRole('link', { name: 'watch the build' }).waitFor();
  await running.getByText('Running sleep 4000').waitFor();

  await pressByKeyboard(page, running.getByRole('button', { name: 'Stop “watch the build”' }));
  await running.getByText('Nothing runs.').waitFor();
  await part(page, 'Today').getByText('Turns').waitFor();
  expect(await marked.isSame()).toBe(true);
  await world.api.message('the word in the chat', ({ text }) => text.startsWith('⏹ Stopped'));
});

test('what was interrupted is retried, what was not delivered is discarded, and both are seen at once', async () => {
  const world = await createConsoleWorld();
  const page = await browser.open();
  await page.goto(world.link());
  const marked = await mark(page);

  const interrupted = part(page, 'Interrupted');
  const retried = said(world, 'An instant answer.');
  await interrupted.getByRole('button', { name: 'Retry “move the logs to the new disk”' }).click();
  await interrupted.getByText('Nothing was interrupted.').waitFor();
  await retried;

  const failed = part(page, 'Not delivered');
  await failed.getByText('Forbidden: bot was blocked by the user').waitFor();
  await failed.getByRole('button', { name: 'Discard “It begins with version 0.1.' }).click();
  await failed.getByText('Everything that was said has arrived').waitFor();
  expect(await marked.isSame()).toBe(true);
});

test('a page says that the service is away and goes on by itself when it is back, and shows the way in when its time is over', async () => {
  const world = await createConsoleWorld({ isEmpty: true });
  const page = await browser.open({
    expected: [...SERVICE_AWAY, /^console: Failed to load resource: .* 401 /u],
  });
  await page.goto(world.link());
  const marked = await mark(page);
  const away = page.getByText('Claudio does not answer.');
  await page.getByText('No turn has ended today.').waitFor();
  expect(await away.isVisible()).toBe(false);

  world.service.signal('SIGTERM');
  await away.waitFor();
  expect(await world.service.exit).toMatchObject({ code: 0 });
  await world.start();
  await away.waitFor({ state: 'hidden' });
  const answered = said(world, 'An instant answer.');
  await world.api.say('are you there?');
  await answered;
  await part(page, 'Today').getByText('Turns').waitFor();
  expect(await marked.isSame()).toBe(true);

  world.database.orm
    .update(consoleKeys)
    .set({ expiresAtMs: 1 })
    .where(eq(consoleKeys.kind, 'session'))
    .run();
  await world.api.say('and now?');
  await page.getByRole('alert').filter({ hasText: 'Run `claudio console`' }).waitFor();
});
