import { and, asc, count, desc, eq, gt, isNotNull, min, sql } from 'drizzle-orm';
import { messages, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';
import { ACTIVE } from './claim.ts';

/** A turn as a person would list it. `text` is the message that it answers. */
export interface QueueEntry {
  readonly turnId: number;
  readonly status: 'queued' | 'running';
  readonly text: string;
  /** Who asked, and what they call themselves; `null` where it was typed in a shell, or is older than that. */
  readonly personId: string | null;
  readonly author: string | null;
  readonly queuedAtMs: number;
  readonly startedAtMs: number | null;
  readonly activity: string | null;
}

/** What can be seen of the queue. */
export interface QueueView {
  /** The last turn that answers this message, by itself or with others. */
  latest(messageId: number): typeof turns.$inferSelect | null;
  /** The running turns whose stop was asked for. */
  stopRequests(): readonly number[];
  /** What runs and what waits in a conversation, in order. */
  entries(conversationId: string): readonly QueueEntry[];
  /** When the next turn comes due that waits for its time; `null` where none does. */
  nextDueAtMs(): number | null;
  /** How many turns wait over all, and since when the oldest does. */
  depth(): { readonly waitingCount: number; readonly oldestQueuedAtMs: number | null };
}

// As the partial index has it.
export const RUNNING = sql`${turns.status} = 'running'`;

/** The words of a message, or what came without any. */
export const shownText = sql<string>`coalesce(nullif(trim(${messages.text}), ''),
  (select '(' || group_concat(coalesce(name, kind), ', ') || ')' from attachments
    where attachments.message_id = ${messages.id}), '')`;

export function createQueueView({ orm }: Database, clock: Clock): QueueView {
  const nextDue = orm
    .select({ dueAtMs: min(turns.notBeforeMs) })
    .from(turns)
    .where(and(ACTIVE, eq(turns.status, 'queued'), gt(turns.notBeforeMs, sql.placeholder('now'))))
    .prepare();

  return {
    latest: (messageId) => {
      const last = orm
        .select()
        .from(turns)
        .where(eq(turns.messageId, messageId))
        .orderBy(desc(turns.id))
        .limit(1)
        .get();
      if (last?.joinedTurnId === undefined || last.joinedTurnId === null) return last ?? null;
      return orm.select().from(turns).where(eq(turns.id, last.joinedTurnId)).get() ?? null;
    },

    stopRequests: () =>
      orm
        .select({ id: turns.id })
        .from(turns)
        .where(and(RUNNING, isNotNull(turns.stopRequestedAtMs)))
        .all()
        .map(({ id }) => id),

    entries: (conversationId) =>
      orm
        .select({
          turnId: turns.id,
          status: turns.status,
          text: shownText,
          personId: turns.personId,
          author: messages.author,
          queuedAtMs: turns.queuedAtMs,
          startedAtMs: turns.startedAtMs,
          activity: turns.activity,
        })
        .from(turns)
        .innerJoin(messages, eq(messages.id, turns.messageId))
        .where(and(eq(turns.conversationId, conversationId), ACTIVE))
        .orderBy(sql`${turns.status} = 'queued'`, asc(turns.id))
        .all()
        .flatMap((row) =>
          row.status === 'queued' || row.status === 'running'
            ? [{ ...row, status: row.status }]
            : [],
        ),

    nextDueAtMs: () => nextDue.get({ now: clock.now() })?.dueAtMs ?? null,

    depth: () => {
      const row = orm
        .select({ waitingCount: count(), oldestQueuedAtMs: min(turns.queuedAtMs) })
        .from(turns)
        .where(and(ACTIVE, eq(turns.status, 'queued')))
        .get();
      return row ?? { waitingCount: 0, oldestQueuedAtMs: null };
    },
  };
}
