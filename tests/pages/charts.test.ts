import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { axisFor } from '../../src/pages/chart-axis.ts';
import { BarChart, LineChart, type ChartProps } from '../../src/pages/charts.tsx';
import { createRandom } from '../support/random.ts';
import { htmlOf } from './html.tsx';

const WIDTH = 720;
const HEIGHT = 280;
/** Between which bars stand. */
const [TOP, BOTTOM] = [12, 240];
const COLOUR_COUNT = 6;
const MARKUP = `<script>alert(1)</script>"><img src=x onerror=alert(1)>`;
const KINDS = { BarChart, LineChart };

const CHART: ChartProps = {
  id: 'cost',
  title: 'Cost, by model',
  description: 'What each day cost.',
  labels: ['Nov 1', 'Nov 2', 'Nov 3'],
  series: [
    { name: 'opus', values: [4, 0, 2] },
    { name: 'haiku', values: [1, null, 3] },
  ],
  format: (value) => `$${value}`,
};

async function chartOf(kind: keyof typeof KINDS, props: ChartProps): Promise<string> {
  return await htmlOf(await KINDS[kind](props));
}

/** The paths of the series, in their order, by their classes. */
function paths(html: string): ReadonlyMap<string, string> {
  return new Map(
    [...html.matchAll(/<path class="(series-\d)" d="([^"]*)"/gu)].map(
      ([, name = '', path = '']) => [name, path],
    ),
  );
}

/** The strokes of a series of bars: `M<x> <from>V<to>`. */
function strokes(path: string) {
  return [...path.matchAll(/M(\d+) (\d+)V(\d+)/gu)].map(([, x, from, to]) => ({
    x: Number(x),
    from: Number(from),
    to: Number(to),
  }));
}

/** Every x and every y that the picture of a chart names. */
function coordinates(html: string): { readonly xs: number[]; readonly ys: number[] } {
  const svg = /<svg viewBox[\s\S]*?<\/svg>/u.exec(html)?.[0] ?? '';
  const [xs, ys]: [number[], number[]] = [[], []];
  for (const [, path = ''] of svg.matchAll(/ d="([^"]*)"/gu)) {
    for (const [, command = '', rest = ''] of path.matchAll(/([MHVLh])([^MHVLh]*)/gu)) {
      const numbers = rest.trim().split(/\s+/u).map(Number);
      if (command === 'H') xs.push(...numbers);
      else if (command === 'V') ys.push(...numbers);
      else if (command === 'h') expect(numbers).toEqual([0]);
      else for (const [at, number] of numbers.entries()) (at % 2 === 0 ? xs : ys).push(number);
    }
  }
  for (const [, x] of svg.matchAll(/ x="([^"]*)"/gu)) xs.push(Number(x));
  for (const [, y] of svg.matchAll(/ y="([^"]*)"/gu)) ys.push(Number(y));
  return { xs, ys };
}

const anything = fc.oneof(
  fc.constant(null),
  fc.double(),
  fc.integer({ min: 0, max: 1000 }),
  fc.constantFrom(0, Number.NaN, Number.POSITIVE_INFINITY, -1, 1e-320, Number.MAX_VALUE),
);

const anyChart = fc
  .record({
    labelCount: fc.integer({ min: 0, max: 100 }),
    units: fc.constantFrom([1], [0.0001], [1000, 60_000, 3_600_000]),
    seriesCount: fc.integer({ min: 0, max: 8 }),
  })
  .chain(({ labelCount, units, seriesCount }) =>
    fc.record({
      labels: fc.constant(Array.from({ length: labelCount }, (_, at) => `day ${at}`)),
      units: fc.constant(units),
      series: fc.array(
        fc.record({
          name: fc.string(),
          values: fc.array(anything, { minLength: labelCount, maxLength: labelCount }),
        }),
        { minLength: seriesCount, maxLength: seriesCount },
      ),
    }),
  )
  .map((some): ChartProps => ({ ...CHART, ...some, format: (value) => value.toPrecision(3) }));

