import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { whileOpen } from '../../src/console/while-open.ts';
import { streamPatches } from '../../src/pages/live.ts';
import { createChanging, fragmentsOf, readPatches } from '../pages/patches.ts';

test('a stream ends with the next beat when it may not go on, though nothing has changed', async () => {
  const changing = createChanging();
  const app = new Hono();
  app.get('/live', (context) =>
    streamPatches(context, {
      subscribe: changing.subscribe,
      render: () => fragmentsOf({ a: 'a' }),
      ended: new AbortController().signal,
      beatMs: 20,
      onFault: (error) => {
        throw error;
      },
    }),
  );
  const { body } = await app.request('/live');
  if (body === null) throw new Error('the answer has no body');
  let isOpen = true;
  const reader = readPatches(new Response(whileOpen(body, () => isOpen)));
  const beatCount = () => reader.events.filter(({ name }) => name === 'beat').length;
  expect(await reader.until(() => beatCount() === 2)).toBe(true);
  isOpen = false;
  expect(await reader.until(() => false)).toBe(false);
  expect(beatCount()).toBe(2);
  expect(changing.listenerCount()).toBe(0);
});
