import { and, eq, gte, lt, sql, sum } from 'drizzle-orm';
import { memoryCalls } from '../../../drizzle/schema.ts';
import type { Clock } from '../../core/clock.ts';
import { startOfDay } from '../../core/format.ts';
import type { Database } from '../../platform/database/open.ts';

/** What a call of the model is for. */
export type CallPurpose = (typeof memoryCalls.$inferSelect)['purpose'];

/** The calls of the model on behalf of the memory, and what they cost. */
export interface Budget {
  /** Whether nothing may be called before the next midnight of the machine's time zone. */
  isSpent(): boolean;
  /** Writes down that a call begins. Returns its id. */
  began(purpose: CallPurpose, scope: string): number;
  /** Writes down what a call cost, and what came of it in a word. */
  ended(callId: number, outcome: string, costUsd: number): void;
  /** Writes down what became of an answer. May stand in a transaction of the caller. */
  came(callId: number, outcome: string): void;
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
        .values({ purpose, scope, startedAtMs: clock.now() })
        .returning({ id: memoryCalls.id })
        .get().id,
    ended: (callId, outcome, costUsd) => {
      orm.update(memoryCalls).set({ outcome, costUsd }).where(eq(memoryCalls.id, callId)).run();
    },
    came: (callId, outcome) => {
      orm.update(memoryCalls).set({ outcome }).where(eq(memoryCalls.id, callId)).run();
    },
  };
}
