import { z } from 'zod';
import { excerpt } from '../../core/format.ts';

/** The levels of the log, least to worst. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof LEVELS)[number];

/** Which lines are wanted. */
export interface LogFilter {
  /** This level and worse. */
  readonly level: Level | null;
  /** Only what belongs to the turn of this id. */
  readonly turn: number | null;
}

/** A line of the log; what stands beside these are its fields. */
const lineSchema = z.looseObject({
  time: z.iso.datetime(),
  level: z.enum(LEVELS),
  event: z.string(),
});
type LogLine = z.infer<typeof lineSchema>;

const MARKS: Readonly<Record<Level, string>> = {
  trace: ' ',
  debug: ' ',
  info: '·',
  warn: '⚠',
  error: '✖',
  fatal: '✖',
};
const DIM = 2;
const YELLOW = 33;
const RED = 31;
const COLOURS: Readonly<Record<Level, number | null>> = {
  trace: DIM,
  debug: DIM,
  info: null,
  warn: YELLOW,
  error: RED,
  fatal: RED,
};
const MAX_FIELD_LENGTH = 160;
const EVENT_WIDTH = 22;

/** Whether a line is wanted. One that is broken belongs to no turn and to no level: it is. */
export function isWanted(raw: string, { level, turn }: LogFilter): boolean {
  if (raw.trim() === '') return false;
  const line = parse(raw);
  if (line === null) return turn === null;
  if (level !== null && LEVELS.indexOf(line.level) < LEVELS.indexOf(level)) return false;
  return turn === null || turnsOf(line).includes(turn);
}

/** The agent's own lines tell the turn in the mark of its run: `<start>.<turn>.<attempt>`. */
function turnsOf({ turn, marker }: LogLine): unknown[] {
  const marked = typeof marker === 'string' ? /\.(\d+)\.\d+$/u.exec(marker)?.[1] : undefined;
  return [turn, ...(marked === undefined ? [] : [Number(marked)])];
}

/** A line as a person reads it: the local time, a mark, the event, the fields. A broken one as it is. */
export function formatLine(raw: string, isColoured: boolean): string {
  const line = parse(raw);
  if (line === null) return harmless(raw);
  const { time, level, event, ...fields } = line;
  const shown = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name}=${formatValue(value)}`);
  const paint = (code: number | null, text: string) =>
    isColoured && code !== null ? `\u001B[${code}m${text}\u001B[0m` : text;
  const head = paint(
    COLOURS[level],
    `${MARKS[level]} ${harmless(event).padEnd(shown.length === 0 ? 0 : EVENT_WIDTH)}`,
  );
  return [paint(DIM, localTime(time)), head, ...(shown.length === 0 ? [] : [shown.join(' ')])].join(
    ' ',
  );
}

function parse(raw: string): LogLine | null {
  try {
    return lineSchema.safeParse(JSON.parse(raw)).data ?? null;
  } catch {
    // Half a line, or another program's: shown as it is.
    return null;
  }
}

const errorSchema = z.looseObject({ message: z.string(), stack: z.string() });

function formatValue(value: unknown): string {
  const error = errorSchema.safeParse(value);
  const text = error.success ? error.data.message : value;
  const plain = typeof text === 'string' ? text : JSON.stringify(text);
  const short = harmless(excerpt(plain, MAX_FIELD_LENGTH));
  return typeof text === 'string' && /[\s"=]/u.test(short) ? `"${short}"` : short;
}

function localTime(time: string): string {
  const at = new Date(time);
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}

function two(part: number): string {
  return String(part).padStart(2, '0');
}

/** Control characters could move the cursor, or worse: what was logged may come from anybody. */
function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (character) =>
    character === '\t' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
