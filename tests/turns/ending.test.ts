import { expect, test } from 'vitest';
import { createMask } from '../../src/core/mask.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import { createWorker } from '../../src/turns/worker.ts';
import { testLog } from '../support/log.ts';
import { turnWorld } from '../support/turns.ts';

test('of what a program printed when it failed, the beginning is in the log, all of it at debug, and no secret', async () => {
  const secret = 'made-up-own-secret-1234';
  const world = turnWorld({
    mask: createMask(() => [secret]),
    work: async function* work() {
      yield {
        type: 'completed',
        outcome: {
          kind: 'failed',
          failure: { code: 'execution-error' },
          detail: `It printed ${secret} and ${'so on '.repeat(600)}END`,
          model: 'haiku',
          usage: NO_USAGE,
        },
      };
    },
  });
  const { log, lines } = testLog();
  const parts = { bootId: 'boot', maxConcurrentTurns: 1, ended: () => undefined };
  const worker = createWorker({ ...world, ...parts, log });
  world.arrive('red');
  worker.wake();
  await worker.drain(10_000);
  const detailOf = (event: string) =>
    String(lines.find((line) => line.event === event)?.['detail']);
  expect(detailOf('turn.failed')).toMatch(/^It printed ‹masked: my own secret› and so on/u);
  expect(detailOf('turn.failed')).toHaveLength(300);
  expect(detailOf('turn.failed-with')).toMatch(/^It printed ‹masked[^]* END$/u);
  expect(JSON.stringify(lines)).not.toContain(secret);
});
