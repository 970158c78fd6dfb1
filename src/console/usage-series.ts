import type { ChartProps } from '../pages/charts.tsx';
import {
  addTo,
  emptyTally,
  OUTCOMES,
  percentile,
  tallyBy,
  totalOf,
  waitsOf,
  type DaySums,
  type Tally,
} from './usage-tally.ts';

export type Series = ChartProps['series'];

/** Models that have a colour of their own; the others share one. */
const NAMED_COUNT = 4;

/** Turns that a chart shows as one series. */
export interface ModelGroup {
  readonly name: string;
  has(model: string | null): boolean;
}

/** The models of some days for a chart: the dearest, the others together, and the turns that had none. */
export function modelGroups(days: readonly DaySums[]): readonly ModelGroup[] {
  const models = tallyBy(days, ({ model }) => model).map(([model]) => model);
  const known = models.filter((model) => model !== null);
  const named = known.slice(0, NAMED_COUNT);
  const others = new Set<string | null>(known.slice(NAMED_COUNT));
  return [
    ...named.map((name) => ({ name, has: (model: string | null) => model === name })),
    ...(others.size === 0
      ? []
      : [{ name: 'other models', has: (model: string | null) => others.has(model) }]),
    ...(models.includes(null)
      ? [{ name: 'no model', has: (model: string | null) => model === null }]
      : []),
  ];
}

/** One number of each day for each group; of turns without a model, where there is any. */
export function seriesOf(
  days: readonly DaySums[],
  groups: readonly ModelGroup[],
  valueOf: (tally: Tally) => number,
): Series {
  return groups.flatMap(({ name, has }) => {
    const values = days.map(({ cells }) => {
      const sum = emptyTally();
      for (const cell of cells) if (has(cell.model)) addTo(sum, cell);
      return valueOf(sum);
    });
    return has(null) && values.every((value) => value === 0) ? [] : [{ name, values }];
  });
}

/** Within which time a share of the answers came, day by day, for each group that ever answered. */
export function waitSeries(
  days: readonly DaySums[],
  groups: readonly ModelGroup[],
  share: number,
): Series {
  return groups.flatMap(({ name, has }) => {
    const values = days.map((day) => percentile(waitsOf([day], has), share));
    return values.every((value) => value === null) ? [] : [{ name, values }];
  });
}

/** How the turns of each day ended: a series for each way in which at least one did. */
export function outcomeSeries(days: readonly DaySums[]): Series {
  const totals = days.map((day) => totalOf([day]).outcomes);
  return OUTCOMES.map((name) => ({ name, values: totals.map((total) => total[name]) })).filter(
    ({ values }) => values.some((value) => value > 0),
  );
}
