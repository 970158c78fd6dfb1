import type { Child } from 'hono/jsx';
import { renderToString } from 'hono/jsx/dom/server';
import type { Fragment, Fragments } from '../pages/live.ts';

/** An element of the page that is kept up to date. */
export interface Part {
  readonly id: string;
  /** See `Fragment`. */
  readonly into?: string;
  /** As long as it stays the same, so does the element; left out: nobody knows. */
  readonly key?: string;
  readonly node: Child;
}

/** Draws the parts of a page as its stream sends them, and no part again that stays the same. */
export function createDrawing(): (parts: readonly Part[]) => Fragments {
  let before = new Map<string, { readonly key: string; readonly fragment: Fragment }>();
  return (parts) => {
    const kept: typeof before = new Map();
    const fragments = parts.map(({ id, into, key, node }): [string, Fragment] => {
      const known = before.get(id);
      const fragment =
        known !== undefined && known.key === key
          ? known.fragment
          : { html: renderToString(node), ...(into === undefined ? {} : { into }) };
      if (key !== undefined) kept.set(id, { key, fragment });
      return [id, fragment];
    });
    before = kept;
    return new Map(fragments);
  };
}
