import { and, asc, eq, isNull, notInArray, notExists, or, sql } from 'drizzle-orm';
import { deliveries, restarts, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';

/** Restarts of the service that Claude asks for: at most one a turn, however often that turn is run. */
export interface Restarts {
  request(turnId: number, reason: string): 'scheduled' | 'scheduled-before' | 'done-before';
  /** The oldest restart whose turn is over and has said all that it had to say. */
  due(): { readonly turnId: number; readonly reason: string } | null;
  /** Counts all that were asked for as done. */
  settle(): void;
  /**
   * To be called before the service stops for a restart: from then on it counts as done.
   *
   * @returns false where it was begun before.
   */
  begin(turnId: number): boolean;
}

// As the partial index has it.
const PENDING = isNull(restarts.begunAtMs);

export function createRestarts(database: Database, clock: Clock): Restarts {
  const { orm } = database;
  const unsaid = orm
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.turnId, restarts.turnId),
        sql`${deliveries.status} in ('pending', 'sending')`,
      ),
    );
  const nextDue = orm
    .select({ turnId: restarts.turnId, reason: restarts.reason })
    .from(restarts)
    .innerJoin(turns, eq(turns.id, restarts.turnId))
    .where(
      and(
        PENDING,
        notInArray(turns.status, ['queued', 'running']),
        or(isNull(turns.speech), eq(turns.speech, 'done')),
        notExists(unsaid),
      ),
    )
    .orderBy(asc(restarts.turnId))
    .limit(1)
    .prepare();

  return {
    settle: () => {
      orm.update(restarts).set({ begunAtMs: clock.now() }).where(PENDING).run();
    },

    request: (turnId, reason) =>
      database.transaction(() => {
        const { changes } = orm
          .insert(restarts)
          .values({ turnId, reason, requestedAtMs: clock.now() })
          .onConflictDoNothing()
          .run();
        if (changes === 1) return 'scheduled';
        const row = orm.select().from(restarts).where(eq(restarts.turnId, turnId)).get();
        return row?.begunAtMs === null ? 'scheduled-before' : 'done-before';
      }),
    due: () => nextDue.get() ?? null,
    begin: (turnId) =>
      orm
        .update(restarts)
        .set({ begunAtMs: clock.now() })
        .where(and(eq(restarts.turnId, turnId), PENDING))
        .run().changes === 1,
  };
}
