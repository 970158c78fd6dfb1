import { and, count, eq, gte, lt, sql, sum } from 'drizzle-orm';
import { setImmediate } from 'node:timers/promises';
import { toolUses, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';
import type { Day } from './usage-days.ts';
import { addTo, emptyTally, type Cell, type DaySums, type Outcome } from './usage-tally.ts';

/** So many turns are read at once: a millisecond or two, in which nothing else is done. */
const SLICE_COUNT = 200;
/** More days than are ever shown. */
const KEPT_DAY_COUNT = 100;
/** After so long a day is added up anew, whatever its print says. */
const KEPT_MS = 10 * 60_000;

/** What turns came to, day by day. */
export interface UsageSums {
  /**
   * Adds up the turns that ended on each of the days. Lets others go on after every few turns. Days that
   * are over are kept, for as long as no turn ends on them any more or goes away from there; what changes
   * in another way (an interrupted turn that is let be) shows after ten minutes at the latest.
   *
   * @returns The sums in the order of the days; `null` where the service stops meanwhile.
   */
  of(days: readonly Day[], ended: AbortSignal): Promise<readonly DaySums[] | null>;
}

interface Kept {
  readonly sums: DaySums;
  readonly print: string;
  /** By the clock that nobody sets. */
  readonly atMs: number;
}

export function createUsageSums(database: Database, clock: Clock): UsageSums {
  const kept = new Map<number, Kept>();
  const printOf = createPrint(database);
  const read = createReader(database);

  const known = (day: Day, print: string): DaySums | null => {
    const before = kept.get(day.startMs);
    const isGood = before?.print === print && clock.elapsed() - before.atMs < KEPT_MS;
    return isGood ? before.sums : null;
  };

  const keep = (day: Day, print: string, sums: DaySums): void => {
    kept.delete(day.startMs);
    kept.set(day.startMs, { sums, print, atMs: clock.elapsed() });
    const [oldest] = kept.keys();
    if (kept.size > KEPT_DAY_COUNT && oldest !== undefined) kept.delete(oldest);
  };

  return {
    of: async (days, ended) => {
      const all: DaySums[] = [];
      for (const day of days) {
        await setImmediate();
        if (ended.aborted) return null;
        // A clock that was set back makes days to come of some that were over.
        const isOver = day.endMs <= clock.now();
        const print = isOver ? printOf(day) : '';
        let sums = isOver ? known(day, print) : null;
        if (sums === null) {
          sums = await read(day, ended);
          if (sums === null) return null;
          if (isOver) keep(day, print, sums);
        }
        all.push(sums);
      }
      return all;
    },
  };
}

/** Tells by an index alone whether other turns ended on a day than before. */
function createPrint({ orm }: Database): (day: Day) => string {
  const print = orm
    .select({
      turnCount: count(),
      ids: sql<number>`total(${turns.id})`,
      costUsd: sum(turns.costUsd),
    })
    .from(turns)
    .where(
      and(
        gte(turns.endedAtMs, sql.placeholder('startMs')),
        lt(turns.endedAtMs, sql.placeholder('endMs')),
      ),
    )
    .prepare();
  return ({ startMs, endMs }) => JSON.stringify(print.get({ startMs, endMs }));
}

/** A place in the order in which turns ended. */
interface Place {
  readonly endedAtMs: number;
  readonly costUsd: number;
  readonly id: number;
}

function createReader({
  orm,
}: Database): (day: Day, ended: AbortSignal) => Promise<DaySums | null> {
  // The columns of the index `turns_by_end`, and of each index the last: https://sqlite.org/rowvalue.html
  const place = sql`(${turns.endedAtMs}, ${turns.costUsd}, ${turns.id})`;
  const after = sql`${place} > (${sql.placeholder('endedAtMs')}, ${sql.placeholder('costUsd')}, ${sql.placeholder('id')})`;
  const slice = orm
    .select({
      id: turns.id,
      endedAtMs: sql<number>`${turns.endedAtMs}`,
      costUsd: turns.costUsd,
      queuedAtMs: turns.queuedAtMs,
      status: turns.status,
      model: turns.model,
      conversationId: turns.conversationId,
      personId: turns.personId,
      inputTokenCount: turns.inputTokenCount,
      outputTokenCount: turns.outputTokenCount,
      cacheReadTokenCount: turns.cacheReadTokenCount,
      cacheWriteTokenCount: turns.cacheWriteTokenCount,
    })
    .from(turns)
    .where(and(after, lt(turns.endedAtMs, sql.placeholder('endMs'))))
    .orderBy(turns.endedAtMs, turns.costUsd, turns.id)
    .limit(SLICE_COUNT)
    .prepare();
  const used = orm
    .select({ tool: toolUses.tool, count: count() })
    .from(turns)
    .innerJoin(toolUses, eq(toolUses.turnId, turns.id))
    .where(
      and(
        after,
        sql`${place} <= (${sql.placeholder('lastEndedAtMs')}, ${sql.placeholder('lastCostUsd')}, ${sql.placeholder('lastId')})`,
      ),
    )
    .groupBy(toolUses.tool)
    .prepare();

  return async (day, ended) => {
    const cells = new Map<string, Cell>();
    const tools = new Map<string, number>();
    const waits = new Map<string, number[]>();
    let from: Place | undefined = { endedAtMs: day.startMs, costUsd: -1, id: 0 };
    while (from !== undefined) {
      const rows: ReturnType<typeof slice.all> = slice.all({ ...from, endMs: day.endMs });
      const last = rows.at(-1);
      if (last === undefined) break;
      for (const row of rows) addTurn(row, cells, waits);
      const until = { lastEndedAtMs: last.endedAtMs, lastCostUsd: last.costUsd, lastId: last.id };
      for (const { tool, count: times } of used.all({ ...from, ...until })) {
        tools.set(tool, (tools.get(tool) ?? 0) + times);
      }
      from = rows.length < SLICE_COUNT ? undefined : last;
      await setImmediate();
      if (ended.aborted) return null;
    }
    return { cells: [...cells.values()], tools, waits };
  };
}

const NO_OUTCOMES = emptyTally().outcomes;

type EndedTurn = Omit<Cell, 'turnCount' | 'outcomes'> & {
  readonly status: string;
  readonly queuedAtMs: number;
  readonly endedAtMs: number;
};

function addTurn(row: EndedTurn, cells: Map<string, Cell>, waits: Map<string, number[]>): void {
  const { model, conversationId, personId, status } = row;
  const key = `${model}\n${conversationId}\n${personId}`;
  let cell = cells.get(key);
  if (cell === undefined) {
    cell = { model, conversationId, personId, ...emptyTally() };
    cells.set(key, cell);
  }
  addTo(cell, { ...row, turnCount: 1, outcomes: NO_OUTCOMES });
  if (isOutcome(status)) cell.outcomes[status] += 1;
  if (status !== 'done' || model === null) return;
  // A clock that was set back is no answer before its question.
  const waitMs = Math.max(0, row.endedAtMs - row.queuedAtMs);
  const ofModel = waits.get(model);
  if (ofModel === undefined) waits.set(model, [waitMs]);
  else ofModel.push(waitMs);
}

function isOutcome(status: string): status is Outcome {
  return Object.hasOwn(NO_OUTCOMES, status);
}
