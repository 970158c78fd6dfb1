import fc from 'fast-check';
import { expect, test } from 'vitest';
import { surplus } from '../../../src/ops/backup/rotate.ts';
import { backupState, listSnapshots, stampOf } from '../../../src/ops/backup/snapshots.ts';
import { backupPlace } from './place.ts';

const kinds = fc.array(
  fc.record({ kind: fc.constantFrom('hourly' as const, 'daily' as const), id: fc.nat() }),
  { maxLength: 80 },
);
const keeps = fc.record({ hourlyCount: fc.nat(40), dailyCount: fc.nat(10) });

test('of each kind the last ones are kept, as many as asked for and at least one, and nothing else', () => {
  fc.assert(
    fc.property(kinds, keeps, (snapshots, keep) => {
      const removed = surplus(snapshots, keep);
      for (const kind of ['hourly', 'daily'] as const) {
        const own = snapshots.filter((one) => one.kind === kind);
        const kept = own.filter((one) => !removed.includes(one));
        const count = Math.max(1, kind === 'hourly' ? keep.hourlyCount : keep.dailyCount);
        expect(kept).toEqual(own.slice(0, count));
      }
      expect(removed.every((one) => snapshots.includes(one))).toBe(true);
      expect(
        surplus(
          snapshots.filter((one) => !removed.includes(one)),
          keep,
        ),
      ).toEqual([]);
    }),
  );
});

test('where nobody says how many are kept, it is as many as before', async () => {
  const { dest, clock, take } = backupPlace();
  expect(await take({ keep: {} })).toMatchObject({ keep: { hourlyCount: 24, dailyCount: 7 } });
  await take({ keep: { dailyCount: 9 } });
  for (let day = 1; day < 9; day += 1) {
    clock.advance(24 * 3_600_000);
    await take({ keep: {} });
  }
  expect(backupState(dest)).toMatchObject({ hourlyCount: 10, dailyCount: 9 });
});

test('names sort as the times that they stand for, to the minute', () => {
  const minutes = fc.integer({ min: 0, max: 100_000_000 }).map((count) => count * 60_000);
  fc.assert(
    fc.property(minutes, minutes, (one, other) => {
      expect(stampOf(one) < stampOf(other)).toBe(one < other);
      expect(stampOf(one)).toMatch(/^\d{4}-\d{2}-\d{2}_\d{4}$/u);
    }),
  );
});

test('whatever the clock does, the last snapshot stays, the counts hold, and each day has its first', async () => {
  const jumps = fc.array(fc.integer({ min: -50, max: 80 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(jumps, fc.integer({ min: 1, max: 3 }), async (hours, hourlyCount) => {
      const { dest, clock, take } = backupPlace();
      const days = new Set<string>();
      for (const [index, hour] of hours.entries()) {
        const taken = await take({ keep: { hourlyCount, dailyCount: 4 } });
        days.add(taken.name.slice(0, 10));
        const state = backupState(dest);
        expect(state).toMatchObject({
          kind: 'present',
          latest: { path: taken.path },
          hourlyCount: Math.min(index + 1, hourlyCount),
        });
        const daily = listSnapshots(dest).snapshots.filter(({ kind }) => kind === 'daily');
        expect(daily.length).toBeLessThanOrEqual(4);
        expect(daily.length).toBeGreaterThanOrEqual(Math.min(days.size, 4));
        clock.set(clock.now() + hour * 3_600_000);
      }
    }),
    { numRuns: 6 },
  );
});
