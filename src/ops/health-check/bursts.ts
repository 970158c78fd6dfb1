import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { linesBackwards, openForReading } from '../log-reader/last-lines.ts';
import type { Observation } from './observation.ts';

const ERRORS = { windowMs: 5 * 60_000, leastCount: 20 };
const STARTS = { windowMs: 15 * 60_000, leastCount: 4 };
/** A service that logs more than this in a quarter of an hour is told by what it logged last. */
const MAX_LINE_COUNT = 50_000;

const lineSchema = z.looseObject({
  time: z.iso.datetime().transform((text) => Date.parse(text)),
  level: z.string(),
  event: z.string(),
});
type Line = z.infer<typeof lineSchema>;

/** Looks for bursts of errors and of restarts at the end of the log. Reads no further back than needed. */
export async function lookAtLog(path: string, clock: Clock): Promise<readonly Observation[]> {
  const nowMs = clock.now();
  const lines = await linesSince(path, nowMs - STARTS.windowMs);
  // What is still to come was written before the clock was set back.
  const recent = lines.filter(({ time }) => time <= nowMs);
  const errors = recent.filter(
    ({ level, time }) => (level === 'error' || level === 'fatal') && time > nowMs - ERRORS.windowMs,
  );
  return [errorsFound(errors), startsFound(unasked(recent))];
}

function errorsFound(errors: readonly Line[]): Observation {
  const about = { name: 'errors', subject: 'The log' };
  const last = errors.at(-1);
  if (last === undefined || errors.length < ERRORS.leastCount) {
    return { ...about, state: 'ok', text: 'has no burst of errors' };
  }
  return {
    ...about,
    state: 'failed',
    text: `has ${errors.length} errors in the last 5 minutes, the last one ${last.event}`,
    remedy: '`claudio log --level error` shows them.',
    ...sinceOf(errors),
  };
}

function startsFound(starts: readonly Line[]): Observation {
  const about = { name: 'restarts', subject: 'The service' };
  if (starts.length < STARTS.leastCount) {
    return { ...about, state: 'ok', text: 'does not start again and again' };
  }
  return {
    ...about,
    state: 'failed',
    text: `started ${starts.length} times in the last 15 minutes, and nobody asked for it`,
    remedy: '`claudio log` shows what came before each start.',
    ...sinceOf(starts),
  };
}

function sinceOf([first]: readonly Line[]): { readonly sinceMs?: number } {
  return first === undefined ? {} : { sinceMs: first.time };
}

/** The starts that do not follow a stop in good order: those by hand, by Claude and by an update do. */
function unasked(lines: readonly Line[]): readonly Line[] {
  let wasStopped = false;
  return lines.filter(({ event }) => {
    if (event === 'service.stopped') wasStopped = true;
    if (event !== 'service.started') return false;
    const isAsked = wasStopped;
    wasStopped = false;
    return !isAsked;
  });
}

/** Oldest first. What is no line of the log is passed over. */
async function linesSince(path: string, sinceMs: number): Promise<readonly Line[]> {
  const file = await openForReading(path);
  if (file === null) return [];
  try {
    const { size } = await file.stat();
    const lines: Line[] = [];
    let count = 0;
    for await (const text of linesBackwards(file, size)) {
      const line = parse(text);
      if (line !== null && line.time <= sinceMs) break;
      if (line !== null) lines.push(line);
      count += 1;
      if (count >= MAX_LINE_COUNT) break;
    }
    return lines.toReversed();
  } finally {
    await file.close();
  }
}

function parse(text: string): Line | null {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // Half a line, or another program's.
    return null;
  }
}
