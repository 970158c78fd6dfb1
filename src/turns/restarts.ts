import { and, asc, eq, inArray, isNull, notExists, or, sql } from 'drizzle-orm';
import { deliveries, restarts, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';

/** Restarts of the service that Claude asks for: at most one a message, however often that is answered. */
export interface Restarts {
  request(turnId: number, reason: string): 'scheduled' | 'scheduled-before' | 'done-before';
  /**
   * The restart of the oldest message whose turn asked for it in the attempt that came to its end, and has
   * said all that it had to say. One that was stopped restarts nothing.
   */
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
        inArray(turns.status, ['done', 'failed']),
        eq(turns.attemptCount, restarts.attempt),
        or(isNull(turns.speech), eq(turns.speech, 'done')),
        notExists(unsaid),
      ),
    )
    .orderBy(asc(restarts.messageId))
    .limit(1)
    .prepare();

  const turnById = orm
    .select()
    .from(turns)
    .where(eq(turns.id, sql.placeholder('turnId')))
    .prepare();
  const byMessage = orm
    .select()
    .from(restarts)
    .where(eq(restarts.messageId, sql.placeholder('messageId')))
    .prepare();

  return {
    settle: () => {
      orm.update(restarts).set({ begunAtMs: clock.now() }).where(PENDING).run();
    },

    request: (turnId, reason) =>
      database.transaction(() => {
        const turn = turnById.get({ turnId });
        if (turn === undefined) throw new Error(`no turn ${turnId}`);
        const { messageId, attemptCount: attempt } = turn;
        const before = byMessage.get({ messageId });
        if (before !== undefined && before.begunAtMs !== null) return 'done-before';
        if (before?.turnId === turnId && before.attempt === attempt) return 'scheduled-before';
        // What an attempt before this one asked for counts no more.
        const asked = { turnId, attempt, reason, requestedAtMs: clock.now() };
        orm
          .insert(restarts)
          .values({ messageId, ...asked })
          .onConflictDoUpdate({ target: restarts.messageId, set: asked })
          .run();
        return 'scheduled';
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
