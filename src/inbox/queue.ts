import { and, asc, count, eq, isNotNull, min, sql } from 'drizzle-orm';
import { conversations, messages, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { InboundMessage } from '../core/inbound.ts';
import type { Database } from '../platform/database/open.ts';

/** A turn as a person would list it. `text` is the message that it answers. */
export interface QueueEntry {
  readonly turnId: number;
  readonly status: 'queued' | 'running';
  readonly text: string;
  readonly queuedAtMs: number;
  readonly startedAtMs: number | null;
  readonly activity: string | null;
}

/** A turn that was just claimed. */
export interface ClaimedTurn {
  readonly turnId: number;
  readonly conversationId: string;
  readonly messageId: number;
  /** From 1. */
  readonly attempt: number;
  readonly marker: string;
  readonly requestedModel: string;
}

/** The queue of turns, one a conversation, and its fairness between them. */
export interface Queue {
  /**
   * Records a message and its turn, or only tells how many wait where the queue is full.
   * To be called in the transaction that remembers the update.
   */
  enqueue(
    message: InboundMessage,
    model: string,
  ): { readonly kind: 'queued'; readonly turnId: number } | QueueFull;
  /** Sets an interrupted turn going again. */
  requeue(turnId: number): { readonly kind: 'queued' } | { readonly kind: 'gone' } | QueueFull;
  /**
   * Makes the next turn that may run a running one, or returns `null` when there is none: the first of
   * the conversation that has waited longest, counted from its oldest waiting turn or from the end of
   * its last one, whichever came later. So whoever was served last waits behind the others.
   */
  claim(markerPrefix: string): ClaimedTurn | null;
  /** Takes a waiting turn out. Returns whether it was still waiting. */
  cancel(turnId: number): boolean;
  /** Takes all waiting turns of a conversation out. Returns how many. */
  cancelAll(conversationId: string): number;
  /** Asks for a running turn to be stopped. Returns whether it was running. */
  requestStop(turnId: number): boolean;
  /** The running turns whose stop was asked for. */
  stopRequests(): readonly number[];
  /** What runs and what waits in a conversation, in order. */
  entries(conversationId: string): readonly QueueEntry[];
  /** How many turns wait over all, and since when the oldest does. */
  depth(): { readonly waitingCount: number; readonly oldestQueuedAtMs: number | null };
}

// Spelt out as the partial indexes have them: SQLite uses such an index for no other wording, and not
// for bound values. https://sqlite.org/partialindex.html
const ACTIVE = sql`${turns.status} in ('queued', 'running')`;
const RUNNING = sql`${turns.status} = 'running'`;

export interface QueueFull {
  readonly kind: 'full';
  readonly waitingCount: number;
}

export function createQueue(
  database: Database,
  clock: Clock,
  options: { readonly maxQueueSize: number },
): Queue {
  const { orm } = database;
  const waiting = orm
    .select({ count: count() })
    .from(turns)
    .where(
      and(
        eq(turns.conversationId, sql.placeholder('conversationId')),
        ACTIVE,
        eq(turns.status, 'queued'),
      ),
    )
    .prepare();
  const insertMessage = orm
    .insert(messages)
    .values({
      conversationId: sql.placeholder('conversationId'),
      role: 'person',
      author: sql.placeholder('author'),
      text: sql.placeholder('text'),
      platformMessageId: sql.placeholder('platformMessageId'),
      createdAtMs: sql.placeholder('now'),
    })
    .returning({ id: messages.id })
    .prepare();
  const insertTurn = orm
    .insert(turns)
    .values({
      conversationId: sql.placeholder('conversationId'),
      messageId: sql.placeholder('messageId'),
      status: 'queued',
      requestedModel: sql.placeholder('model'),
      queuedAtMs: sql.placeholder('now'),
    })
    .returning({ id: turns.id })
    .prepare();
  const next = orm
    .select({ id: min(turns.id) })
    .from(turns)
    .innerJoin(conversations, eq(conversations.id, turns.conversationId))
    .where(
      sql`${ACTIVE} and ${turns.status} = 'queued' and not exists (
        select 1 from turns as other
        where other.conversation_id = ${turns.conversationId} and other.status = 'running')`,
    )
    .groupBy(turns.conversationId)
    .orderBy(sql`max(min(${turns.queuedAtMs}), ${conversations.servedAtMs})`, sql`min(${turns.id})`)
    .limit(1)
    .prepare();

  const fullness = (conversationId: string): QueueFull | null => {
    const waitingCount = waiting.get({ conversationId })?.count ?? 0;
    return waitingCount >= options.maxQueueSize ? { kind: 'full', waitingCount } : null;
  };

  const cancelWhere = (condition: ReturnType<typeof eq>) =>
    orm
      .update(turns)
      .set({ status: 'cancelled', endedAtMs: clock.now() })
      .where(and(condition, ACTIVE, eq(turns.status, 'queued')))
      .run().changes;

  return {
    enqueue: (message, model) => {
      const conversationId = message.conversation.id;
      const full = fullness(conversationId);
      if (full !== null) return full;
      const now = clock.now();
      const { id: messageId } = insertMessage.get({
        conversationId,
        author: message.sender.name,
        text: message.text,
        platformMessageId: message.messageId,
        now,
      });
      const { id: turnId } = insertTurn.get({ conversationId, messageId, model, now });
      return { kind: 'queued', turnId };
    },

    requeue: (turnId) => {
      const turn = orm.select().from(turns).where(eq(turns.id, turnId)).get();
      if (turn?.status !== 'interrupted') return { kind: 'gone' };
      const full = fullness(turn.conversationId);
      if (full !== null) return full;
      orm
        .update(turns)
        .set({ status: 'queued', queuedAtMs: clock.now(), endedAtMs: null })
        .where(eq(turns.id, turnId))
        .run();
      return { kind: 'queued' };
    },

    claim: (markerPrefix) =>
      database.transaction(() => {
        const turnId = next.get()?.id;
        if (turnId === undefined || turnId === null) return null;
        const marker = sql`${`${markerPrefix}.${turnId}.`} || (${turns.attemptCount} + 1)`;
        const claimed = orm
          .update(turns)
          .set({
            status: 'running',
            attemptCount: sql`${turns.attemptCount} + 1`,
            marker,
            startedAtMs: clock.now(),
            activity: null,
            stopRequestedAtMs: null,
          })
          .where(eq(turns.id, turnId))
          .returning()
          .get();
        return {
          turnId,
          conversationId: claimed.conversationId,
          messageId: claimed.messageId,
          attempt: claimed.attemptCount,
          marker: claimed.marker ?? '',
          requestedModel: claimed.requestedModel,
        };
      }),

    cancel: (turnId) => cancelWhere(eq(turns.id, turnId)) === 1,
    cancelAll: (conversationId) => cancelWhere(eq(turns.conversationId, conversationId)),

    requestStop: (turnId) =>
      orm
        .update(turns)
        .set({ stopRequestedAtMs: clock.now() })
        .where(and(eq(turns.id, turnId), eq(turns.status, 'running')))
        .run().changes === 1,

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
          text: messages.text,
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
