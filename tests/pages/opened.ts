import type { Page } from 'playwright-core';
import type { TestBrowser } from '../browser/browser.ts';
import type { ServedPage } from './served.ts';

/** What a browser says of an answer that is a refusal. */
export const REFUSED =
  /^console: Failed to load resource: the server responded with a status of (?:400|401|500|503) /u;

/** Opens a page, and waits until it listens. */
export async function open(
  browser: TestBrowser,
  served: ServedPage,
  expected: readonly RegExp[] = [],
): Promise<Page> {
  const page = await browser.open({ expected });
  await page.goto(served.url);
  await served.listened(1);
  return page;
}

/** Shows something, and waits until the page has it. */
export async function show(
  served: ServedPage,
  page: Page,
  content: string,
  parts: Readonly<Record<string, string>> = {},
): Promise<void> {
  const mark = String(Number(await page.locator('#mark').textContent()) + 1);
  served.show(content, parts, mark);
  await page
    .locator('#mark')
    .and(page.getByText(mark, { exact: true }))
    .waitFor();
}

/** The id of what has the focus, else its key, else its text; `nothing` where it is nowhere. */
export async function focused(page: Page): Promise<string> {
  return await page.evaluate<string>(`(({ id, dataset, textContent }) =>
    id || dataset.key || textContent.trim())(
    document.activeElement === document.body ? { id: 'nothing' } : document.activeElement,
  )`);
}
