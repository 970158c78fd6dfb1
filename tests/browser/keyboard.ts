import type { Locator, Page } from 'playwright-core';

/** More than there is on any page before what a test is after. */
const MOST_TABS = 80;

/**
 * Goes to something with the Tab key alone, from wherever the focus is, and presses Enter there.
 *
 * @throws Error where the Tab key does not lead there, or where nothing shows that it did.
 */
export async function pressByKeyboard(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let count = 0; count < MOST_TABS; count += 1) {
    await page.keyboard.press('Tab');
    if ((await target.and(page.locator(':focus')).count()) === 0) continue;
    const outline = await page.evaluate<string>(
      'getComputedStyle(document.activeElement).outlineStyle',
    );
    if (outline === 'none') throw new Error('nothing shows where the focus is');
    await page.keyboard.press('Enter');
    return;
  }
  throw new Error('the Tab key does not lead there');
}
