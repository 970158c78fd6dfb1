import { and, asc, count, eq, sql } from 'drizzle-orm';
import { memories, reactions, recalls, toolUses, turns } from '../../drizzle/schema.ts';
import type { Database } from '../platform/database/open.ts';
import { isAmong } from './conversation-rows.ts';

/** So many of the tools of a turn are shown. */
const TOOL_COUNT = 100;
/** So much of a memory is read. */
const MEMORY_LENGTH = 300;

/** A turn, with what it did. */
export interface ShownTurn {
  readonly turn: typeof turns.$inferSelect;
  /** The first of them, in the order in which they began. */
  readonly tools: readonly Pick<
    typeof toolUses.$inferSelect,
    'attempt' | 'tool' | 'summary' | 'startedAtMs'
  >[];
  /** How many more there were. */
  readonly moreToolCount: number;
  /** The memories that it was reminded of, best first, as far as they are not forgotten. */
  readonly recalls: readonly {
    readonly memoryId: number;
    readonly text: string;
    readonly score: number;
    readonly foundBy: (typeof recalls.$inferSelect)['foundBy'];
  }[];
  /** How people reacted to what it said. */
  readonly reactions: readonly Pick<
    typeof reactions.$inferSelect,
    'personName' | 'emoji' | 'atMs'
  >[];
}

/** Reads the turns of messages. */
export interface ShownTurns {
  /** By the message that each answers, the oldest first; those without a turn are left out. */
  of(
    conversationId: string,
    messageIds: readonly number[],
  ): ReadonlyMap<number, readonly ShownTurn[]>;
  /** The message that a turn of this conversation answers; `null` where there is no such turn. */
  messageOf(conversationId: string, turnId: number): number | null;
}

export function createShownTurns({ orm }: Database): ShownTurns {
  const usedBy = orm
    .select({
      attempt: toolUses.attempt,
      tool: toolUses.tool,
      summary: toolUses.summary,
      startedAtMs: toolUses.startedAtMs,
    })
    .from(toolUses)
    .where(eq(toolUses.turnId, sql.placeholder('turnId')))
    .orderBy(asc(toolUses.id))
    .limit(TOOL_COUNT)
    .prepare();
  const usedCount = orm
    .select({ count: count() })
    .from(toolUses)
    .where(eq(toolUses.turnId, sql.placeholder('turnId')))
    .prepare();
  const toolsOf = (turnId: number) => {
    const tools = usedBy.all({ turnId });
    if (tools.length < TOOL_COUNT) return { tools, moreToolCount: 0 };
    return { tools, moreToolCount: (usedCount.get({ turnId })?.count ?? 0) - TOOL_COUNT };
  };

  return {
    of: (conversationId, messageIds) => {
      const rows = orm
        .select()
        .from(turns)
        .where(isAmong(turns.messageId, messageIds))
        .orderBy(asc(turns.id))
        .all();
      const ids = rows.map(({ id }) => id);
      const recalled = Map.groupBy(
        orm
          .select({
            turnId: recalls.turnId,
            memoryId: recalls.memoryId,
            text: sql<string>`substr(${memories.text}, 1, ${sql.raw(String(MEMORY_LENGTH))})`,
            score: recalls.score,
            foundBy: recalls.foundBy,
          })
          .from(recalls)
          .innerJoin(memories, eq(memories.id, recalls.memoryId))
          .where(isAmong(recalls.turnId, ids))
          .orderBy(recalls.turnId, recalls.place)
          .all(),
        ({ turnId }) => turnId,
      );
      const reacted = Map.groupBy(
        orm
          .select({
            turnId: reactions.turnId,
            personName: reactions.personName,
            emoji: reactions.emoji,
            atMs: reactions.atMs,
          })
          .from(reactions)
          .where(and(eq(reactions.conversationId, conversationId), isAmong(reactions.turnId, ids)))
          .orderBy(reactions.id)
          .all(),
        ({ turnId }) => turnId,
      );
      return Map.groupBy(
        rows.map((turn) => ({
          turn,
          ...toolsOf(turn.id),
          recalls: recalled.get(turn.id) ?? [],
          reactions: reacted.get(turn.id) ?? [],
        })),
        ({ turn }) => turn.messageId,
      );
    },
    messageOf: (conversationId, turnId) =>
      orm
        .select({ messageId: turns.messageId })
        .from(turns)
        .where(and(eq(turns.id, turnId), eq(turns.conversationId, conversationId)))
        .get()?.messageId ?? null,
  };
}
