const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** A duration in words: `under 1 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. Negative counts as nothing. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < SECOND_MS) return 'under 1 s';
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS)
    return joined(Math.floor(ms / MINUTE_MS), 'min', (ms % MINUTE_MS) / SECOND_MS, 's');
  return joined(Math.floor(ms / HOUR_MS), 'h', (ms % HOUR_MS) / MINUTE_MS, 'min');
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor(small);
  return rest === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${rest} ${smallUnit}`;
}

/** The first `length` UTF-16 units of a text, less one where that would halve a character. */
export function beginning(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** The last `length` UTF-16 units of a text, less one where that would halve a character. */
export function ending(text: string, length: number): string {
  return text.slice(-length).replace(/^[\uDC00-\uDFFF]/, '');
}

/** A text without its middle where it is longer than so many UTF-16 units, with a note of how much is left out. */
export function cutMiddle(text: string, length: number): string {
  if (text.length <= length) return text;
  const half = length / 2;
  const [head, tail] = [beginning(text, half), ending(text, half)];
  const leftOutLength = text.length - head.length - tail.length;
  return `${head}\n[… ${leftOutLength} characters left out …]\n${tail}`;
}

/** The beginning of a text on one line, at most `length` UTF-16 units. */
export function excerpt(text: string, length: number): string {
  const oneLine = text.replaceAll(/\s+/gu, ' ').trim();
  return oneLine.length <= length ? oneLine : `${beginning(oneLine, length - 1).trimEnd()}…`;
}

/** Makes a text stand for itself in Markdown. Its line breaks become spaces. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').replaceAll(/[\\`*_{}[\]()#+\-.!|<>~&@:]/gu, String.raw`\$&`);
}

/** `1 message`, `3 messages`. */
export function messagesCount(count: number): string {
  return `${count} ${count === 1 ? 'message' : 'messages'}`;
}

/** Dollars with two decimals; with four below ten cents, where two would hide the difference. */
export function formatDollars(costUsd: number): string {
  return `$${costUsd.toFixed(costUsd > 0 && costUsd < 0.1 ? 4 : 2)}`;
}

/** The midnight, in the machine's time zone, that a day so many days before began with. */
export function startOfDay(nowMs: number, daysBefore: number): number {
  const day = new Date(nowMs);
  day.setHours(0, 0, 0, 0);
  day.setDate(day.getDate() - daysBefore);
  return day.getTime();
}

/** The midnight, in the machine's time zone, that a month began with. */
export function startOfMonth(nowMs: number): number {
  const day = new Date(startOfDay(nowMs, 0));
  day.setDate(1);
  return day.getTime();
}

// Not by `Intl`, whose first format takes some 25 ms of whoever asks for it.
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const SCALES = ['', 'K', 'M', 'B', 'T'];

/** `Nov 20`, in the machine's time zone. */
export function dayOf(atMs: number): string {
  const at = new Date(atMs);
  return `${MONTHS[at.getMonth()]} ${at.getDate()}`;
}

/** `Nov 20, 2026`, in the machine's time zone. */
export function dayAndYearOf(atMs: number): string {
  return `${dayOf(atMs)}, ${new Date(atMs).getFullYear()}`;
}

/** `14:05` today, else `Nov 20, 14:05`, and with the year where it is another; in the machine's time zone. */
export function momentOf(atMs: number, nowMs: number): string {
  const [at, now] = [new Date(atMs), new Date(nowMs)];
  const time = at.toTimeString().slice(0, 'HH:MM'.length);
  if (at.toDateString() === now.toDateString()) return time;
  const day = at.getFullYear() === now.getFullYear() ? dayOf(atMs) : dayAndYearOf(atMs);
  return `${day}, ${time}`;
}

/** `Nov 20, 2026, 14:05:12`, in the machine's time zone. */
export function fullMomentOf(atMs: number): string {
  return `${dayAndYearOf(atMs)}, ${new Date(atMs).toTimeString().slice(0, 'HH:MM:SS'.length)}`;
}

/** `UTC+02:00`: the machine's time zone at that moment. */
export function offsetOf(atMs: number): string {
  return new Date(atMs).toTimeString().replace(/^.*GMT(...)(..).*$/u, 'UTC$1:$2');
}

/** A count, as `12,345`: a whole number from 0 on. */
export function wholeNumber(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/gu, ',');
}

/** `999`, `1.2K`, `45M`: a count, from 0 on, with at most one decimal. */
export function compactNumber(count: number): string {
  let [value, scale] = [count, 0];
  while (Math.round(value * 10) >= 10_000 && scale < SCALES.length - 1) {
    value /= 1000;
    scale += 1;
  }
  return `${Math.round(value * 10) / 10}${SCALES[scale]}`;
}
