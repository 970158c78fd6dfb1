import type { AuditDetails } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import { type Mask, maskKeys } from '../core/mask.ts';
import type { Database } from '../platform/database/open.ts';
import { hashOf, lastWritten, sealAudit } from './audit-chain.ts';

/** Something to be written down for good. */
export interface AuditEntry {
  /** Dotted: `access.refused`, `press.retry`, `tool.used`. */
  readonly event: string;
  readonly conversationId: string;
  /** Empty where nobody caused it. */
  readonly personId: string;
  readonly turnId?: number | null;
  readonly decision?: string;
  /** Names, rules, digests; never the text of a message. */
  readonly details?: AuditDetails;
  /** What was said: kept only where the person turned that on. */
  readonly text?: string;
}

/** The audit log: appended to, each entry with the hash of the one before. */
export interface Audit {
  /** To be called in the transaction of what it tells. */
  write(entry: AuditEntry): void;
}

/**
 * Opens the audit log.
 *
 * @param options.keepsText `AUDIT_TEXT`: whether what was said is kept as well.
 * @param options.mask Whatever is written here stays: without secrets from the beginning.
 */
export function createAudit(options: {
  readonly database: Database;
  readonly clock: Clock;
  readonly keepsText?: boolean;
  readonly mask?: Mask;
}): Audit {
  const { database, clock, keepsText = false, mask = maskKeys } = options;
  const sqlite = database.orm.$client;
  const before = sqlite
    .prepare<[], { id: bigint; hash: string | null }>(
      'SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1',
    )
    .safeIntegers();
  const written = lastWritten(database);
  const insert = sqlite.prepare(
    'INSERT INTO audit (id, at_ms, event, conversation_id, person_id, turn_id, decision, details, text, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const safe = (text: string): string => whole(mask(text).text);

  const append = ({ details, text, turnId = null, ...entry }: AuditEntry): void => {
    let last = before.get();
    // A command may come before the first start of the service with this version.
    if (last !== undefined && last.hash === null && sealAudit(database) > 0) last = before.get();
    const writtenId = written();
    const id = (last === undefined || last.id < writtenId ? writtenId : last.id) + 1n;
    const row = {
      id,
      atMs: BigInt(clock.now()),
      event: whole(entry.event),
      conversationId: whole(entry.conversationId),
      personId: whole(entry.personId),
      turnId: turnId === null ? null : BigInt(turnId),
      decision: entry.decision === undefined ? null : whole(entry.decision),
      details: details === undefined ? null : JSON.stringify(maskedDetails(details, safe)),
      text: keepsText && text !== undefined ? safe(text) : null,
    };
    const hash = hashOf(last?.hash ?? '', row);
    insert.run(
      row.id,
      row.atMs,
      row.event,
      row.conversationId,
      row.personId,
      row.turnId,
      row.decision,
      row.details,
      row.text,
      hash,
    );
  };

  return {
    write: (entry) => {
      if (sqlite.inTransaction) append(entry);
      else database.transaction(() => append(entry));
    },
  };
}

function maskedDetails(details: AuditDetails, safe: (text: string) => string): AuditDetails {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      typeof value === 'string' ? safe(value) : value,
    ]),
  );
}

/**
 * A text that the database gives back as it was. Without the character that stands for bytes that are no
 * text: where one is read, the bytes were changed.
 */
function whole(text: string): string {
  return text.toWellFormed().replaceAll('\uFFFD', '?');
}
