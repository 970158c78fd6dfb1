import { and, eq, sql } from 'drizzle-orm';
import { deliveries } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';

/** What keeps a part that failed from being sent once more. */
export type Hindrance =
  /** It had files, which were removed when it failed. */
  | 'files-gone'
  /** It may refer to messages of a chat that has another id since. */
  | 'chat-moved';

/** A part that failed and that nobody has seen to yet. */
export interface FailedDelivery {
  readonly conversationId: string;
  readonly turnId: number | null;
  /** `null`: it can be sent once more. */
  readonly hindrance: Hindrance | null;
}

/** What can still be done about parts that failed. */
export interface FailedDeliveries {
  /** `null` where there is none with this id, or not any more. */
  find(id: number): FailedDelivery | null;
  /**
   * Makes it a part that waits as if it had just been said, in the place that it had. That nothing stands
   * against it is for the caller to see to. Returns whether it was one that failed.
   */
  resend(id: number): boolean;
  /** Lets it be. Returns whether it was one that failed. */
  dismiss(id: number): boolean;
}

// As the partial index has it.
export const FAILED = sql`${deliveries.status} = 'failed' and ${deliveries.dismissedAtMs} is null`;

/** A column of a query of deliveries. */
export const hindrance = sql<Hindrance | null>`case
  when json_array_length(deliveries.part, '$.files') > 0 then 'files-gone'
  when exists (select 1 from chat_moves
    where chat_moves.known_as = deliveries.destination
      and chat_moves.at_ms >= deliveries.created_at_ms) then 'chat-moved' end`;

export function createFailedDeliveries(
  { orm }: Pick<Database, 'orm'>,
  clock: Clock,
): FailedDeliveries {
  return {
    find: (id) =>
      orm
        .select({
          conversationId: deliveries.conversationId,
          turnId: deliveries.turnId,
          hindrance,
        })
        .from(deliveries)
        .where(withId(id))
        .get() ?? null,
    resend: (id) => {
      const now = clock.now();
      const again = {
        status: 'pending',
        attemptCount: 0,
        rateLimited: false,
        dueAtMs: now,
        // It is given up so long after this, see `verdictOn`.
        createdAtMs: now,
        endedAtMs: null,
        reason: null,
      } as const;
      return orm.update(deliveries).set(again).where(withId(id)).run().changes === 1;
    },
    dismiss: (id) =>
      orm.update(deliveries).set({ dismissedAtMs: clock.now() }).where(withId(id)).run().changes ===
      1,
  };
}

function withId(id: number) {
  return and(eq(deliveries.id, id), FAILED);
}
