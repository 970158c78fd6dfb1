// A handler that reads the update and does nothing with it: what an acknowledgement costs when nothing
// is kept. And a page that is always the same. JavaScript, so that its memory has no part for stripping
// types.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();
app.post('/telegram/webhook', async (context) => {
  await context.req.json();
  return context.body(null, 200);
});
app.get('/', (context) =>
  context.html(`<!doctype html><title>Bare</title>${'<p>A line.</p>'.repeat(500)}`),
);
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.stdout.write(`${port}\n`);
});
