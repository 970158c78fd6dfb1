import { and, count, desc, eq, gte, inArray, lt, ne, sql, sum } from 'drizzle-orm';
import { memoryCalls } from '../../../drizzle/schema.ts';
import type { Clock } from '../../core/clock.ts';
import { startOfDay } from '../../core/format.ts';
import type { Database } from '../../platform/database/open.ts';
import { UNCLEAR_CODES } from './failure.ts';

/**
 * What a call is taken to cost until that is known, in US dollars, and for good where it never is, because
 * it was cut off: a full batch and a long answer with a small model, of a dollar for a million tokens in and
 * five for a million out. So what is begun again and again comes to its end by the budget.
 */
const ESTIMATED_COST_USD = 0.02;

/** What is written down of a call of which something was kept. */
export const KEPT = 'kept';

/** What a call of the model is for. */
export type CallPurpose = (typeof memoryCalls.$inferSelect)['purpose'];

/** The calls of the model on behalf of the memory, and what they cost. */
export interface Budget {
  /** Whether nothing may be called before the next midnight of the machine's time zone. */
  isSpent(): boolean;
  /** Writes down that a call begins, and what it is taken to cost. Returns its id. */
  began(purpose: CallPurpose, scope: string): number;
  /** Writes down what came of a call in a word, and what it cost; `null`: nobody knows. */
  ended(callId: number, outcome: string, costUsd: number | null): void;
  /** Writes down what became of an answer. May stand in a transaction of the caller. */
  came(callId: number, outcome: string): void;
  /** The last call of all. */
  last(): { readonly outcome: string | null; readonly startedAtMs: number } | undefined;
  /** How many outages that a batch may bring about there were in a chat since something of it was kept. */
  unclearCount(scope: string): number;
}

/**
 * @param dailyUsd What the calls of a day may cost, in US dollars. It is asked before a batch is begun, so
 * the last batch of a day may go beyond it.
 */
export function createBudget(database: Database, clock: Clock, dailyUsd: number): Budget {
  const { orm } = database;
  const spent = orm
    .select({ costUsd: sum(memoryCalls.costUsd).mapWith(Number) })
    .from(memoryCalls)
    .where(
      and(
        gte(memoryCalls.startedAtMs, sql.placeholder('fromMs')),
        // A clock that was set back finds calls that are still to come; they are not of today.
        lt(memoryCalls.startedAtMs, sql.placeholder('toMs')),
      ),
    )
    .prepare();

  return {
    isSpent: () => {
      const now = clock.now();
      const today = { fromMs: startOfDay(now, 0), toMs: startOfDay(now, -1) };
      return (spent.get(today)?.costUsd ?? 0) >= dailyUsd;
    },
    began: (purpose, scope) =>
      orm
        .insert(memoryCalls)
        .values({ purpose, scope, costUsd: ESTIMATED_COST_USD, startedAtMs: clock.now() })
        .returning({ id: memoryCalls.id })
        .get().id,
    ended: (callId, outcome, costUsd) => {
      orm
        .update(memoryCalls)
        .set({ outcome, ...(costUsd === null ? {} : { costUsd }) })
        .where(eq(memoryCalls.id, callId))
        .run();
    },
    came: (callId, outcome) => {
      orm.update(memoryCalls).set({ outcome }).where(eq(memoryCalls.id, callId)).run();
    },
    last: () =>
      orm
        .select({ outcome: memoryCalls.outcome, startedAtMs: memoryCalls.startedAtMs })
        .from(memoryCalls)
        .orderBy(desc(memoryCalls.id))
        .limit(1)
        .get(),
    unclearCount: (scope) => {
      const ofBatches = and(eq(memoryCalls.scope, scope), ne(memoryCalls.purpose, 'distil'));
      const kept = sql`(select coalesce(max(id), 0) from ${memoryCalls}
        where ${and(ofBatches, eq(memoryCalls.outcome, KEPT))})`;
      const row = orm
        .select({ count: count() })
        .from(memoryCalls)
        .where(
          and(
            ofBatches,
            inArray(memoryCalls.outcome, UNCLEAR_CODES),
            sql`${memoryCalls.id} > ${kept}`,
          ),
        )
        .get();
      return row?.count ?? 0;
    },
  };
}
