import { ClaudioError } from '../core/error.ts';

const UNITS_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/**
 * The time that a person means: so long before now, `90m`, `12h`, `2d`, `1w`, or a day or a moment as ISO
 * 8601 has it, in the machine's time zone unless it names one.
 *
 * @returns Milliseconds since 1970.
 * @throws ClaudioError `cli.no-time`
 */
export function sinceOf(text: string, nowMs: number): number {
  const [, count, unit = ''] = /^(\d{1,6})([mhdw])$/u.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  if (count !== undefined && unitMs !== undefined) return nowMs - Number(count) * unitMs;
  if (
    /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/u.test(
      text,
    )
  ) {
    // A day alone would be one of UTC.
    const moment = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'));
    if (!Number.isNaN(moment)) return moment;
  }
  throw new ClaudioError({
    code: 'cli.no-time',
    message: `--since ${text} is no time.`,
    hint: 'Say how long ago, such as 90m, 12h, 2d or 1w, or since when, such as 2026-11-01 or 2026-11-01T08:30.',
  });
}
