import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../src/http/server.ts';
import { isOwnPeer, peerOf } from '../../src/pages/peer.ts';

test('the user who asks over the loopback is told where the system does, and nobody’s guess otherwise', async () => {
  const app = new Hono();
  app.get('/', (context) => context.json(peerOf(context)));
  expect(await (await app.request('/')).json()).toBeNull();
  const server = await listen(app, 0);
  onTestFinished(() => server.close());
  const answer = await fetch(`http://127.0.0.1:${server.port}/`);
  expect(await answer.json()).toBe(process.platform === 'linux' ? process.getuid?.() : null);
});

test('root and who cannot be told count as one’s own, and no other user does', () => {
  const own = process.getuid?.() ?? 0;
  expect([own, 0, null].map(isOwnPeer)).toEqual([true, true, true]);
  expect([own + 1, 65_534].map(isOwnPeer)).toEqual([false, false]);
});
