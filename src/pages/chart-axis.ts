/** A scale that begins at 0. */
export interface Axis {
  /** Where it ends: at least the greatest value, and more than 0. */
  readonly top: number;
  /** What is written beside it, upwards from 0. */
  readonly ticks: readonly number[];
}

const MOST_STEPS = 4;
const NICE = [1, 2, 5, 10];

/**
 * A scale for values up to `max`, in steps of 1, 2 or 5 times a power of ten of a unit: of the greatest
 * that the values reach, and never less than one of the smallest.
 *
 * @param max Finite, 0 or more.
 * @param units Ascending, more than 0 each.
 */
export function axisFor(max: number, units: readonly number[]): Axis {
  const smallest = units[0] ?? 1;
  const unit = units.findLast((one) => one <= max) ?? smallest;
  const step = niceStep(Math.max(max / unit / MOST_STEPS, smallest / unit)) * unit;
  const count = Math.max(1, Math.ceil(max / step));
  return {
    top: Math.max(max, count * step),
    ticks: Array.from({ length: count + 1 }, (_, at) => at * step),
  };
}

/** The least of 1, 2, 5 × 10ⁿ that is not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return (NICE.find((one) => one * power >= least) ?? 10) * power;
}
