import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe-core finds, as far as it is used here. */
interface Finding {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly html: string }[];
}

/** What keeps somebody from using pages, gathered over many of them. */
export interface Barriers {
  /**
   * Looks at a page as it is now, on a phone in light and on a desk in dark colours: no colour depends on
   * the width. Leaves it on a desk, light.
   *
   * @param name Of this state of it, for who reads what was found.
   */
  look(page: Page, name: string): Promise<void>;
  /** A line for each: the rule, the element, and where it was met. */
  found(): readonly string[];
}

/** What may be otherwise on a desk and in the dark; the others look at what is the same there. */
const LOOK_RULES = [
  'color-contrast',
  'link-in-text-block',
  'scrollable-region-focusable',
  'target-size',
];

const LOOKS = [
  { name: 'phone, light', width: 320, height: 740, colorScheme: 'light', runOnly: null },
  { name: 'desk, dark', width: 1280, height: 900, colorScheme: 'dark', runOnly: LOOK_RULES },
] as const;

/** Gathers what axe-core finds, and what is wider than a phone. */
export function gatherBarriers(): Barriers {
  const places = new Map<string, string[]>();
  let count = 0;
  const add = (what: string, where: string) => {
    places.set(what, [...(places.get(what) ?? []), where]);
  };
  return {
    look: async (page, name) => {
      await page.evaluate(axe.source);
      for (const { name: how, colorScheme, runOnly, ...viewport } of LOOKS) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        for (const what of await axeOn(page, runOnly)) add(what, `${name} (${how})`);
        for (const what of await stickingOut(page)) add(what, `${name} (${how})`);
        count += 1;
      }
      await page.emulateMedia({ colorScheme: 'light' });
    },
    found: () => {
      if (count === 0) throw new Error('no page was looked at');
      return [...places].map(([what, where]) => `${what} at ${where.join(', ')}`);
    },
  };
}

async function axeOn(page: Page, runOnly: readonly string[] | null): Promise<string[]> {
  const options = { resultTypes: ['violations'], ...(runOnly === null ? {} : { runOnly }) };
  const findings = await page.evaluate<readonly Finding[]>(
    `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations)`,
  );
  return findings.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html }) => `${id} (${help}): ${target.join(' ')}: ${html.slice(0, 160)}`),
  );
}

/** The outermost elements that make the page wider than its window. */
async function stickingOut(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(`(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll('body *')].filter(
      (element) => element.getBoundingClientRect().right > clientWidth + 0.5,
    );
    return [
      \`\${scrollWidth - clientWidth} px wider than its window\`,
      ...wide
        .filter((element) => !wide.includes(element.parentElement))
        .map((element) => \`sticks out: \${element.outerHTML.slice(0, 160)}\`),
    ];
  })()`);
}