describe.each(['BarChart', 'LineChart'] as const)('%s', (kind) => {
  test('whatever the data, every coordinate is a number within the view box', async () => {
    let drawnCount = 0;
    await fc.assert(
      fc.asyncProperty(anyChart, async (chart) => {
        const html = await chartOf(kind, chart);
        expect(html).not.toMatch(/NaN|Infinity|undefined/u);
        const { xs, ys } = coordinates(html);
        drawnCount += xs.length;
        expect(xs.every((x) => x >= 0 && x <= WIDTH)).toBe(true);
        expect(ys.every((y) => y >= 0 && y <= HEIGHT)).toBe(true);
      }),
    );
    expect(drawnCount).toBeGreaterThan(1000);
  });

  test('it is a picture with a name and a description, and each label tells its values', async () => {
    const html = await chartOf(kind, CHART);
    expect(html).toContain(`viewBox="0 0 ${WIDTH} ${HEIGHT}"`);
    expect(html).toMatch(/<svg [^>]*role="img" aria-labelledby="cost-title cost-description">/u);
    expect(html).toContain('<title id="cost-title">Cost, by model</title>');
    expect(html).toContain('<desc id="cost-description">What each day cost.</desc>');
    expect(html).toContain('<title>Nov 1\nopus: $4\nhaiku: $1</title>');
    // There is nothing to be said of it.
    expect(html).toContain('<title>Nov 2</title>');
  });

  test('the legend names each series, and a table has the same numbers', async () => {
    const html = await chartOf(kind, CHART);
    expect(html).toMatch(/<ul class="legend row"><li><svg class="series-1".*?<\/svg> opus<\/li>/u);
    const table = /<details>.*<\/details>/u.exec(html)?.[0] ?? '';
    expect(table).toContain('<caption class="visually-hidden">Cost, by model</caption>');
    expect(table.match(/<th scope="col"[^>]*>[^<]*/gu)).toHaveLength(3);
    const rows = [...table.matchAll(/<th scope="row">(.*?)<\/th>(.*?)<\/tr>/gu)].map(
      ([, label, cells = '']) => [
        label,
        ...cells
          .replaceAll(/<[^>]+>/gu, ' ')
          .trim()
          .split(/\s+/u),
      ],
    );
    expect(rows).toEqual([
      ['Nov 1', '$4', '$1'],
      ['Nov 2', '$0', '–'],
      ['Nov 3', '$2', '$3'],
    ]);
  });

  test('nothing in it asks for a script or a style, and markup in names is text', async () => {
    const html = await chartOf(kind, {
      ...CHART,
      title: MARKUP,
      description: MARKUP,
      labels: [MARKUP, 'b', 'c'],
      series: CHART.series.map(({ values }) => ({ name: MARKUP, values })),
      format: () => MARKUP,
    });
    expect(html).not.toMatch(/<script|<img|<style|style=|onerror=alert\(1\)"/u);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;');
  });

  test.each([
    ['no days', [], [{ name: 'opus', values: [] }]],
    ['no series', ['Nov 1'], []],
    ['no value', ['Nov 1', 'Nov 2'], [{ name: 'opus', values: [null, Number.NaN] }]],
  ])('with %s it says that there is nothing', async (_, labels, series) => {
    const html = await chartOf(kind, { ...CHART, labels, series });
    expect(html).toContain('<p class="empty">Nothing yet.</p>');
    expect(html).not.toContain('<svg');
  });

  test('one day with nothing on it has axes, and its value in the table', async () => {
    const series = [{ name: 'opus', values: [0] }];
    const html = await chartOf(kind, { ...CHART, labels: ['Nov 1'], series });
    expect(html).toContain('$1</text>');
    expect(html).toContain('<td class="number">$0</td>');
  });

  test('ninety days of four models weigh less than 6 KB on their way', async () => {
    const random = createRandom(1);
    const values = () => Array.from({ length: 90 }, () => random.below(300) / 100);
    const html = await chartOf(kind, {
      ...CHART,
      labels: Array.from({ length: 90 }, (_, day) => `Nov ${day}`),
      series: ['sonnet', 'opus', 'haiku', 'other models'].map((name) => ({
        name: `claude-${name}-4-5`,
        values: values(),
      })),
      format: (value) => `$${value.toFixed(2)}`,
    });
    expect(gzipSync(html).length).toBeLessThan(6 * 1024);
  });
});

describe('stacks', () => {
  test('each bar stands on the one below it, and together they are as high as their sum', async () => {
    await fc.assert(
      fc.asyncProperty(anyChart, async (chart) => {
        const series = chart.series.slice(0, COLOUR_COUNT);
        const html = await chartOf('BarChart', { ...chart, series });
        const drawn = [...paths(html).values()].map(strokes);
        const sums = chart.labels.map((_, at) =>
          series.map(({ values }) => drawnOf(values[at])).reduce((sum, value) => sum + value, 0),
        );
        const { top } = axisFor(Math.max(0, ...sums), chart.units ?? [1]);
        const places = placesOf(html);
        for (const [at, sum] of sums.entries()) {
          let reached = BOTTOM;
          for (const bars of drawn) {
            const bar = bars.find(({ x }) => x === places[at]);
            if (bar === undefined) continue;
            expect(bar.from).toBe(reached);
            expect(bar.to).toBeLessThan(bar.from);
            reached = bar.to;
          }
          expect(reached).toBe(Math.round(BOTTOM - ((BOTTOM - TOP) * sum) / top));
        }
      }),
    );
  });

  test('heights are as the values are', async () => {
    const html = await chartOf('BarChart', CHART);
    const drawn = paths(html);
    // The axis ends at 6, of which 228 units are the whole.
    expect(strokes(drawn.get('series-1') ?? '').map(({ from, to }) => from - to)).toEqual([
      152, 76,
    ]);
    expect(strokes(drawn.get('series-2') ?? '').map(({ from, to }) => from - to)).toEqual([
      38, 114,
    ]);
    expect(strokes(drawn.get('series-2') ?? '').map(({ from }) => from)).toEqual([88, 164]);
  });
});

describe('lines', () => {
  test('a line breaks off where there is no value, and a value by itself is a dot', async () => {
    const series = [{ name: 'median', values: [1, 2, null, 4, null, Number.NaN, 3] }];
    const labels = series[0]?.values.map(String) ?? [];
    const html = await chartOf('LineChart', { ...CHART, labels, series });
    expect(paths(html).get('series-1')).toMatch(/^M\d+ \d+ \d+ \d+M\d+ \d+h0M\d+ \d+h0$/u);
    expect(html).toContain('stroke-linecap="round"');
  });
});

describe('the axis', () => {
  test.each([
    [0, [1], [0, 1]],
    [1, [1], [0, 1]],
    [3, [1], [0, 1, 2, 3]],
    [7, [1], [0, 2, 4, 6, 8]],
    [1999, [1], [0, 500, 1000, 1500, 2000]],
    [0.31, [0.01], [0, 0.1, 0.2, 0.3, 0.4]],
    [90_000, [1000, 60_000], [0, 30_000, 60_000, 90_000]],
    [12 * 60_000, [1000, 60_000], [0, 300_000, 600_000, 900_000]],
    [300, [1000, 60_000], [0, 1000]],
  ])('up to %d, in %j, it has round steps', (max, units, ticks) => {
    const axis = axisFor(max, units);
    expect(axis.ticks).toHaveLength(ticks.length);
    for (const [at, tick] of axis.ticks.entries()) expect(tick).toBeCloseTo(ticks[at] ?? NaN, 9);
    expect(axis.top).toBeGreaterThanOrEqual(max);
  });
});

/** What of a value is drawn. */
function drawnOf(value: number | null | undefined): number {
  const isDrawn = Number.isFinite(value) && Number(value) >= 0;
  return isDrawn && Number(value) <= Number.MAX_SAFE_INTEGER ? Number(value) : 0;
}

/** The middle of the place of each label: where its hint is. */
function placesOf(html: string): readonly number[] {
  return [...html.matchAll(/<path d="M(\d+) 12V240"><title>/gu)].map(([, x]) => Number(x));
}
