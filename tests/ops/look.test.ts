import { expect, test } from 'vitest';
import { createLook } from '../../src/ops/look.ts';
import { testClock } from '../support/clock.ts';

test('a slow look is stood in for by the last that went well, while that is young enough', async () => {
  const clock = testClock();
  const looks: PromiseWithResolvers<string>[] = [];
  const ask = createLook({
    clock,
    look: () => {
      const look = Promise.withResolvers<string>();
      looks.push(look);
      return look.promise;
    },
    isWell: (found) => !found.startsWith('bad'),
    freshMs: 0,
    keptMs: 60_000,
    waitMs: 1,
  });

  const first = ask();
  looks[0]?.resolve('good');
  expect(await first).toBe('good');

  clock.advance(59_999);
  expect(await ask()).toBe('good');
  // The look goes on, nobody begins a second one, and what it finds counts.
  expect(await ask()).toBe('good');
  expect(looks).toHaveLength(2);

  clock.advance(1);
  const late = ask();
  looks[1]?.resolve('bad news');
  expect(await late).toBe('bad news');

  const anew = ask();
  looks[2]?.resolve('good again');
  expect(await anew).toBe('good again');
});
