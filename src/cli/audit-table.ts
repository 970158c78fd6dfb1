import type { ReadEntry } from '../policy/audit-read.ts';
import { detailWords, eventWords } from '../policy/audit-words.ts';

/** The longest name or list of details that is shown, in UTF-16 units. */
const MAX_CHARS = 120;

/** Entries as a person reads them, a line each, in columns. */
export function auditTable(
  entries: readonly ReadEntry[],
  nameOf: (personId: string) => string | null,
): string {
  const rows = entries.map((entry) =>
    [
      String(entry.id),
      timeOf(entry.atMs),
      personOf(entry, nameOf),
      eventWords(entry.event),
      entry.decision ?? '',
      entry.turnId === null ? '' : `turn ${entry.turnId}`,
      entry.conversationId,
      detailsOf(entry),
    ].map(oneLine),
  );
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function personOf({ personId }: ReadEntry, nameOf: (id: string) => string | null): string {
  if (personId === '') return '';
  const name = nameOf(personId);
  return name === null ? personId : `${name} (${personId})`;
}

function detailsOf({ details, text }: ReadEntry): string {
  return [...detailWords(details), ...(text === null ? [] : [`“${text}”`])].join(', ');
}

/** In the machine's time zone. */
function timeOf(atMs: number): string {
  return new Intl.DateTimeFormat('sv', { dateStyle: 'short', timeStyle: 'medium' }).format(atMs);
}

/** A name may hold what moves the cursor, or turns the line around. */
function oneLine(text: string): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, ' ');
  return plain.length <= MAX_CHARS ? plain : `${plain.slice(0, MAX_CHARS - 1)}…`;
}
