const FIRST_MS = 1000;
/** The longest pause of our own making. */
export const LONGEST_MS = 60_000;

/**
 * How long to wait before the next attempt, in milliseconds: 1 s, 2 s, 4 s … up to a minute, less up to
 * a fifth, so that many waiting at once do not all come back at once.
 *
 * @param attemptCount Attempts made so far, from 1.
 * @param random From 0 to 1.
 */
export function backoffMs(attemptCount: number, random: number): number {
  const longest = Math.min(FIRST_MS * 2 ** Math.min(attemptCount - 1, 10), LONGEST_MS);
  return Math.round(longest * (1 - random / 5));
}
