/** So many rows are looked at for one page. */
export const WALKED_COUNT = 4000;

/** A page of what fits among rows that were walked over, the newest first. */
export interface WalkedPage {
  readonly ids: readonly number[];
  /** The cursor of those that are older; `null`: there are none. A page may be empty though there are. */
  readonly olderId: number | null;
}

/**
 * Makes a page of a bounded walk, so that it takes no longer however few rows fit.
 *
 * @param walked What was looked at, the newest first, {@link WALKED_COUNT} at most.
 * @param fitting Those of them that fit, in the same order: more than `count` where there are more.
 */
export function pageOfWalk(
  walked: readonly number[],
  fitting: readonly number[],
  count: number,
): WalkedPage {
  const ids = fitting.slice(0, count);
  if (fitting.length > count) return { ids, olderId: ids.at(-1) ?? null };
  return { ids, olderId: walked.length < WALKED_COUNT ? null : (walked.at(-1) ?? null) };
}
