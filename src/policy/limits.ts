import { and, desc, eq, gt, gte, lte, sql } from 'drizzle-orm';
import { turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import { formatDollars, startOfDay, startOfMonth } from '../core/format.ts';
import type { Role } from '../core/role.ts';
import type { Database } from '../platform/database/open.ts';
import type { Refusal, Request } from './gate.ts';

/** How much people may ask. Undefined: not set. Budgets are dollars, of which 0 is none at all. */
export interface LimitSettings {
  /** Of every person; 0: no limit. Not set: none for owners, and 10 for others. */
  readonly RATE_LIMIT_PER_HOUR?: number | undefined;
  /** The same: none for owners, and 5 for others. */
  readonly MAX_WAITING_PER_PERSON?: number | undefined;
  /** Of all people together. What the memory spends for itself has a budget of its own. */
  readonly BUDGET_PER_DAY?: number | undefined;
  readonly BUDGET_PER_MONTH?: number | undefined;
  readonly PERSON_BUDGET_PER_DAY?: number | undefined;
  readonly PERSON_BUDGET_PER_MONTH?: number | undefined;
}

const RATE_OF_OTHERS = 10;
const WAITING_OF_OTHERS = 5;

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How much people asked and spent, held against how much they may. Kept in the turns alone. */
export interface Limits {
  /** `null`: one turn more is within all limits. */
  check(request: Pick<Request, 'personId' | 'role'>): Refusal | null;
  /** The same for one that was taken already, and costs once more. */
  budgets(request: Pick<Request, 'personId'>): Refusal | null;
}

export function createLimits(database: Database, clock: Clock, settings: LimitSettings): Limits {
  const { orm } = database;
  const ofPerson = eq(turns.personId, sql.placeholder('personId'));
  const inHour = orm
    .select({
      queuedAtMs: turns.queuedAtMs,
      // One that its person had begun anew ran more than once.
      count: sql<number>`max(1, ${turns.attemptCount} - ${turns.interruptionCount})`,
    })
    .from(turns)
    .where(
      and(
        ofPerson,
        gt(turns.queuedAtMs, sql.placeholder('afterMs')),
        lte(turns.queuedAtMs, sql.placeholder('untilMs')),
      ),
    )
    .orderBy(desc(turns.queuedAtMs))
    .limit(sql.placeholder('most'))
    .prepare();
  const waiting = orm
    .select({ count: sql<number>`count(*)` })
    .from(turns)
    // Spelt out as the partial index has it; the sign keeps SQLite from all turns that the person ever had.
    // https://sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
    .where(
      sql`${turns.status} in ('queued', 'running') and ${turns.status} = 'queued'
        and +${turns.personId} = ${sql.placeholder('personId')}`,
    )
    .prepare();
  const cost = { costUsd: sql<number>`coalesce(sum(${turns.costUsd}), 0)` };
  const endedSince = gte(turns.endedAtMs, sql.placeholder('fromMs'));
  const spent = orm.select(cost).from(turns).where(endedSince).prepare();
  const spentBy = orm.select(cost).from(turns).where(and(ofPerson, endedSince)).prepare();
  const ofAll = (fromMs: number) => spent.get({ fromMs })?.costUsd ?? 0;

  const rate = (personId: string, role: Role): Refusal | null => {
    const most = settings.RATE_LIMIT_PER_HOUR ?? (role === 'owner' ? 0 : RATE_OF_OTHERS);
    if (most === 0) return null;
    const now = clock.now();
    // What a clock that was wrong put far ahead counts for nothing, or nothing could be asked for years.
    const window = { afterMs: now - HOUR_MS, untilMs: now + HOUR_MS };
    let count = 0;
    const first = inHour
      .all({ personId, ...window, most })
      .find((turn) => (count += turn.count) >= most);
    if (first === undefined) return null;
    return refusal(
      'rate',
      `⏳ ${most} an hour is the limit here, and you asked ${times(most)} in the last hour. You can ask again in ${inWords(first.queuedAtMs + HOUR_MS - now)}.`,
    );
  };

  const queued = (personId: string, role: Role): Refusal | null => {
    const most = settings.MAX_WAITING_PER_PERSON ?? (role === 'owner' ? 0 : WAITING_OF_OTHERS);
    if (most === 0) return null;
    const count = waiting.get({ personId })?.count ?? 0;
    if (count < most) return null;
    return refusal(
      'waiting',
      `🚦 ${count} of your messages ${count === 1 ? 'is' : 'are'} waiting already, and ${most} may. You can ask again as soon as I have begun with the next one: see /queue.`,
    );
  };

  const budget = (
    most: number | undefined,
    costSince: (fromMs: number) => number,
    { isOwn, isMonth }: { readonly isOwn: boolean; readonly isMonth: boolean },
  ): Refusal | null => {
    if (most === undefined) return null;
    const now = clock.now();
    const costUsd = costSince(isMonth ? startOfMonth(now) : startOfDay(now, 0));
    if (costUsd < most) return null;
    const [period, next, nextAtMs] = isMonth
      ? ['this month', 'next month', startOfNextMonth(now)]
      : ['today', 'tomorrow', startOfDay(now, -1)];
    return refusal(
      'budget',
      `💸 ${isOwn ? 'Your' : 'The common'} budget for ${period} is used up: ${formatDollars(costUsd)} of ${formatDollars(most)}. You can ask again ${next}, in ${inWords(nextAtMs - now)}.`,
    );
  };

  const budgets: Limits['budgets'] = ({ personId }) => {
    const ofOne = (fromMs: number) => spentBy.get({ personId, fromMs })?.costUsd ?? 0;
    return (
      budget(settings.PERSON_BUDGET_PER_DAY, ofOne, { isOwn: true, isMonth: false }) ??
      budget(settings.PERSON_BUDGET_PER_MONTH, ofOne, { isOwn: true, isMonth: true }) ??
      budget(settings.BUDGET_PER_DAY, ofAll, { isOwn: false, isMonth: false }) ??
      budget(settings.BUDGET_PER_MONTH, ofAll, { isOwn: false, isMonth: true })
    );
  };

  return {
    check: ({ personId, role }) =>
      rate(personId, role) ?? queued(personId, role) ?? budgets({ personId }),
    budgets,
  };
}

function refusal(rule: string, markdown: string): Refusal {
  return { kind: 'limit', rule, markdown };
}

function times(count: number): string {
  if (count === 1) return 'once';
  return count === 2 ? 'twice' : `${count} times`;
}

/** No month is longer than 32 days, and none is shorter than what is too much then. */
function startOfNextMonth(nowMs: number): number {
  return startOfMonth(startOfMonth(nowMs) + 32 * DAY_MS);
}

/** How long to wait at most, rounded up: `40 s`, `23 min`, `7 h`, `9 days`. */
function inWords(durationMs: number): string {
  if (durationMs <= MINUTE_MS) return `${Math.max(1, Math.ceil(durationMs / SECOND_MS))} s`;
  if (durationMs <= HOUR_MS) return `${Math.ceil(durationMs / MINUTE_MS)} min`;
  if (durationMs <= 2 * DAY_MS) return `${Math.ceil(durationMs / HOUR_MS)} h`;
  return `${Math.ceil(durationMs / DAY_MS)} days`;
}
