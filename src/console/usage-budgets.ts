import type { LimitSettings } from '../policy/limits.ts';
import { tallyBy, totalOf, type DaySums } from './usage-tally.ts';

/** What may be spent, and what is spent of it, in US dollars. */
export interface Budget {
  /** `null`: of all people together. */
  readonly personId: string | null;
  readonly period: 'today' | 'this month';
  readonly mostUsd: number;
  readonly spentUsd: number;
}

/** So many people are shown, of those who spent most. */
const PERSON_COUNT = 10;

/** @param month The days of this month, up to today. */
export function budgetsOf(settings: LimitSettings, month: readonly DaySums[]): readonly Budget[] {
  const periods = [
    {
      period: 'today' as const,
      days: month.slice(-1),
      ofAll: settings.BUDGET_PER_DAY,
      ofOne: settings.PERSON_BUDGET_PER_DAY,
    },
    {
      period: 'this month' as const,
      days: month,
      ofAll: settings.BUDGET_PER_MONTH,
      ofOne: settings.PERSON_BUDGET_PER_MONTH,
    },
  ];
  return [
    ...periods.flatMap(({ period, days, ofAll }) =>
      ofAll === undefined
        ? []
        : [{ personId: null, period, mostUsd: ofAll, spentUsd: totalOf(days).costUsd }],
    ),
    ...periods.flatMap(({ period, days, ofOne }) =>
      ofOne === undefined
        ? []
        : tallyBy(days, ({ personId }) => personId)
            .filter(([personId]) => personId !== null)
            .slice(0, PERSON_COUNT)
            .map(([personId, { costUsd }]) => ({
              personId,
              period,
              mostUsd: ofOne,
              spentUsd: costUsd,
            })),
    ),
  ];
}

/** Whether any budget is set. */
export function hasBudgets(settings: LimitSettings): boolean {
  return [
    settings.BUDGET_PER_DAY,
    settings.BUDGET_PER_MONTH,
    settings.PERSON_BUDGET_PER_DAY,
    settings.PERSON_BUDGET_PER_MONTH,
  ].some((most) => most !== undefined);
}
