import type { Axis } from './chart-axis.ts';

/** For each series its values, one a label; `null` where there is none. */
export type Values = readonly (readonly (number | null)[])[];

/** Where a chart draws, in whole units of its view box. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly axis: Axis;
  readonly labelCount: number;
}

/** What can be drawn: finite, from 0 up to where sums are still exact; anything else is `null`. */
export function drawable(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && value >= 0 && value <= Number.MAX_SAFE_INTEGER
    ? value
    : null;
}

/** How wide the place of one label is, at least a unit. */
export function slotWidth({ left, right, labelCount }: Plot): number {
  return Math.max(1, Math.floor((right - left) / labelCount));
}

/** The middle of the place of a label. */
export function xOf({ left, right, labelCount }: Plot, at: number): number {
  return Math.round(left + ((right - left) * (at + 0.5)) / labelCount);
}

/** How high up a value is. */
export function yOf({ top, bottom, axis }: Plot, value: number): number {
  return Math.round(bottom - ((bottom - top) * value) / axis.top);
}

/** A path a series, of upright strokes: each stands on top of that of the series before. */
export function stackPaths(values: Values, plot: Plot): readonly string[] {
  const reached = Array.from({ length: plot.labelCount }, () => 0);
  return values.map((series) =>
    reached
      .map((from, at) => {
        const to = from + (series[at] ?? 0);
        reached[at] = to;
        const [y, top] = [yOf(plot, from), yOf(plot, to)];
        return y === top ? '' : `M${xOf(plot, at)} ${y}V${top}`;
      })
      .join(''),
  );
}

/** A path a series, from value to value, broken off where there is none. A value by itself is a dot. */
export function linePaths(values: Values, plot: Plot): readonly string[] {
  return values.map((series) => {
    let path = '';
    for (let at = 0; at < plot.labelCount; at += 1) {
      const value = series[at] ?? null;
      if (value === null) continue;
      const point = `${xOf(plot, at)} ${yOf(plot, value)}`;
      const isAlone = (series[at + 1] ?? null) === null;
      if ((series[at - 1] ?? null) !== null) path += ` ${point}`;
      else path += isAlone ? `M${point}h0` : `M${point}`;
    }
    return path;
  });
}

/** The sums of the values of each label. */
export function stackHeights(values: Values, labelCount: number): readonly number[] {
  return Array.from({ length: labelCount }, (_, at) =>
    values.reduce((sum, series) => sum + (series[at] ?? 0), 0),
  );
}
