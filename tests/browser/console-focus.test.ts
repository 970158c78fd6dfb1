import { expect, test } from 'vitest';
import { focused } from '../pages/opened.ts';
import { useBrowser } from './browser.ts';
import { createConsoleWorld } from './console-world.ts';
import { pressByKeyboard } from './keyboard.ts';

const browser = useBrowser();

test('what was done by keyboard is told, and the focus goes to the heading of the list that it went out of', async () => {
  const world = await createConsoleWorld();
  const page = await browser.open();
  await page.goto(world.link());
  const told = page.locator('#told');
  expect(await told.getAttribute('role')).toBe('status');
  expect(await told.textContent()).toBe('');

  for (const [part, button, left, words] of [
    ['interrupted', 'Discard “move the logs', 'Nothing was interrupted.', 'Discarded.'],
    ['failed', 'Discard “It begins with', 'Everything that was said', 'it is shown no more.'],
  ] as const) {
    const list = page.locator(`#${part}`);
    await pressByKeyboard(page, list.getByRole('button', { name: button }));
    await list.getByText(left).waitFor();
    await told.filter({ hasText: words }).waitFor();
    await expect.poll(() => focused(page)).toBe(`${part}-title`);
  }
});
