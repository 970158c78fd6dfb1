const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** From then on, a date says more. */
const WEEK_MS = 7 * DAY_MS;

/**
 * How long ago a moment is, in words that change once a minute at most: `just now`, `2 min ago`, `5 h ago`,
 * `3 days ago`, and `in 2 min` for what is still to come. `null` where that is a week or more. Used on the
 * server and in the browser, so that both say the same.
 */
export function agoOf(atMs: number, nowMs: number): string | null {
  const sinceMs = nowMs - atMs;
  const words = spanOf(Math.abs(sinceMs));
  if (words === null || words === '') return words === '' ? 'just now' : null;
  return sinceMs < 0 ? `in ${words}` : `${words} ago`;
}

function spanOf(ms: number): string | null {
  if (ms < MINUTE_MS) return '';
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  if (ms >= WEEK_MS) return null;
  const days = Math.floor(ms / DAY_MS);
  return days === 1 ? '1 day' : `${days} days`;
}
