import type { Locator } from 'playwright-core';

/** Whether all of it is in view, without scrolling. */
export async function isInView(locator: Locator): Promise<boolean> {
  const [box, window] = [await locator.boundingBox(), locator.page().viewportSize()];
  return box !== null && window !== null && box.y >= 0 && box.y + box.height <= window.height;
}
