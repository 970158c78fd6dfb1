import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../src/http/server.ts';
import { freePort } from '../support/free-port.ts';

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
  const server = await listen(app, await freePort());
  expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe('here');
  await server.close();
  const again = await listen(app, server.port);
  expect(again.port).toBe(server.port);
  await again.close();
});

/** A connection as a browser opens it ahead of time, and what has come over it. */
async function connected(port: number) {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  const ended = once(socket, 'close');
  await once(socket, 'connect');
  return { socket, ended, received: () => received };
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';

test('the end waits for what is being answered, and for no connection on which nothing is asked', async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<string>();
  const app = new Hono().get('/', async (context) => {
    asked.resolve();
    return context.text(await answer.promise);
  });
  const server = await listen(app, 0);
  const silent = await connected(server.port);
  const asking = await connected(server.port);
  asking.socket.write(REQUEST);
  await asked.promise;
  const closed = server.close();
  await silent.ended;
  answer.resolve('the answer');
  await asking.ended;
  expect(asking.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nthe answer$/u);
  await closed;
});

test('the end does not wait for ever: what is not answered is cut off', async () => {
  const asked = Promise.withResolvers<void>();
  const app = new Hono().get('/', () => {
    asked.resolve();
    return new Promise<Response>(() => undefined);
  });
  const server = await listen(app, 0);
  const asking = await connected(server.port);
  asking.socket.write(REQUEST);
  await asked.promise;
  await server.close();
  await asking.ended;
  expect(asking.received()).toBe('');
});
