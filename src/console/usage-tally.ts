/** How turns end, in the order in which it is shown. */
export const OUTCOMES = ['done', 'failed', 'cancelled', 'interrupted'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** What turns came to, added up. */
export interface Tally {
  turnCount: number;
  readonly outcomes: Record<Outcome, number>;
  inputTokenCount: number;
  outputTokenCount: number;
  cacheReadTokenCount: number;
  cacheWriteTokenCount: number;
  costUsd: number;
}

/** Of the turns of one model, conversation and person. */
export interface Cell extends Tally {
  /** That answered; `null` where none did. */
  readonly model: string | null;
  readonly conversationId: string;
  readonly personId: string | null;
}

/** What the turns came to that ended on one day. */
export interface DaySums {
  readonly cells: readonly Cell[];
  /** How often each tool was used. */
  readonly tools: ReadonlyMap<string, number>;
  /** From the question to the answer, in milliseconds, for each turn that was done, by its model. */
  readonly waits: ReadonlyMap<string, readonly number[]>;
}

export function emptyTally(): Tally {
  return {
    turnCount: 0,
    outcomes: { done: 0, failed: 0, cancelled: 0, interrupted: 0 },
    inputTokenCount: 0,
    outputTokenCount: 0,
    cacheReadTokenCount: 0,
    cacheWriteTokenCount: 0,
    costUsd: 0,
  };
}

/** Adds `more` to `sum`. */
export function addTo(sum: Tally, more: Readonly<Tally>): void {
  sum.turnCount += more.turnCount;
  for (const outcome of OUTCOMES) sum.outcomes[outcome] += more.outcomes[outcome];
  sum.inputTokenCount += more.inputTokenCount;
  sum.outputTokenCount += more.outputTokenCount;
  sum.cacheReadTokenCount += more.cacheReadTokenCount;
  sum.cacheWriteTokenCount += more.cacheWriteTokenCount;
  sum.costUsd += more.costUsd;
}

export function tokenCount(tally: Readonly<Tally>): number {
  const { inputTokenCount, outputTokenCount, cacheReadTokenCount, cacheWriteTokenCount } = tally;
  return inputTokenCount + outputTokenCount + cacheReadTokenCount + cacheWriteTokenCount;
}

/** All cells of some days in one. */
export function totalOf(days: readonly DaySums[]): Tally {
  const sum = emptyTally();
  for (const { cells } of days) for (const cell of cells) addTo(sum, cell);
  return sum;
}

/** The cells of some days by what they have in common, the dearest first, then those of the most turns. */
export function tallyBy<Key>(
  days: readonly DaySums[],
  keyOf: (cell: Cell) => Key,
): readonly (readonly [Key, Tally])[] {
  const sums = new Map<Key, Tally>();
  for (const { cells } of days) {
    for (const cell of cells) {
      const key = keyOf(cell);
      const sum = sums.get(key) ?? emptyTally();
      addTo(sum, cell);
      sums.set(key, sum);
    }
  }
  return [...sums].sort(
    ([, one], [, other]) => other.costUsd - one.costUsd || other.turnCount - one.turnCount,
  );
}

/** The tools of some days, the most used first. */
export function toolsOf(days: readonly DaySums[]): readonly (readonly [string, number])[] {
  const sums = new Map<string, number>();
  for (const { tools } of days) {
    for (const [tool, count] of tools) sums.set(tool, (sums.get(tool) ?? 0) + count);
  }
  return [...sums].sort(([, one], [, other]) => other - one);
}

/** How long answers took, in milliseconds, of the models that are asked for. Ascending. */
export function waitsOf(
  days: readonly DaySums[],
  isOf: (model: string) => boolean = () => true,
): Float64Array {
  const all = days.flatMap(({ waits }) =>
    [...waits].flatMap(([model, ofModel]) => (isOf(model) ? ofModel : [])),
  );
  return Float64Array.from(all).sort();
}

/**
 * The least value that is not exceeded by a share of the samples, from 0 to 1 (nearest rank); `null` of none.
 *
 * @param ascending Sorted.
 */
export function percentile(ascending: Float64Array, share: number): number | null {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? null;
}
