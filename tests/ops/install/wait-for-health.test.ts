import { expect, onTestFinished, test } from 'vitest';
import { waitForHealth } from '../../../src/ops/install/wait-for-health.ts';
import { createHttpClient } from '../../../src/platform/http-client.ts';
import { testClock } from '../../support/clock.ts';
import { freePort } from '../../support/free-port.ts';
import { healthServer } from '../status/rig.ts';

const HOME = '/home/someone/.claudio';
const LIMIT_MS = 20_000;

/** Waits on a port until the time is over, which it is at the first look whether the service runs. */
async function wait(port: number, runs: boolean) {
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const clock = testClock();
  return await waitForHealth({
    http,
    clock,
    port,
    home: HOME,
    limitMs: LIMIT_MS,
    isRunning: () => {
      clock.advance(LIMIT_MS + 1);
      return Promise.resolve(runs);
    },
  });
}

test('a service that answers has answered, whatever its manager says', async () => {
  const report = { status: 'ok', version: '1.0.0', uptimeSeconds: 1, home: HOME, checks: {} };
  expect(await wait(await healthServer(report), false)).toEqual({ kind: 'answers', report });
});

test('one that runs and does not answer in time is silent, and so is one behind another Claudio', async () => {
  expect(await wait(await freePort(), true)).toEqual({
    kind: 'silent',
    reason: 'connection refused',
  });
  const report = { status: 'ok', version: '1.0.0', uptimeSeconds: 1, home: '/other', checks: {} };
  expect(await wait(await healthServer(report), true)).toEqual({
    kind: 'silent',
    reason: 'another Claudio answers there',
  });
});

test('one that does not run when the time is over has ended', async () => {
  expect(await wait(await freePort(), false)).toEqual({ kind: 'ended' });
});
