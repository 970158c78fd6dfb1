import { setImmediate } from 'node:timers/promises';
import type { Context } from 'hono';
import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import { renderToString } from 'hono/jsx/dom/server';
import { stream } from 'hono/streaming';

/** Stands in a page for the pieces that are sent one by one. No text that is escaped reads like it. */
const MARK = '<!--pieces-->';
export const PIECES = raw(MARK);

/**
 * Answers with a page a piece at a time: what stands before {@link PIECES} in it at once, then each piece as
 * it is made, with a pause for others between two of them.
 *
 * @param options.ended Cuts the pieces short, not the page: the service stops.
 * @param options.faulty Told what the making of a piece threw; what it returns stands in the place of the rest.
 */
export function answerPiecewise(
  context: Context,
  page: Child,
  pieces: Iterable<Child> | AsyncIterable<Child>,
  options: { readonly ended?: AbortSignal; readonly faulty?: (error: unknown) => Child } = {},
): Response {
  const html = renderToString(page);
  const at = html.indexOf(MARK);
  context.header('content-type', 'text/html; charset=UTF-8');
  // Without it, what sends the page waits for more of it first.
  context.header('transfer-encoding', 'chunked');
  return stream(context, async (out) => {
    await out.write(html.slice(0, at));
    try {
      for await (const piece of pieces) {
        await setImmediate();
        if (out.aborted || options.ended?.aborted === true) break;
        await out.write(renderToString(piece));
      }
    } catch (error) {
      if (options.faulty === undefined) throw error;
      await out.write(renderToString(options.faulty(error)));
    }
    await out.write(html.slice(at + MARK.length));
  });
}
