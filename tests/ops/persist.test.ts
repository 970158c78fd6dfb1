import { expect, test } from 'vitest';
import { persist } from '../../src/ops/persist.ts';

test('a step is tried until it succeeds, and again when it is asked for', async () => {
  const outcomes = [false, false, true, false, true];
  let tries = 0;
  const step = persist(() => Promise.resolve(outcomes[tries++] ?? true), 1);
  await step.done();
  expect(tries).toBe(3);
  step.kick();
  step.kick();
  await step.done();
  expect(tries).toBe(5);
});

test('closing ends the waiting at once, and nothing is tried after it', async () => {
  let tries = 0;
  const first = Promise.withResolvers<void>();
  const step = persist(() => {
    tries += 1;
    first.resolve();
    return Promise.resolve(false);
  }, 3_600_000);
  await first.promise;
  step.close();
  await step.done();
  step.kick();
  await step.done();
  expect(tries).toBe(1);
});
