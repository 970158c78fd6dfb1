import type { FC } from 'hono/jsx';
import { compactNumber, formatDollars, wholeNumber } from '../core/format.ts';
import { BarChart, LineChart } from '../pages/charts.tsx';
import { modelGroups, outcomeSeries, seriesOf, waitSeries } from './usage-series.ts';
import { tokenCount, type DaySums } from './usage-tally.ts';
import { duration } from './usage-words.ts';

/** Seconds, minutes and hours. */
const TIMES_MS = [1000, 60_000, 3_600_000];
/** What a cost is shown in at the least. */
const CENTS_USD = [0.0001];

/** The charts of some days, to be made one after the other: each takes milliseconds. */
export function usageCharts(days: readonly DaySums[], labels: readonly string[]): readonly FC[] {
  const groups = modelGroups(days);
  return [
    () => (
      <BarChart
        id="turns"
        title="Turns, by model"
        description="How many turns ended on each day, by the model that answered."
        labels={labels}
        series={seriesOf(days, groups, ({ turnCount }) => turnCount)}
        format={wholeNumber}
      />
    ),
    () => (
      <BarChart
        id="outcomes"
        title="Turns, by how they ended"
        description="How many turns were done, failed, were cancelled or interrupted on each day."
        labels={labels}
        series={outcomeSeries(days)}
        format={wholeNumber}
      />
    ),
    () => (
      <LineChart
        id="median"
        title="Time to answer, median"
        description="Within which time half of the answers of each day came, by model."
        labels={labels}
        series={waitSeries(days, groups, 0.5)}
        format={duration}
        units={TIMES_MS}
      />
    ),
    () => (
      <LineChart
        id="percentile"
        title="Time to answer, 95th percentile"
        description="Within which time 95 of 100 answers of each day came, by model."
        labels={labels}
        series={waitSeries(days, groups, 0.95)}
        format={duration}
        units={TIMES_MS}
      />
    ),
    () => (
      <BarChart
        id="tokens"
        title="Tokens, by model"
        description="How many tokens the turns of each day used, in and out and of the cache, by model."
        labels={labels}
        series={seriesOf(days, groups, tokenCount)}
        format={compactNumber}
      />
    ),
    () => (
      <BarChart
        id="cost"
        title="Cost, by model"
        description="What the turns of each day cost in US dollars, by model."
        labels={labels}
        series={seriesOf(days, groups, ({ costUsd }) => costUsd)}
        format={formatDollars}
        units={CENTS_USD}
      />
    ),
  ];
}
