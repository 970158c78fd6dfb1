import type { Locator, Page } from 'playwright-core';

/** The chat of a page of the playground, as a person uses it. */
export interface ChatPage {
  readonly field: Locator;
  /** All bubbles, and those of one side that hold a text. */
  readonly bubbles: Locator;
  own(text: string | RegExp): Locator;
  theirs(text: string | RegExp): Locator;
  /** Writes a message and sends it with Enter. */
  say(text: string): Promise<void>;
  /** Opens what one can do with a message. */
  menuOf(bubble: Locator): Promise<Locator>;
  /** What the panel tells of the way of a message. */
  wayOf(text: string): Locator;
  /** Lets something go wrong. */
  fault(label: string): Promise<void>;
}

export function chatOn(page: Page): ChatPage {
  const bubbles = page.getByRole('log').getByRole('article');
  const field = page.getByRole('textbox', { name: 'Message', exact: true });
  return {
    field,
    bubbles,
    own: (text) => bubbles.filter({ hasText: 'You:' }).filter({ hasText: text }),
    theirs: (text) => bubbles.filter({ hasText: 'Claudio:' }).filter({ hasText: text }),
    say: async (text) => {
      await field.fill(text);
      await field.press('Enter');
    },
    menuOf: async (bubble) => {
      const menu = bubble.locator('details.menu');
      await menu.locator('summary').click();
      return menu;
    },
    wayOf: (text) => page.locator('#ways > li').filter({ hasText: text }),
    fault: (label) => page.getByRole('button', { name: label, exact: true }).click(),
  };
}
