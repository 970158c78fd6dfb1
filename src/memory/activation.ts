/** When a memory was accessed: that it was made is the first time. */
export interface AccessHistory {
  readonly createdAtMs: number;
  readonly accessCount: number;
  /** Newest first. */
  readonly recentAccessesMs: readonly number[];
}

/** So many of the last accesses count one by one; of those before, only how many they are. */
export const RECENT_ACCESS_COUNT = 10;

/** Below a second the equation grows without bounds; a clock that was set back makes ages negative. */
const YOUNGEST_SECONDS = 1;
const DAY_SECONDS = 86_400;

/** τ: half of all memories of this activation come to mind. Here: one that was accessed once, a day ago. */
const THRESHOLD = Math.log(DAY_SECONDS ** -0.5);
/**
 * s: the noise. With 2, what was used an hour ago is at 0.69 and what was used a year ago at 0.19, so that
 * what fits comes to mind after years too: with 1, tests/memory/quality.test.ts finds 5 in 100 less of it.
 */
const NOISE = 2;

/**
 * ACT-R's base-level activation, B = ln Σ tⱼ^(−d) with d = 0.5 and t the seconds since each access: how
 * likely a memory is needed now, judged by how often and how lately it was. Takes as long for ten
 * thousand accesses as for ten, because those before the last {@link RECENT_ACCESS_COUNT} are taken to
 * be spread evenly over the time before, (n−k)·(tₙ^(1−d) − tₖ^(1−d)) / ((1−d)·(tₙ − tₖ)), which is
 * (n−k)·2 / (√tₙ + √tₖ) for this d. That is never more than ln 2 too much, and far too little only
 * where many accesses came in a burst long after the memory was made.
 *
 * Source: Anderson and Schooler, "Reflections of the Environment in Memory" (Psychological Science 2,
 * 1991); Anderson et al., "An Integrated Theory of the Mind" (Psychological Review 111, 2004); Petrov,
 * "Computationally Efficient Approximation of the Base-Level Learning Equation in ACT-R" (ICCM 2006).
 *
 * @returns A finite number, 0 for a single access a second ago or less.
 */
export function baseLevel(history: AccessHistory, nowMs: number): number {
  const recent = history.recentAccessesMs.slice(0, RECENT_ACCESS_COUNT);
  const ages = (recent.length === 0 ? [history.createdAtMs] : recent).map((atMs) =>
    ageSeconds(atMs, nowMs),
  );
  const olderCount = Math.max(0, history.accessCount - ages.length);
  const since = Math.max(...ages);
  const age = Math.max(since, ageSeconds(history.createdAtMs, nowMs));
  const recently = ages.reduce((sum, seconds) => sum + seconds ** -0.5, 0);
  return Math.log(recently + (olderCount * 2) / (Math.sqrt(age) + Math.sqrt(since)));
}

/**
 * An activation as a number from 0 to 1, as ACT-R gives the probability that a memory comes to mind:
 * 1 / (1 + e^((τ − B) / s)), here with s = 2 and 0.5 for a single access a day ago.
 *
 * Source: Anderson et al., "An Integrated Theory of the Mind" (Psychological Review 111, 2004).
 */
export function normalisedActivation(activation: number): number {
  return 1 / (1 + Math.exp((THRESHOLD - activation) / NOISE));
}

/** The history after one more access. Times to come, from before a clock was set back, become now. */
export function withAccess(
  history: AccessHistory,
  nowMs: number,
): Pick<AccessHistory, 'accessCount' | 'recentAccessesMs'> {
  const before = history.recentAccessesMs.slice(0, RECENT_ACCESS_COUNT - 1);
  return {
    accessCount: history.accessCount + 1,
    recentAccessesMs: [nowMs, ...before.map((atMs) => Math.min(atMs, nowMs))],
  };
}

function ageSeconds(atMs: number, nowMs: number): number {
  return Math.max(YOUNGEST_SECONDS, (nowMs - atMs) / 1000);
}
