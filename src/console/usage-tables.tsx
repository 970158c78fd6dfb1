import type { Child, FC } from 'hono/jsx';
import { compactNumber, formatDollars, wholeNumber } from '../core/format.ts';
import { NumberTable, type NumberRow } from '../pages/number-table.tsx';
import { Empty } from '../pages/words.tsx';
import type { Budget } from './usage-budgets.ts';
import { OUTCOMES, percentile, tokenCount, type Tally } from './usage-tally.ts';
import { capitalised, duration } from './usage-words.ts';

/** What people are called here; `null`: nobody knows who. */
export type NameOf = (personId: string | null) => string;

/** A row of a table of tallies. */
export interface TallyRow {
  readonly name: Child;
  readonly tally: Tally;
  /** How long its answers took, ascending. */
  readonly waits: Float64Array;
}

/** All that is known of some turns, a row each; of how they ended, what there is. */
export const TallyTable: FC<{
  readonly caption: string;
  /** What the rows are. */
  readonly of: string;
  readonly rows: readonly TallyRow[];
}> = ({ caption, of, rows }) => {
  const outcomes = OUTCOMES.filter((outcome) => rows.some(({ tally }) => tally.outcomes[outcome]));
  const columns = [
    'Turns',
    'Cost',
    ...outcomes.map(capitalised),
    'Median',
    '95th percentile',
    'Tokens in',
    'Out',
    'Cache read',
    'Cache write',
  ];
  return (
    <NumberTable
      caption={caption}
      of={of}
      columns={columns}
      rows={rows.map(({ name, tally, waits }) => ({
        name,
        values: [
          wholeNumber(tally.turnCount),
          formatDollars(tally.costUsd),
          ...outcomes.map((outcome) => wholeNumber(tally.outcomes[outcome])),
          duration(percentile(waits, 0.5)),
          duration(percentile(waits, 0.95)),
          compactNumber(tally.inputTokenCount),
          compactNumber(tally.outputTokenCount),
          compactNumber(tally.cacheReadTokenCount),
          compactNumber(tally.cacheWriteTokenCount),
        ],
      }))}
    />
  );
};

/** Who or what used most. */
export const TopTable: FC<{
  readonly id: string;
  readonly title: string;
  readonly of: string;
  /** The names of the columns of numbers. */
  readonly columns: readonly string[];
  readonly rows: readonly NumberRow[];
}> = ({ id, title, of, columns, rows }) => (
  <section aria-labelledby={id}>
    <h2 id={id}>{title}</h2>
    {rows.length === 0 ? (
      <Empty>Nothing yet.</Empty>
    ) : (
      <NumberTable caption={title} of={of} columns={columns} rows={rows} />
    )}
  </section>
);

export const TALLY_COLUMNS = ['Turns', 'Tokens', 'Cost'];

/** The values of {@link TALLY_COLUMNS}. */
export function tallyValues(tally: Tally): readonly string[] {
  return [
    wholeNumber(tally.turnCount),
    compactNumber(tokenCount(tally)),
    formatDollars(tally.costUsd),
  ];
}

/** What may be spent, and how much of it is. */
export const Budgets: FC<{ readonly budgets: readonly Budget[]; readonly nameOf: NameOf }> = ({
  budgets,
  nameOf,
}) => (
  <section aria-labelledby="budgets">
    <h2 id="budgets">Budgets</h2>
    {budgets.length === 0 ? (
      <Empty>Nothing is spent of them this month.</Empty>
    ) : (
      <dl>
        {budgets.map(({ personId, period, mostUsd, spentUsd }) => {
          const name = `${personId === null ? 'All together' : nameOf(personId)}, ${period}`;
          return (
            <>
              <dt>{name}</dt>
              <dd class="row">
                {mostUsd === 0 ? null : (
                  <progress max={mostUsd} value={Math.min(spentUsd, mostUsd)} aria-label={name} />
                )}
                {formatDollars(spentUsd)} of {formatDollars(mostUsd)}
              </dd>
            </>
          );
        })}
      </dl>
    )}
  </section>
);
