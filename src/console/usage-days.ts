/** A day of the machine's time zone; where clocks change, one of 23 or 25 hours. */
export interface Day {
  readonly startMs: number;
  /** Where the next one starts. */
  readonly endMs: number;
}

/** The last so many days, oldest first; the last of them is today. */
export function lastDays(nowMs: number, count: number): readonly Day[] {
  const now = new Date(nowMs);
  // Counted from the date, not from midnight: there are days on which no clock shows that.
  const startMs = (daysAgo: number): number =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).getTime();
  return Array.from({ length: count }, (_, at) => ({
    startMs: startMs(count - 1 - at),
    endMs: startMs(count - 2 - at),
  }));
}

/** How many days of the month there were until now, with today. */
export function daysOfMonth(nowMs: number): number {
  return new Date(nowMs).getDate();
}
