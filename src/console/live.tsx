import { Hono, type Context } from 'hono';
import type { Child } from 'hono/jsx';
import { renderToString } from 'hono/jsx/dom/server';
import { type Fragments, streamPatches } from '../pages/live.ts';
import { HealthBadge } from './frame.tsx';
import { createNowLists, type NowParts } from './now-lists.tsx';
import type { ConsoleParts } from './parts.ts';

/** The streams that keep open pages up to date: what is in the header of all, and the lists of the first. */
export function livePage(
  parts: NowParts & Pick<ConsoleParts, 'history' | 'subscribe' | 'ended' | 'log'>,
): Hono {
  const { subscribe, ended } = parts;
  const lists = createNowLists(parts);
  const health = () => <HealthBadge failing={parts.history.failingCount()} />;
  const app = new Hono();

  const stream = (context: Context, render: () => Fragments): Response =>
    streamPatches(context, {
      subscribe,
      render,
      ended,
      onFault: (error) => {
        parts.log.error({ path: context.req.path, err: error }, 'console.broken');
      },
    });

  app.get('/live', (context) => stream(context, () => fragments([['health', health()]])));
  app.get('/live/now', (context) =>
    stream(context, () => fragments([['health', health()], ...lists()])),
  );
  return app;
}

/** Elements of a page, each with its id, as they are sent. */
export function fragments(elements: Iterable<readonly [id: string, element: Child]>): Fragments {
  return new Map([...elements].map(([id, element]) => [id, { html: renderToString(element) }]));
}
