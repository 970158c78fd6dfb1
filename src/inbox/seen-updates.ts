import { and, desc, eq, lt, notInArray, sql } from 'drizzle-orm';
import { updates } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';

/** A bot's newest updates are kept however old they are. */
const KEPT_COUNT = 1000;
/** And all that are younger than this, twice as long as a platform tries to deliver one. */
const KEPT_MS = 48 * 3_600_000;

/** The updates that were acknowledged. */
export interface SeenUpdates {
  /** Remembers an update. Returns whether it is new. To be called in the transaction that acts on it. */
  remember(source: string, updateId: number): boolean;
  /** Forgets what is both old and not among the newest. Returns how many were forgotten. */
  prune(): number;
}

export function createSeenUpdates(database: Database, clock: Clock): SeenUpdates {
  const { orm } = database;
  const insert = orm
    .insert(updates)
    .values({
      source: sql.placeholder('source'),
      updateId: sql.placeholder('updateId'),
      receivedAtMs: sql.placeholder('now'),
    })
    .onConflictDoNothing()
    .prepare();

  return {
    remember: (source, updateId) =>
      insert.run({ source, updateId, now: clock.now() }).changes === 1,
    prune: () =>
      database.transaction(() => {
        let forgotten = 0;
        for (const { source } of orm
          .selectDistinct({ source: updates.source })
          .from(updates)
          .all()) {
          const newest = orm
            .select({ updateId: updates.updateId })
            .from(updates)
            .where(eq(updates.source, source))
            .orderBy(desc(updates.receivedAtMs), desc(updates.updateId))
            .limit(KEPT_COUNT);
          forgotten += orm
            .delete(updates)
            .where(
              and(
                eq(updates.source, source),
                lt(updates.receivedAtMs, clock.now() - KEPT_MS),
                notInArray(updates.updateId, newest),
              ),
            )
            .run().changes;
        }
        return forgotten;
      }),
  };
}
