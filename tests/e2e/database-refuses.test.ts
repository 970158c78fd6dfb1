import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { readDatabase } from './inspect.ts';
import { createWorld } from './service.ts';

test('an update that the database does not take gets a 503, and is answered once when it is delivered again (promise 1: a message is not lost)', async () => {
  const world = await createWorld({ claude: 'instant' });
  const service = await world.start();
  const other = new BetterSqlite3(join(world.home, 'claudio.db'));
  onTestFinished(() => void other.close());
  other.exec('BEGIN IMMEDIATE');

  const delivered = world.api.say('hello');
  await world.api.until('two refusals', () => world.api.deliveries[1]);
  await service.logged('webhook.not-committed');
  const askedAtMs = performance.now();
  const health = await fetch(`${service.url}/health`);
  expect(health.status).toBe(503);
  expect(performance.now() - askedAtMs).toBeLessThan(1000);
  expect(await health.json()).toMatchObject({
    checks: {
      database: { ok: false, remedy: expect.stringContaining('locked') },
      // What Telegram could not deliver is told as well.
      webhook: {
        ok: true,
        pendingCount: 1,
        lastError: { message: expect.stringContaining('503') },
      },
    },
  });
  other.exec('ROLLBACK');

  const { attempts } = await delivered;
  const statuses = attempts.map(({ status }) => status);
  expect(statuses.slice(0, 2)).toEqual([503, 503]);
  expect(statuses.at(-1)).toBe(200);
  const [answer] = await world.api.sent(1);
  expect(answer?.text).toBe('An instant answer.');
  expect(readDatabase(world.home).query.turns.findMany().sync()).toHaveLength(1);
});
