import { expect, test } from 'vitest';
import { createHealth, type Check } from '../../src/http/health.ts';
import { testClock } from '../support/clock.ts';

function health(checks: Record<string, Check>) {
  const clock = testClock();
  return { clock, ask: createHealth({ clock, version: '1.2.3', checks }) };
}

test('a healthy answer is good for thirty seconds, any other for none', async () => {
  let count = 0;
  let ok = true;
  const { clock, ask } = health({
    part: () => {
      count += 1;
      return { ok };
    },
  });
  expect(await ask()).toMatchObject({ status: 'ok', version: '1.2.3', uptimeSeconds: 0 });
  clock.advance(29_999);
  ok = false;
  expect((await ask()).status).toBe('ok');
  expect(count).toBe(1);
  clock.advance(1);
  expect(await ask()).toMatchObject({ status: 'failing', uptimeSeconds: 30 });
  ok = true;
  expect((await ask()).status).toBe('ok');
  expect(count).toBe(3);
});

test('a clock that is set back keeps no healthy answer good for longer', async () => {
  let ok = true;
  const { clock, ask } = health({ part: () => ({ ok }) });
  expect((await ask()).status).toBe('ok');
  clock.advance(30_000);
  clock.set(clock.now() - 3_600_000);
  ok = false;
  expect((await ask()).status).toBe('failing');
});

test('those who ask at the same time share one look', async () => {
  let count = 0;
  const gate = Promise.withResolvers<void>();
  const { ask } = health({
    part: async () => {
      count += 1;
      await gate.promise;
      return { ok: false };
    },
  });
  const asked = [ask(), ask(), ask()];
  gate.resolve();
  const reports = await Promise.all(asked);
  expect(count).toBe(1);
  expect(new Set(reports).size).toBe(1);
});

test('a check that throws or hangs fails by itself, in well under a second', async () => {
  const { ask } = health({
    good: () => ({ ok: true, detail: 7 }),
    bad: () => {
      throw new Error('disk I/O error');
    },
    hanging: () => new Promise(() => undefined),
  });
  const startedAtMs = performance.now();
  const report = await ask();
  expect(performance.now() - startedAtMs).toBeLessThan(1000);
  expect(report).toMatchObject({
    status: 'failing',
    checks: {
      good: { ok: true, detail: 7 },
      bad: { ok: false, remedy: 'disk I/O error' },
      hanging: { ok: false, remedy: expect.stringContaining('did not answer') },
    },
  });
});
