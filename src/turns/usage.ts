import { and, count, desc, eq, gte, isNotNull, like, type SQL, sql, sum } from 'drizzle-orm';
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

/** One person's turns with one bot, `<channel>:<bot>`. */
export interface Whose {
  readonly personId: string;
  readonly source: string;
}

/** Looks back on ended turns. */
export interface UsageReport {
  /** All turns that ended at or after a time, of all conversations and people, or of one person. */
  since(fromMs: number, whose?: Whose): UsageTotal;
  /** The same by the model that answered, the dearest first. */
  byModelSince(fromMs: number, whose?: Whose): readonly (UsageTotal & { readonly model: string })[];
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
    since: (fromMs, whose) => {
      const row = orm.select(totals).from(turns).where(endedSince(fromMs, whose)).get();
      return {
        turnCount: row?.turnCount ?? 0,
        inputTokenCount: row?.inputTokenCount ?? 0,
        outputTokenCount: row?.outputTokenCount ?? 0,
        costUsd: row?.costUsd ?? 0,
      };
    },
    byModelSince: (fromMs, whose) =>
      orm
        .select({ ...totals, model: sql<string>`${turns.model}` })
        .from(turns)
        .where(and(endedSince(fromMs, whose), isNotNull(turns.model)))
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

function endedSince(fromMs: number, whose?: Whose): SQL | undefined {
  const ended = gte(turns.endedAtMs, fromMs);
  if (whose === undefined) return ended;
  const ofBot = like(turns.conversationId, `${whose.source}:%`);
  return and(ended, eq(turns.personId, whose.personId), ofBot);
}
