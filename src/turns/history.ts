import { and, desc, eq, gt, inArray, lt, notExists, sql } from 'drizzle-orm';
import { conversations, messages, turns } from '../../drizzle/schema.ts';
import type { Database } from '../platform/database/open.ts';

/** One message of the talk so far. */
export interface HistoryEntry {
  readonly role: 'person' | 'claude';
  readonly author: string | null;
  readonly text: string;
  readonly toolSummary: string | null;
  readonly createdAtMs: number;
}

/** Reads what was said before a message. */
export interface History {
  /**
   * At most `limit` messages before the given one and after the last `/new`, oldest first, each answer
   * right behind its question. What was taken back before Claude saw it is not among them.
   */
  before(conversationId: string, messageId: number, limit: number): readonly HistoryEntry[];
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
      ),
    );
  const recent = orm
    .select({
      role: messages.role,
      author: messages.author,
      text: messages.text,
      toolSummary: messages.toolSummary,
      createdAtMs: messages.createdAtMs,
    })
    .from(messages)
    .innerJoin(conversations, eq(conversations.id, messages.conversationId))
    .where(
      and(
        eq(messages.conversationId, sql.placeholder('conversationId')),
        inArray(messages.role, ['person', 'claude']),
        gt(messages.position, conversations.historyAfterMessageId),
        lt(messages.position, sql.placeholder('messageId')),
        notExists(takenBack),
      ),
    )
    .orderBy(desc(messages.position), desc(messages.id))
    .limit(sql.placeholder('limit'))
    .prepare();

  return {
    before: (conversationId, messageId, limit) =>
      recent
        .all({ conversationId, messageId, limit })
        .toReversed()
        .flatMap(({ role, ...entry }) => (role === 'command' ? [] : [{ role, ...entry }])),
  };
}
