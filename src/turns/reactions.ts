import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { messages, reactions, turns } from '../../drizzle/schema.ts';
import { excerpt } from '../core/format.ts';
import type { Database } from '../platform/database/open.ts';

const EXCERPT_LENGTH = 120;

/** What Claude has not heard yet of how people reacted to its answers. */
export interface Untold {
  readonly ids: readonly number[];
  /** A line each, oldest first. */
  readonly lines: readonly string[];
}

/** Keeps count of which reactions Claude was told. */
export interface ReactionStore {
  untold(conversationId: string): Untold;
  /** To be called in the transaction that ends the turn whose prompt told of them. */
  told(untold: Untold, turnId: number): void;
}

export function createReactionStore(database: Database): ReactionStore {
  const { orm } = database;
  const untold = orm
    .select({ reaction: reactions, answer: messages.text })
    .from(reactions)
    .innerJoin(turns, eq(turns.id, reactions.turnId))
    .leftJoin(messages, eq(messages.answersMessageId, turns.messageId))
    .where(
      and(
        eq(reactions.conversationId, sql.placeholder('conversationId')),
        isNull(reactions.toldTurnId),
      ),
    )
    .orderBy(reactions.id)
    .prepare();
  return {
    untold: (conversationId) => {
      const rows = untold.all({ conversationId });
      return {
        ids: rows.map(({ reaction }) => reaction.id),
        lines: rows.map(
          ({ reaction, answer }) =>
            `${reaction.personName} reacted with ${reaction.emoji} to your answer: ${excerpt(answer ?? '', EXCERPT_LENGTH)}`,
        ),
      };
    },
    told: ({ ids }, turnId) => {
      if (ids.length === 0) return;
      orm
        .update(reactions)
        .set({ toldTurnId: turnId })
        .where(inArray(reactions.id, [...ids]))
        .run();
    },
  };
}
