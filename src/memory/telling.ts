import { dayAndYearOf, dayOf, escapeMarkdown, excerpt, momentOf } from '../core/format.ts';
import type { Memory, MemoryKind, MemorySource } from '../core/memory.ts';
import type { MemoryStore } from './store.ts';

/** What the kinds are called where people read: one of them, and several. */
export const KIND_WORDS: Readonly<Record<MemoryKind, readonly [string, string]>> = {
  semantic: ['fact', 'facts'],
  episodic: ['event', 'events'],
  procedural: ['how-to', 'how-tos'],
};
/** How it came about. */
export const SOURCE_WORDS: Readonly<Record<MemorySource, string>> = {
  told: 'you told me',
  learned: 'learned from a chat',
  noted: 'noted while working',
  distilled: 'summed up from older events',
  imported: 'imported',
};
/** Said of what is only history by now. */
export const STATUS_WORDS: Readonly<Record<Exclude<Memory['status'], 'live'>, string>> = {
  superseded: 'replaced since by something newer',
  distilled: 'summed up since',
};
const DETAILS_LENGTH = 160;
const SAID_LENGTH = 80;
const AUTHOR_LENGTH = 30;
const DAY_MS = 24 * 3_600_000;

/** `1 memory`, `3 memories`. */
export function memoriesCount(count: number): string {
  return `${count} ${count === 1 ? 'memory' : 'memories'}`;
}

/** `12 facts, 1 event`; a kind of which there is none is left out. Empty where there is nothing. */
export function kindCounts(liveByKind: Readonly<Record<MemoryKind, number>>): string {
  return (['semantic', 'episodic', 'procedural'] as const)
    .filter((kind) => liveByKind[kind] > 0)
    .map((kind) => `${liveByKind[kind]} ${KIND_WORDS[kind][liveByKind[kind] === 1 ? 0 : 1]}`)
    .join(', ');
}

/**
 * A memory in a list, in Markdown, as its number, the beginning of its text, one of what else it says
 * (`When: a deploy`) and a last line of what it is: `Fact, you told me, Nov 20, 95 % sure`.
 *
 * @param shown.length The most characters of its text.
 * @param shown.confidence 0 to 1, what is left of it; `null`: nothing is said about it.
 */
export function listedMemory(
  memory: Memory,
  shown: {
    readonly number: number;
    readonly length: number;
    readonly confidence: number | null;
    readonly nowMs: number;
  },
): string {
  const [kind] = KIND_WORDS[memory.kind];
  const about = [
    `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
    SOURCE_WORDS[memory.source],
    takenOn(memory.createdAtMs, shown.nowMs),
    ...(memory.status === 'live'
      ? shown.confidence === null
        ? []
        : [`${percent(shown.confidence)} sure`]
      : [STATUS_WORDS[memory.status]]),
  ].join(', ');
  const details = excerpt(detailsOf(memory), DETAILS_LENGTH);
  return [
    `**${shown.number}.** ${escapeMarkdown(excerpt(memory.text, shown.length))}`,
    ...(details === '' ? [] : [escapeMarkdown(details)]),
    `*${escapeMarkdown(about)}*`,
  ].join('\n');
}

function detailsOf({ trigger, context, outcome }: Memory): string {
  return Object.entries({ When: trigger, About: context, Outcome: outcome })
    .flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
    .join(' · ');
}

/**
 * Where a memory has it from: `“deploys go out on Tuesdays” (Ann, Nov 20, 14:05), and 2 more`.
 *
 * @returns `null` where it came from no message, or only from a command that says the same.
 */
export function originOf(
  sources: ReturnType<MemoryStore['sources']>,
  nowMs: number,
): string | null {
  const said = sources.filter(({ role }) => role !== 'command');
  const [first] = said;
  if (first === undefined) return null;
  const words = excerpt(first.text, SAID_LENGTH);
  const author = first.role === 'claude' ? 'Claude' : excerpt(first.author ?? 'you', AUTHOR_LENGTH);
  const more = said.length === 1 ? '' : `, and ${said.length - 1} more`;
  return `${words === '' ? 'a message without words' : `“${words}”`} (${author}, ${momentOf(first.createdAtMs, nowMs)})${more}`;
}

/**
 * The same as a line: `From: “…” (Ann, 14:05)`, and of what Claude noted by itself that it was Claude,
 * because a message that it answered need not say it.
 */
export function originLine(
  { source }: Pick<Memory, 'source'>,
  sources: ReturnType<MemoryStore['sources']>,
  nowMs: number,
): string | null {
  const origin = originOf(sources, nowMs);
  if (origin === null) return null;
  return `${source === 'noted' ? 'Noted by Claude in answer to' : 'From'}: ${origin}`;
}

/** `72 %`, of a number from 0 to 1. */
export function percent(share: number): string {
  return `${Math.round(Math.min(1, Math.max(0, share)) * 100)} %`;
}

/** How long ago something was, by the day: `today`, `yesterday`, `12 days ago`, `3 months ago`. */
export function daysAgo(atMs: number, nowMs: number): string {
  const days = Math.max(0, Math.round((midnight(nowMs) - midnight(atMs)) / DAY_MS));
  if (days === 0) return 'today';
  if (days === 1) return 'yesterday';
  if (days < 60) return `${days} days ago`;
  const months = Math.round(days / 30.44);
  return months < 24 ? `${months} months ago` : `${Math.floor(months / 12)} years ago`;
}

/** `today`, else `Nov 20`, and with the year where it is another; in the machine's time zone. */
function takenOn(atMs: number, nowMs: number): string {
  if (midnight(atMs) === midnight(nowMs)) return 'today';
  const isThisYear = new Date(atMs).getFullYear() === new Date(nowMs).getFullYear();
  return isThisYear ? dayOf(atMs) : dayAndYearOf(atMs);
}

function midnight(atMs: number): number {
  return new Date(atMs).setHours(0, 0, 0, 0);
}
