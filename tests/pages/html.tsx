/** @jsxImportSource hono/jsx */
import { Hono } from 'hono';
import type { Child } from 'hono/jsx';

/** What is written of this in an answer. */
export async function htmlOf(children: Child): Promise<string> {
  const app = new Hono();
  app.get('/', (context) => context.html(<>{children}</>));
  return await (await app.request('/')).text();
}
