import type { ReadEntry } from '../policy/audit-read.ts';

/** The longest name or list of details that is shown, in UTF-16 units. */
const MAX_CHARS = 120;

const WORDS: Readonly<Record<string, string>> = {
  'access.refused': 'turned away',
  'access.granted': 'gave a role',
  'access.revoked': 'took a role back',
  'gate.refused': 'held up',
  'pairing.asked': 'asked to be let in',
  'tool.used': 'Claude used a tool',
  'approval.asked': 'Claude asks for leave',
  'approval.allowed': 'allowed it',
  'approval.denied': 'denied it',
  'bots.changed': 'bots were changed',
  'policy.changed': 'policy.json changed',
  'commands.changed': 'commands.json changed',
  'message.edited': 'edited a message',
  'question.answered': 'answered Claude',
  'shell.send': 'sent from the shell',
  'project.added': 'added a project',
  'project.removed': 'removed a project',
  'turn.asked': 'asked Claude',
  'turn.ended': 'Claude is done',
};

/** What happened, in a few words; the event itself where there are none for it. */
function wordsOf(event: string): string {
  const words = WORDS[event];
  if (words !== undefined) return words;
  if (event.startsWith('command.')) return `typed /${event.slice('command.'.length)}`;
  if (event.startsWith('press.')) return `pressed ${event.slice('press.'.length)}`;
  return event;
}

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
      wordsOf(entry.event),
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
  const known: unknown = details === null ? {} : parsed(details);
  const shown =
    typeof known !== 'object' || known === null
      ? [String(details)]
      : Object.entries(known)
          .filter(([, value]) => value !== null && value !== false)
          .map(([name, value]) => `${name}: ${shortened(value)}`);
  return [...shown, ...(text === null ? [] : [`“${text}”`])].join(', ');
}

/** What was changed by hand may be anything. */
function parsed(details: string): unknown {
  try {
    return JSON.parse(details);
  } catch {
    return details;
  }
}

/** A digest is told by its beginning, and nobody pays in parts of millionths. */
function shortened(value: unknown): string {
  if (typeof value === 'number' && !Number.isInteger(value))
    return String(Number(value.toFixed(6)));
  return String(value).replace(/^([\da-f]{12})[\da-f]{52}$/u, '$1…');
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
