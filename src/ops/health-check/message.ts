import { escapeMarkdown, excerpt, formatDuration, momentOf } from '../../core/format.ts';
import type { Entry, Owed } from './book.ts';

/** What is longer is cut: the message is read on a phone, and is to be one. */
const MAX_TEXT_LENGTH = 200;
const MAX_COUNT = 8;

/** All that is to be told at once, in Markdown; `null` where there is nothing. */
export function alertMessage(owed: Owed, nowMs: number): string | null {
  const all = [
    ...owed.alerts.map(([, entry]) => alertOf(entry, nowMs)),
    ...owed.endings.map(([, entry]) => endingOf(entry)),
  ];
  if (all.length === 0) return null;
  const rest = all.length - MAX_COUNT;
  const more = rest <= 0 ? [] : [`… and ${rest} more: \`claudio status\` shows everything.`];
  return [...all.slice(0, MAX_COUNT), ...more].join('\n\n');
}

function alertOf(entry: Entry, nowMs: number): string {
  const stoodMs = nowMs - entry.sinceMs;
  const still = stoodMs < 60_000 ? '' : `, for ${roughly(stoodMs)}`;
  return [
    `⚠️ **${escapeMarkdown(entry.subject)}** ${escapeMarkdown(excerpt(entry.text, MAX_TEXT_LENGTH))}.`,
    `Since ${momentOf(entry.sinceMs, nowMs)}${still}.`,
    // Remedies are our own words, with commands marked as code.
    ...(entry.remedy === null ? [] : [`→ ${excerpt(entry.remedy, MAX_TEXT_LENGTH)}`]),
  ].join('\n');
}

function endingOf(entry: Entry): string {
  const { subject, sinceMs, endedAtMs, toldCount, text } = entry;
  const after = roughly((endedAtMs ?? sinceMs) - sinceMs);
  const well = `✅ **${escapeMarkdown(subject)}** is well again, after ${after}.`;
  if (toldCount > 0) return well;
  const missed = `This chat could not be reached meanwhile: from ${momentOf(sinceMs, endedAtMs ?? sinceMs)} on it`;
  return `${well}\n${missed} ${escapeMarkdown(excerpt(text, MAX_TEXT_LENGTH))}.`;
}

/** A duration without what nobody asks for: seconds after the first minute. */
function roughly(durationMs: number): string {
  return formatDuration(durationMs < 60_000 ? durationMs : durationMs - (durationMs % 60_000));
}
