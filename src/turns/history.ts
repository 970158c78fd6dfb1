import { and, desc, eq, gt, inArray, lt, notExists, type SQL, sql } from 'drizzle-orm';
import { conversations, messages, turns } from '../../drizzle/schema.ts';
import type { Quote } from '../core/inbound.ts';
import type { Database } from '../platform/database/open.ts';

/** One message of the talk so far. */
export interface HistoryEntry {
  /** `overheard`: said in a group, and not to the bot. */
  readonly role: 'person' | 'claude' | 'overheard';
  readonly author: string | null;
  readonly text: string;
  readonly quote: Quote | null;
  readonly forwardedFrom: string | null;
  /** The files that came with it, by name: they are no longer there. */
  readonly attached: string | null;
  readonly toolSummary: string | null;
  readonly createdAtMs: number;
}

/** A turn, as far as the talk goes. */
interface TurnPlace {
  readonly turnId: number;
  readonly conversationId: string;
  readonly messageId: number;
}

/** Reads what was said before a message. */
export interface History {
  /**
   * At most `limit` messages before the given one, without those of its turn's own, and after the last `/new`, oldest first, each answer
   * right behind its question. What was taken back before Claude saw it is not among them. At most half of
   * them were overheard.
   */
  before(turn: TurnPlace, limit: number): readonly HistoryEntry[];
}

export function createHistory(database: Database): History {
  const { orm } = database;
  const takenBack = orm
    .select({ id: turns.id })
    .from(turns)
    .where(
      and(
        eq(turns.messageId, messages.id),
        eq(turns.status, 'cancelled'),
        eq(turns.attemptCount, 0),
        // A second turn for the same message, with another model, may have been taken back by itself.
        sql`not exists (select 1 from turns as other
          where other.message_id = ${turns.messageId} and other.id <> ${turns.id}
            and (other.attempt_count > 0 or other.status = 'joined'))`,
      ),
    );
  const joined = orm
    .select({ id: turns.id })
    .from(turns)
    .where(
      and(eq(turns.messageId, messages.id), eq(turns.joinedTurnId, sql.placeholder('turnId'))),
    );
  const newest = (...which: readonly SQL[]) =>
    orm
      .select({
        id: messages.id,
        position: messages.position,
        isAnswer: sql<0 | 1>`${messages.answersMessageId} is not null`,
        role: messages.role,
        author: messages.author,
        text: messages.text,
        quote: messages.quote,
        forwardedFrom: messages.forwardedFrom,
        attached: sql<string | null>`(select group_concat(coalesce(name, kind), ', ')
        from attachments where attachments.message_id = ${messages.id} and kind <> 'speech')`,
        toolSummary: messages.toolSummary,
        createdAtMs: messages.createdAtMs,
      })
      .from(messages)
      .innerJoin(conversations, eq(conversations.id, messages.conversationId))
      .where(
        and(
          eq(messages.conversationId, sql.placeholder('conversationId')),
          ...which,
          gt(messages.position, conversations.historyAfterMessageId),
          lt(messages.position, sql.placeholder('messageId')),
          notExists(takenBack),
          notExists(joined),
        ),
      )
      .orderBy(
        desc(messages.position),
        // An answer to a second attempt keeps the row of the first, and stands behind what was said since.
        desc(sql`${messages.answersMessageId} is not null`),
        desc(messages.id),
      )
      .limit(sql.placeholder('limit'))
      .prepare();

  const spoken = newest(inArray(messages.role, ['person', 'claude']));
  // Elsewhere there is nothing, and all that was ever said would be looked through for it.
  const overheard = newest(eq(messages.role, 'overheard'), eq(conversations.listens, true));

  return {
    before: ({ turnId, conversationId, messageId }, limit) => {
      const place = { turnId, conversationId, messageId };
      return [
        ...spoken.all({ ...place, limit }),
        // Anybody in a group can say any number of things to others.
        ...overheard.all({ ...place, limit: Math.floor(limit / 2) }),
      ]
        .toSorted(inOrder)
        .slice(-limit)
        .flatMap(({ id: _id, position: _position, isAnswer: _isAnswer, role, ...entry }) =>
          role === 'command' ? [] : [{ role, ...entry }],
        );
    },
  };
}

interface Placed {
  readonly position: number | null;
  readonly isAnswer: 0 | 1;
  readonly id: number;
}

function inOrder(a: Placed, b: Placed): number {
  return (a.position ?? a.id) - (b.position ?? b.id) || a.isAnswer - b.isAnswer || a.id - b.id;
}
