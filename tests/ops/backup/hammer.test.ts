import BetterSqlite3 from 'better-sqlite3';
import { expect, test } from 'vitest';
import { findSnapshot } from '../../../src/ops/backup/find.ts';
import { verifySnapshot } from '../../../src/ops/backup/verify.ts';
import { backupPlace, stored } from './place.ts';
import { startWriter } from './writer.ts';

const SNAPSHOT_COUNT = 8;
/** Between two snapshots. */
const LEAST_TURN_COUNT = 50;

test(
  'snapshots taken while another process writes turn after turn are each whole, and hold just what was committed by then',
  { timeout: 120_000 },
  async () => {
    const { home, dest, clock, take } = backupPlace();
    const writer = await startWriter(home);
    const keep = { hourlyCount: 1000, dailyCount: 1 };
    for (let count = 0; count < SNAPSHOT_COUNT; count += 1) {
      const atLeast = writer.committedCount();
      const taken = await take({ keep });
      clock.advance(60_000);
      const turnCount = heldBy(stored(taken, 'claudio.db'));
      expect(turnCount).toBeGreaterThanOrEqual(atLeast);
      // It was really taken in the midst of it. And no write waited for it: the writer gives up a lock that
      // it does not get within the 250 ms of every database that Claudio opens.
      await writer.committed(turnCount + LEAST_TURN_COUNT);
    }
    const timesMs = await writer.stop();
    expect(timesMs).toHaveLength(2 * writer.committedCount());
    expect(heldBy(stored(await take({ keep }), 'claudio.db'))).toBe(writer.committedCount());
    expect(await verifySnapshot(findSnapshot('latest', dest))).toEqual([]);
  },
);

/** Looks at a stored database and returns how many turns it has; the last one may be without an answer. */
function heldBy(path: string): number {
  const database = new BetterSqlite3(path, { readonly: true });
  try {
    const numbers = (sql: string): number[] => database.prepare(sql).pluck().all().map(Number);
    const texts = database
      .prepare("SELECT text FROM messages WHERE role = 'person' ORDER BY id")
      .pluck()
      .all();
    const done = numbers("SELECT id FROM turns WHERE status = 'done' ORDER BY id");
    const queued = numbers("SELECT id FROM turns WHERE status = 'queued'");
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.pragma('foreign_key_check')).toEqual([]);
    expect(texts).toEqual(texts.map((_, index) => `Question ${index + 1}`));
    expect(done).toEqual(done.map((_, index) => index + 1));
    expect(queued).toEqual(texts.length === done.length ? [] : [done.length + 1]);
    expect(numbers('SELECT turn_id FROM deliveries ORDER BY id')).toEqual(done);
    expect(numbers('SELECT count(answers_message_id) FROM messages')).toEqual([done.length]);
    return done.length;
  } finally {
    database.close();
  }
}
