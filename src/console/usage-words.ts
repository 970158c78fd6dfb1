import { formatDuration } from '../core/format.ts';

/** `Done` */
export function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** A duration in words; `0` where there was none to speak of. */
export function duration(durationMs: number | null): string {
  if (durationMs === null) return '–';
  return durationMs === 0 ? '0 s' : formatDuration(durationMs);
}
