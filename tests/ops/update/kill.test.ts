import { describe, expect, test } from 'vitest';
import { updateWorld, type Behaviour } from './world.ts';

const MIGRATION = 9_100_000_000_000;
/** So many of the moments of an update are tried, evenly over all of it; `0`: each of them. */
const TRIED_COUNT = Number(process.env['UPDATE_KILLS'] ?? '4');
const SEED = Number(process.env['UPDATE_SEED'] ?? '3');

function moments(stepCount: number): number[] {
  const all = Array.from({ length: stepCount }, (_, index) => index + 1);
  if (TRIED_COUNT === 0) return all;
  const every = stepCount / TRIED_COUNT;
  return all.filter(
    (moment) => Math.floor((moment + SEED) / every) !== Math.floor((moment + SEED - 1) / every),
  );
}

const CASES: readonly [string, string, Behaviour, string, number][] = [
  ['one that is well', 'has the new release', { migration: MIGRATION }, '2.0.0', 30_000],
  // One that stays ill is not waited for longer than a test needs.
  ['one that is not', 'has the old release', { migration: MIGRATION, start: 'ill' }, '1.0.0', 500],
];

describe.each(CASES)(
  'an update to %s, killed at any moment,',
  (_, then, behaviour, version, wellWithinMs) => {
    test(`lets the program run all the same, and the next update ${then}, with nothing lost`, async () => {
      const whole = await updateWorld();
      whole.release('2.0.0', behaviour);
      const undisturbed = await whole.drive(wellWithinMs);
      if (undisturbed === 'killed') throw new Error('nobody was to kill it');
      expect(whole.versions()).toEqual([version]);
      const tried = moments(undisturbed.stepCount);
      expect(tried.length).toBeGreaterThanOrEqual(Math.max(1, TRIED_COUNT - 1));

      for (const moment of tried) {
        const world = await updateWorld();
        world.release('2.0.0', behaviour);
        expect(await world.drive(wellWithinMs, moment), `at ${moment}`).toBe('killed');
        // Whatever stands there can be run: a program that is not of a piece ends with an error.
        expect(world.run('version'), `at ${moment}`).toMatch(/^[12]\.0\.0$/u);
        const again = await world.drive(wellWithinMs);
        if (again === 'killed') throw new Error('nobody was to kill it');
        expect(world.versions(), `at ${moment}`).toEqual([version]);
        expect(world.leftovers(), `at ${moment}`).toEqual([]);
        await expect
          .poll(world.health, { message: `at ${moment}`, timeout: 30_000 })
          .toMatchObject({ version, status: 'ok' });
        expect(world.database().updates, `at ${moment}`).toEqual([1]);
        expect(world.database().migrations, `at ${moment}`).toEqual(
          version === '2.0.0' ? [MIGRATION] : [],
        );
        await world.service.stop();
      }
    }, 600_000);
  },
);
