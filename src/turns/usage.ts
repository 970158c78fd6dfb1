import { and, count, desc, eq, gte, isNotNull, sql, sum } from 'drizzle-orm';
import { turns } from '../../drizzle/schema.ts';
import type { Database } from '../platform/database/open.ts';

/** What turns used, added up. */
export interface UsageTotal {
  readonly turnCount: number;
  /** All input, whether it came from the cache or not. */
  readonly inputTokenCount: number;
  readonly outputTokenCount: number;
  readonly costUsd: number;
}

/** Looks back on ended turns. */
export interface UsageReport {
  /** All turns that ended at or after a time, of all conversations. */
  since(fromMs: number): UsageTotal;
  /** The same by the model that answered, the dearest first. */
  byModelSince(fromMs: number): readonly (UsageTotal & { readonly model: string })[];
  /** The last turn of a conversation that ended. */
  last(conversationId: string): {
    readonly status: string;
    readonly model: string | null;
    readonly durationMs: number | null;
    readonly endedAtMs: number | null;
    readonly costUsd: number;
  } | null;
}

export function createUsageReport(database: Database): UsageReport {
  const { orm } = database;
  const totals = {
    turnCount: count(),
    inputTokenCount: sum(
      sql`${turns.inputTokenCount} + ${turns.cacheReadTokenCount} + ${turns.cacheWriteTokenCount}`,
    ).mapWith(Number),
    outputTokenCount: sum(turns.outputTokenCount).mapWith(Number),
    costUsd: sum(turns.costUsd).mapWith(Number),
  };

  return {
    since: (fromMs) => {
      const row = orm.select(totals).from(turns).where(gte(turns.endedAtMs, fromMs)).get();
      return {
        turnCount: row?.turnCount ?? 0,
        inputTokenCount: row?.inputTokenCount ?? 0,
        outputTokenCount: row?.outputTokenCount ?? 0,
        costUsd: row?.costUsd ?? 0,
      };
    },
    byModelSince: (fromMs) =>
      orm
        .select({ ...totals, model: sql<string>`${turns.model}` })
        .from(turns)
        .where(and(gte(turns.endedAtMs, fromMs), isNotNull(turns.model)))
        .groupBy(turns.model)
        .orderBy(desc(sum(turns.costUsd)))
        .all(),
    last: (conversationId) => {
      const row = orm
        .select()
        .from(turns)
        .where(and(eq(turns.conversationId, conversationId), isNotNull(turns.endedAtMs)))
        .orderBy(desc(turns.id))
        .limit(1)
        .get();
      if (row === undefined) return null;
      const { status, model, startedAtMs, endedAtMs, costUsd } = row;
      return {
        status,
        model,
        durationMs: startedAtMs === null || endedAtMs === null ? null : endedAtMs - startedAtMs,
        endedAtMs,
        costUsd,
      };
    },
  };
}
