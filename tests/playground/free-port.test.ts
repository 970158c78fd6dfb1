import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../src/http/server.ts';
import { freePort } from '../../src/playground/free-port.ts';
import * as support from '../support/free-port.ts';

test('the port of the service is none that the system gives out, and none that somebody has', async () => {
  expect(await freePort()).toBeLessThan(32_768);
  const [taken, free] = [await support.freePort(), await support.freePort()];
  const server = await listen(new Hono(), taken);
  onTestFinished(() => server.close());
  const tried = [taken, taken, free];
  expect(await freePort(() => tried.shift() ?? 0)).toBe(free);
  expect(tried).toEqual([]);
});
