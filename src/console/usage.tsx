import { Hono } from 'hono';
import type { Child, FC } from 'hono/jsx';
import { dayOf, offsetOf, wholeNumber } from '../core/format.ts';
import { SHELL_PERSON } from '../core/role.ts';
import type { Database } from '../platform/database/open.ts';
import { createNames } from '../policy/names.ts';
import { Frame } from './frame.tsx';
import type { ConsoleParts } from './parts.ts';
import { conversationPath } from './paths.ts';
import { answerPiecewise, PIECES } from './piecewise.ts';
import { createPlaceNames, type PlaceNames } from './place-names.ts';
import { budgetsOf, hasBudgets } from './usage-budgets.ts';
import { usageCharts } from './usage-charts.tsx';
import { daysOfMonth, lastDays } from './usage-days.ts';
import { createUsageSums, type UsageSums } from './usage-sums.ts';
import {
  Budgets,
  TALLY_COLUMNS,
  TallyTable,
  tallyValues,
  TopTable,
  type NameOf,
} from './usage-tables.tsx';
import { tallyBy, toolsOf, totalOf, waitsOf, type DaySums } from './usage-tally.ts';

const PERIODS = [7, 30, 90];
const USUAL_PERIOD = 30;
/** So many conversations, people and tools are shown. */
const TOP_COUNT = 10;

/**
 * What turns came to, day by day. The head of the page goes out at once; the rest follows as it is added
 * up, with pauses in which everything else goes on.
 */
export function usagePage(parts: ConsoleParts): Hono {
  const { clock, ended, log } = parts;
  const sums = createUsageSums(parts.database, clock);
  const app = new Hono();
  app.get('/usage', (context) => {
    const asked = context.req.query('days');
    const dayCount = PERIODS.find((period) => String(period) === asked) ?? USUAL_PERIOD;
    return answerPiecewise(
      context,
      <Frame title="Usage" current="/usage">
        <h1>Usage</h1>
        <Periods current={dayCount} nowMs={clock.now()} />
        <div class="charts">{PIECES}</div>
      </Frame>,
      pieces(parts, sums, dayCount),
      {
        ended,
        faulty: (error) => {
          log.error({ err: error }, 'usage.broken');
          return <Broken />;
        },
      },
    );
  });
  return app;
}

/** What stands below the head of the page, each piece the work of a few milliseconds. */
async function* pieces(
  { clock, settings, database, bots, ended }: ConsoleParts,
  sums: UsageSums,
  dayCount: number,
): AsyncGenerator<Child> {
  const nowMs = clock.now();
  const monthCount = hasBudgets(settings) ? daysOfMonth(nowMs) : 0;
  const read = lastDays(nowMs, Math.max(dayCount, monthCount));
  const all = await sums.of(read, ended);
  if (all === null) return;
  const days = all.slice(-dayCount);
  const nameOf = namesOf(database);
  yield <Totals days={days} />;
  if (monthCount > 0) {
    const budgets = budgetsOf(settings, all.slice(-monthCount));
    yield <Budgets budgets={budgets} nameOf={nameOf} />;
  }
  yield <h2>By day</h2>;
  const labels = read.slice(-dayCount).map(({ startMs }) => dayOf(startMs));
  for (const Chart of usageCharts(days, labels)) yield <Chart />;
  yield <Models days={days} />;
  yield <Conversations days={days} names={createPlaceNames(database, bots)} />;
  yield <People days={days} nameOf={nameOf} />;
  yield <Tools days={days} />;
}

function namesOf(database: Database): NameOf {
  const nameOf = createNames(database);
  return (personId) => {
    if (personId === null) return 'unknown';
    return personId === SHELL_PERSON ? 'in a shell' : (nameOf(personId) ?? personId);
  };
}

const Broken = () => (
  <p role="alert">
    The rest of this page could not be made. <code>claudio log --level error</code> tells why.
  </p>
);

const Periods: FC<{ readonly current: number; readonly nowMs: number }> = ({ current, nowMs }) => (
  <nav class="row" aria-label="Period">
    {PERIODS.map((period) => (
      <a href={`/usage?days=${period}`} aria-current={period === current ? 'page' : undefined}>
        {period === current ? <strong>{period} days</strong> : `${period} days`}
      </a>
    ))}
    <span class="muted">
      Turns count on the day on which they ended, by the clock of this machine ({offsetOf(nowMs)}).
    </span>
  </nav>
);

const Totals: FC<{ readonly days: readonly DaySums[] }> = ({ days }) => (
  <TallyTable
    caption="Totals"
    of="Period"
    rows={[
      { name: 'Today', of: days.slice(-1) },
      { name: `Last ${days.length} days`, of: days },
    ].map(({ name, of }) => ({ name, tally: totalOf(of), waits: waitsOf(of) }))}
  />
);

const Models: FC<{ readonly days: readonly DaySums[] }> = ({ days }) => (
  <section aria-labelledby="models">
    <h2 id="models">By model</h2>
    <TallyTable
      caption="By model"
      of="Model"
      rows={tallyBy(days, ({ model }) => model).map(([model, tally]) => ({
        name: model ?? 'no model',
        tally,
        waits: waitsOf(days, (one) => one === model),
      }))}
    />
  </section>
);

const Conversations: FC<{ readonly days: readonly DaySums[]; readonly names: PlaceNames }> = ({
  days,
  names,
}) => (
  <TopTable
    id="conversations"
    title="By conversation"
    of="Conversation"
    columns={TALLY_COLUMNS}
    rows={top(tallyBy(days, ({ conversationId }) => conversationId)).map(([id, tally]) => {
      const { people, place } = names.nameOf(id);
      return {
        name: (
          <>
            <a href={conversationPath(id)}>{people}</a>{' '}
            {people === place ? null : <span class="muted">{place}</span>}
          </>
        ),
        values: tallyValues(tally),
      };
    })}
  />
);

const People: FC<{ readonly days: readonly DaySums[]; readonly nameOf: NameOf }> = ({
  days,
  nameOf,
}) => (
  <TopTable
    id="people"
    title="By person"
    of="Person"
    columns={TALLY_COLUMNS}
    rows={top(tallyBy(days, ({ personId }) => personId)).map(([personId, tally]) => ({
      name: nameOf(personId),
      values: tallyValues(tally),
    }))}
  />
);

const Tools: FC<{ readonly days: readonly DaySums[] }> = ({ days }) => (
  <TopTable
    id="tools"
    title="By tool"
    of="Tool"
    columns={['Uses']}
    rows={top(toolsOf(days)).map(([name, count]) => ({ name, values: [wholeNumber(count)] }))}
  />
);

function top<Row>(rows: readonly Row[]): readonly Row[] {
  return rows.slice(0, TOP_COUNT);
}
