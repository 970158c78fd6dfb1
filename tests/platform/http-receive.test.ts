import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { createHttpClient } from '../../src/platform/http-client.ts';

async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const http = createHttpClient();
  onTestFinished(async () => {
    await http.close();
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { http, url: `http://127.0.0.1:${address.port}/` };
}

test('a body is handed on piece by piece, however large it is', async () => {
  const { http, url } = await serve((_, response) => {
    response.end(Buffer.alloc(20_000_000));
  });
  const sizes: number[] = [];
  const answer = await http.receive({ url, stallMs: 5000 }, async (chunk) => {
    sizes.push(chunk.byteLength);
  });
  expect(answer).toEqual({ kind: 'answered', status: 200, location: null });
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(20_000_000);
  expect(Math.max(...sizes)).toBeLessThan(1_000_000);
});

test('nothing is handed on of a redirect, and it is not followed', async () => {
  const { http, url } = await serve((_, response) => {
    response.writeHead(302, { location: '/there' }).end('It is there.');
  });
  expect(await http.receive({ url, stallMs: 5000 }, refuse)).toEqual({
    kind: 'answered',
    status: 302,
    location: '/there',
  });
});

test('a body that stalls, or breaks off, is a failure', async () => {
  const { http, url } = await serve((request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half', () => {
      if (request.url === '/broken') response.destroy();
    });
  });
  expect(await http.receive({ url, stallMs: 1000 }, drop)).toEqual({
    kind: 'failed',
    reason: 'answer stalled',
  });
  expect((await http.receive({ url: `${url}broken`, stallMs: 5000 }, drop)).kind).toBe('failed');
});

test('what whoever takes it throws is thrown', async () => {
  const { http, url } = await serve((_, response) => void response.end('a body'));
  const fault = new Error('the disk is full');
  const received = http.receive({ url, stallMs: 5000 }, async () => {
    throw fault;
  });
  await expect(received).rejects.toBe(fault);
});

test('it can be given up', async () => {
  const { http, url } = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half');
  });
  const giveUp = new AbortController();
  const received = http.receive({ url, stallMs: 5000, signal: giveUp.signal }, async () =>
    giveUp.abort(),
  );
  expect(await received).toEqual({ kind: 'failed', reason: 'aborted' });
});

async function refuse(): Promise<void> {
  throw new Error('something was handed on');
}

async function drop(): Promise<void> {
  // Whatever it is.
}
