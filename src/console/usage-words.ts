import { formatDuration } from '../core/format.ts';
import type { Day } from './usage-days.ts';

const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const WHOLE = new Intl.NumberFormat('en');

/** `12,345` */
export function wholeNumber(count: number): string {
  return WHOLE.format(count);
}

/** `1.2M` */
export function compactNumber(count: number): string {
  return COMPACT.format(count);
}

/** `Done` */
export function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** A duration in words; `0` where there was none to speak of. */
export function duration(durationMs: number | null): string {
  if (durationMs === null) return '–';
  return durationMs === 0 ? '0 s' : formatDuration(durationMs);
}

/** `Nov 3`, in the machine's time zone. */
export function dayLabels(days: readonly Day[]): readonly string[] {
  const format = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' });
  return days.map(({ startMs }) => format.format(startMs));
}
