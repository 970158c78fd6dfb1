import { z } from 'zod';
import type { Observation } from './observation.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Between two tellings of the same: the first pause, doubled each time up to the last. */
const AGAIN_MS = { first: 30 * MINUTE_MS, last: 24 * HOUR_MS };
/** What nobody has looked at for so long is no question any more. */
const FORGOTTEN_MS = 24 * HOUR_MS;

const entrySchema = z.strictObject({
  subject: z.string(),
  text: z.string(),
  remedy: z.string().nullable(),
  sinceMs: z.number(),
  seenAtMs: z.number(),
  /** Null while it stands. */
  endedAtMs: z.number().nullable(),
  /** It is to be told, now or when the pause is over. */
  isDue: z.boolean(),
  /** The last time that it was told, whether this time that it stands or before. */
  toldAtMs: z.number().nullable(),
  /** Since it stands. */
  toldCount: z.number(),
  /** It was told once, and that was all. */
  isSpent: z.boolean(),
  isToldOnce: z.boolean(),
  /** It should have been told, and the chat could not be reached. */
  wasMissed: z.boolean(),
});
export type Entry = z.infer<typeof entrySchema>;

/** What is not well, or was until lately, by the name of the look that found it. */
export type Book = Readonly<Record<string, Entry>>;
const bookSchema = z.record(z.string(), entrySchema);

/** What is to be told now. */
export interface Owed {
  readonly alerts: readonly (readonly [name: string, Entry])[];
  /** What has ended, and was told, or should have been. */
  readonly endings: readonly (readonly [name: string, Entry])[];
}

/** Reads a book as it was written. One that is broken, or of another version, begins anew. */
export function readBook(text: string | null): Book {
  if (text === null) return {};
  try {
    return bookSchema.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    // Half a file: the same as none.
    return {};
  }
}

/** Enters what was found now. Everything that was not looked at stands as it did. */
export function enter(book: Book, found: readonly Observation[], nowMs: number): Book {
  const entries = new Map(Object.entries(book));
  for (const observation of found) {
    const { name } = observation;
    const before = entries.get(name);
    const after =
      observation.state === 'failed'
        ? standing(before, observation, nowMs)
        : over(before, observation.state === 'off', nowMs);
    if (after === null) entries.delete(name);
    else entries.set(name, after);
  }
  for (const [name, entry] of entries) {
    if (ageMs(entry.seenAtMs, nowMs) >= FORGOTTEN_MS) entries.delete(name);
  }
  return Object.fromEntries(entries);
}

function standing(before: Entry | undefined, found: Observation, nowMs: number): Entry {
  // One whose end was not told yet has not ended for whoever reads it.
  const isSame =
    before !== undefined && (before.endedAtMs === null || before.toldCount > 0 || before.wasMissed);
  const sinceMs = Math.min(nowMs, isSame ? before.sinceMs : (found.sinceMs ?? nowMs));
  const stoodMs = nowMs - sinceMs;
  const isDue = found.isPending !== true && stoodMs >= (found.patienceMs ?? 0);
  return {
    subject: found.subject,
    text: found.said ?? found.text,
    remedy: found.remedy ?? null,
    sinceMs,
    seenAtMs: nowMs,
    endedAtMs: null,
    isDue: isDue || (isSame && before.isDue && found.isPending !== true),
    toldAtMs: before?.toldAtMs ?? null,
    toldCount: isSame ? before.toldCount : 0,
    isSpent: isSame && before.isSpent && found.isReset !== true,
    isToldOnce: found.isToldOnce === true,
    wasMissed: isSame && before.wasMissed,
  };
}

function over(before: Entry | undefined, isNoQuestion: boolean, nowMs: number): Entry | null {
  if (before === undefined || isNoQuestion) return null;
  if (before.endedAtMs !== null) return before;
  return { ...before, endedAtMs: nowMs, seenAtMs: nowMs, isDue: false };
}

/** What of it is to be told now. */
export function owed(book: Book, nowMs: number): Owed {
  const entries = Object.entries(book);
  return {
    alerts: entries.filter(
      ([, entry]) =>
        entry.isDue &&
        !entry.isSpent &&
        (entry.toldAtMs === null || ageMs(entry.toldAtMs, nowMs) >= pauseMs(entry.toldCount)),
    ),
    endings: entries.filter(
      ([, entry]) => entry.endedAtMs !== null && (entry.toldCount > 0 || entry.wasMissed),
    ),
  };
}

/** Enters that all of `what` was told, or that the chat could not be reached. */
export function enterTold(book: Book, what: Owed, wasTold: boolean, nowMs: number): Book {
  const entries = new Map(Object.entries(book));
  for (const [name, entry] of what.alerts) {
    const told = {
      toldAtMs: nowMs,
      toldCount: entry.toldCount + 1,
      isSpent: entry.isToldOnce,
      wasMissed: false,
    };
    entries.set(name, { ...entry, ...(wasTold ? told : { wasMissed: true }) });
  }
  if (wasTold) {
    for (const [name, entry] of what.endings) {
      entries.set(name, { ...entry, toldCount: 0, wasMissed: false });
    }
  }
  // What has ended is kept only for as long as the same is not to be told again.
  for (const [name, entry] of entries) {
    const isOwed = entry.toldCount > 0 || entry.wasMissed;
    if (entry.endedAtMs === null || isOwed) continue;
    const isLate = entry.toldAtMs === null || ageMs(entry.toldAtMs, nowMs) >= AGAIN_MS.first;
    if (isLate) entries.delete(name);
  }
  return Object.fromEntries(entries);
}

function pauseMs(toldCount: number): number {
  return Math.min(AGAIN_MS.last, AGAIN_MS.first * 2 ** Math.max(0, toldCount - 1));
}

/** A moment that is still to come was noted before the clock was set back: long ago. */
function ageMs(atMs: number, nowMs: number): number {
  return atMs > nowMs ? Number.POSITIVE_INFINITY : nowMs - atMs;
}
