import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../src/http/server.ts';

/** A program that has a port and answers every request with this; `null`: not at all. */
async function occupied(answer: string | null): Promise<number> {
  const server = createServer((_, response) => {
    if (answer !== null) response.end(answer);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('a port that another program has is refused with its name and number', async () => {
  for (const answer of ['hello', '{"status":"ok"}', null]) {
    const port = await occupied(answer);
    await expect(listen(new Hono(), port)).rejects.toMatchObject({
      code: 'port.in-use',
      message: `Port ${port} on 127.0.0.1 is taken by node (process ${process.pid}).`,
      hint: 'Stop that program, or set PORT to a free one (and point the tunnel at it).',
    });
  }
});

test('a port that another Claudio has is refused with the home of that one', async () => {
  const port = await occupied('{"status":"ok","pid":7,"home":"/home/another/.claudio"}');
  await expect(listen(new Hono(), port)).rejects.toMatchObject({
    code: 'port.in-use',
    message: `Port ${port} on 127.0.0.1 is taken by another Claudio, that of /home/another/.claudio (process 7).`,
    hint: expect.stringContaining('Each home needs a port of its own'),
  });
});

test('a port that is free is listened on, and given back', async () => {
  const app = new Hono().get('/', (context) => context.text('here'));
  const server = await listen(app, 0);
  expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe('here');
  await server.close();
  const again = await listen(app, server.port);
  expect(again.port).toBe(server.port);
  await again.close();
});
