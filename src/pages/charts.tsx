import type { FC } from 'hono/jsx';
import { axisFor } from './chart-axis.ts';
import {
  drawable,
  linePaths,
  slotWidth,
  stackHeights,
  stackPaths,
  xOf,
  yOf,
  type Plot,
  type Values,
} from './chart-paths.ts';
import { NumberTable } from './number-table.tsx';
import { Empty } from './words.tsx';

/** What a chart shows: for each label one value of each series. */
export interface ChartProps {
  /** Unique on its page: the title and the description are found by it. */
  readonly id: string;
  readonly title: string;
  /** What is to be seen, in a sentence, for who cannot see it. */
  readonly description: string;
  /** Below the axis: a day each. */
  readonly labels: readonly string[];
  readonly series: readonly {
    readonly name: string;
    /** As many as there are labels; `null` where there is none. What is not finite or below 0 is none. */
    readonly values: readonly (number | null)[];
  }[];
  /** A value in words, with its unit. */
  readonly format: (value: number) => string;
  /** What the axis is counted in, ascending, the smallest for the least step: see {@link axisFor}. */
  readonly units?: readonly number[];
}

const WIDTH = 720;
const HEIGHT = 280;
const [TOP, RIGHT, BOTTOM] = [12, 708, 240];
const FONT_SIZE = 24;
/** About as much as a character needs. */
const CHARACTER_WIDTH = 13;
const MOST_LABELS = 5;
/** As many as the style has colours for. */
const COLOUR_COUNT = 6;
const LINE_WIDTH = 4;

/**
 * Bars, a stack a label, as inline SVG without scripts and styles, with the same numbers as a table that
 * can be opened. The colour of a series is the `color` of `.series-1` to `.series-6`.
 */
export const BarChart: FC<ChartProps> = (props) => {
  const values = valuesOf(props);
  const max = Math.max(0, ...stackHeights(values, props.labels.length));
  const plot = plotFor(max, props);
  const strokeWidth = Math.max(1, Math.floor(slotWidth(plot) * 0.8));
  const paths = stackPaths(values, plot);
  return <Chart {...props} {...{ values, plot, paths, strokeWidth }} />;
};

/** Lines, a line a series with gaps where it has no value, as {@link BarChart} is. */
export const LineChart: FC<ChartProps> = (props) => {
  const values = valuesOf(props);
  const max = values.flat().reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  const plot = plotFor(max, props);
  const paths = linePaths(values, plot);
  return <Chart {...props} {...{ values, plot, paths, strokeWidth: LINE_WIDTH }} isRound />;
};

const Chart: FC<
  ChartProps & {
    readonly values: Values;
    readonly plot: Plot;
    readonly paths: readonly string[];
    readonly strokeWidth: number;
    readonly isRound?: boolean;
  }
> = (props) => {
  const { id, title, description, labels, values, plot, paths } = props;
  const isEmpty = values.every((series) => series.every((value) => value === null));
  return (
    <figure id={id} class="chart">
      <figcaption>{title}</figcaption>
      {isEmpty ? (
        <Empty>Nothing yet.</Empty>
      ) : (
        <>
          <svg
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            role="img"
            aria-labelledby={`${id}-title ${id}-description`}
          >
            <title id={`${id}-title`}>{title}</title>
            <desc id={`${id}-description`}>{description}</desc>
            <Axes plot={plot} labels={labels} format={props.format} />
            <g
              fill="none"
              stroke="currentColor"
              stroke-width={props.strokeWidth}
              {...(props.isRound === true
                ? { 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }
                : {})}
            >
              {paths.map((path, at) =>
                path === '' ? null : <path class={colourOf(at)} d={path} />,
              )}
            </g>
            <Hints {...props} />
          </svg>
          <Legend names={props.series.map(({ name }) => name)} />
          <Numbers {...props} />
        </>
      )}
    </figure>
  );
};

const Axes: FC<{
  readonly plot: Plot;
  readonly labels: readonly string[];
  readonly format: (value: number) => string;
}> = ({ plot, labels, format }) => {
  const { ticks } = plot.axis;
  const everyCount = Math.ceil(labels.length / MOST_LABELS);
  const grid = ticks.map((tick) => `M${plot.left} ${yOf(plot, tick)}H${plot.right}`).join('');
  return (
    <g font-size={FONT_SIZE} fill="currentColor">
      <path d={grid} stroke="currentColor" opacity="0.2" />
      <g text-anchor="end">
        {ticks.map((tick) => (
          <text x={plot.left - 8} y={yOf(plot, tick) + 8}>
            {format(tick)}
          </text>
        ))}
      </g>
      <g text-anchor="middle">
        {labels.map((label, at) => {
          if ((labels.length - 1 - at) % everyCount !== 0) return null;
          const x = xOf(plot, at);
          const isAtEdge = x + (label.length * CHARACTER_WIDTH) / 2 > WIDTH;
          return (
            <text
              x={isAtEdge ? WIDTH : x}
              y={HEIGHT - 8}
              text-anchor={isAtEdge ? 'end' : undefined}
            >
              {label}
            </text>
          );
        })}
      </g>
    </g>
  );
};

type Drawn = ChartProps & { readonly values: Values; readonly plot: Plot };

/** What is shown while the mouse rests on the place of a label. */
const Hints: FC<Drawn> = ({ labels, series, values, plot, format }) => (
  <g fill="none" stroke-width={slotWidth(plot)} pointer-events="stroke">
    {labels.map((label, at) => {
      const lines = series.flatMap(({ name }, which) => {
        const value = values[which]?.[at] ?? null;
        return value === null || value === 0 ? [] : [`${name}: ${format(value)}`];
      });
      return (
        <path d={`M${xOf(plot, at)} ${TOP}V${BOTTOM}`}>
          <title>{[label, ...lines].join('\n')}</title>
        </path>
      );
    })}
  </g>
);

const Legend: FC<{ readonly names: readonly string[] }> = ({ names }) => (
  <ul class="legend row">
    {names.map((name, at) => (
      <li>
        <svg class={colourOf(at)} width="10" height="10" aria-hidden="true">
          <path d="M0 5h10" stroke="currentColor" stroke-width="10" />
        </svg>{' '}
        {name}
      </li>
    ))}
  </ul>
);

const Numbers: FC<Drawn> = ({ title, labels, series, values, format }) => (
  <details>
    <summary>
      Numbers<span class="visually-hidden"> of “{title}”</span>
    </summary>
    <NumberTable
      caption={title}
      of="Day"
      columns={series.map(({ name }) => name)}
      rows={labels.map((name, at) => ({
        name,
        values: values.map((one) => {
          const value = one[at] ?? null;
          return value === null ? '–' : format(value);
        }),
      }))}
    />
  </details>
);

function valuesOf({ series, labels }: ChartProps): Values {
  return series.map(({ values }) => labels.map((_, at) => drawable(values[at])));
}

function plotFor(max: number, { labels, format, units = [1] }: ChartProps): Plot {
  const axis = axisFor(max, units);
  const longest = Math.max(...axis.ticks.map((tick) => format(tick).length));
  const left = Math.min(WIDTH / 2, 20 + longest * CHARACTER_WIDTH);
  return { left, right: RIGHT, top: TOP, bottom: BOTTOM, axis, labelCount: labels.length };
}

function colourOf(at: number): string {
  return `series-${(at % COLOUR_COUNT) + 1}`;
}
