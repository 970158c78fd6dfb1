import type { AuditFault, AuditVerdict } from './audit-verify.ts';

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
  'console.link': 'made a link to the console',
  'console.entered': 'came in to the console',
  'console.left': 'left the console',
  'console.forget': 'had a memory forgotten in the console',
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
export function eventWords(event: string): string {
  const words = Object.hasOwn(WORDS, event) ? WORDS[event] : undefined;
  if (words !== undefined) return words;
  if (event.startsWith('command.')) return `typed /${event.slice('command.'.length)}`;
  if (event.startsWith('press.')) return `pressed ${event.slice('press.'.length)}`;
  if (event.startsWith('console.')) return `${event.slice('console.'.length)}, in the console`;
  return event;
}

/** The details of an entry, each as its name and its value; whatever stands there where that is no JSON. */
export function detailWords(details: string | null): readonly string[] {
  const known: unknown = details === null ? {} : parsed(details);
  if (typeof known !== 'object' || known === null) return [String(details)];
  return Object.entries(known)
    .filter(([, value]) => value !== null && value !== false)
    .map(([name, value]) => `${name}: ${shortened(value)}`);
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

const FAULTS: Readonly<Record<AuditFault, string>> = {
  changed: 'was changed, or the one before it was, or it is not where it was written',
  'missing-before': 'does not follow the one before it: what stood between them is gone',
  unsealed: 'has no hash: Claudio did not write it, or its hash was taken away',
  'cut-off': 'is not the last that was written: what came after it is gone',
};

/** `Entry 12 of 2026-11-01 08:30:00 was changed …` */
export function brokenSentence(verdict: Extract<AuditVerdict, { kind: 'broken' }>): string {
  const { id, atMs, fault, soundCount } = verdict;
  if (fault === 'cut-off' && soundCount === 0) return 'All entries are gone.';
  const at = atMs === null ? null : isoOf(atMs);
  const time = at === null ? '' : ` of ${at}`;
  return `Entry ${id}${time} ${FAULTS[fault]}. The ${soundCount} before it are as they were written.`;
}

/** What was changed by hand may be no time at all. */
export function isoOf(atMs: number): string | null {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
