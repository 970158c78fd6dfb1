import { createHash } from 'node:crypto';
import type { Database } from '../platform/database/open.ts';

/** A row of the audit log as it stands in the database. Whole numbers are `bigint`s. */
export interface AuditRow {
  readonly id: bigint;
  readonly atMs: unknown;
  readonly event: unknown;
  readonly conversationId: unknown;
  readonly personId: unknown;
  readonly turnId: unknown;
  readonly decision: unknown;
  /** JSON, as it was written. */
  readonly details: unknown;
  readonly text: unknown;
  readonly hash: unknown;
}

/** The columns of an {@link AuditRow}. */
const AUDIT_COLUMNS =
  'id, at_ms AS atMs, event, conversation_id AS conversationId, person_id AS personId, turn_id AS turnId, decision, details, text, hash';

/**
 * The hash of an entry: SHA-256, in hexadecimal, of a JSON array without spaces of the hash before it (or
 * an empty text), its id, and everything else that it says.
 */
export function hashOf(previous: string, entry: Omit<AuditRow, 'hash'>): string {
  const { id, atMs, event, conversationId, personId, turnId, decision, details, text } = entry;
  const all = [id, atMs, event, conversationId, personId, turnId, decision, details, text];
  return createHash('sha256')
    .update(JSON.stringify([previous, ...all.map(plain)]))
    .digest('hex');
}

/** A number that JSON cannot hold was not written by us: as a text it fits to no hash. */
function plain(value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/**
 * Gives the entries that are older than the chain their hashes, once: where one has a hash, those without
 * are not older. To be called before anything is written.
 *
 * @returns How many were sealed.
 */
export function sealAudit(database: Database): number {
  const sqlite = database.orm.$client;
  return database.transaction(() => {
    const isSealed = sqlite.prepare('SELECT 1 FROM audit WHERE hash IS NOT NULL LIMIT 1').get();
    if (isSealed !== undefined) return 0;
    const seal = sqlite.prepare('UPDATE audit SET hash = ? WHERE id = ? AND hash IS NULL');
    let previous = '';
    let sealedCount = 0;
    for (const rows of auditRows(database)) {
      for (const row of rows) {
        previous = hashOf(previous, row);
        seal.run(previous, row.id);
        sealedCount += 1;
      }
    }
    return sealedCount;
  });
}

/** Many enough to be quick, and few enough that a batch takes some milliseconds. */
const BATCH_COUNT = 500;
/** There is no smaller id. */
const LEAST = -(2n ** 63n);

/** The entries behind one, or all of them, in the order of their ids, some at a time. Nothing is held between two batches. */
export function* auditRows(database: Database, afterId = LEAST): Generator<readonly AuditRow[]> {
  const batch = database.orm.$client
    .prepare<[bigint, number], AuditRow>(
      `SELECT ${AUDIT_COLUMNS} FROM audit WHERE id > ? ORDER BY id LIMIT ?`,
    )
    .safeIntegers();
  for (let last = afterId; ;) {
    const rows = batch.all(last, BATCH_COUNT);
    const end = rows.at(-1);
    if (end === undefined) return;
    yield rows;
    last = end.id;
  }
}

/**
 * Tells the number of the last entry that was ever written, whether it is still there or not; 0 for none.
 *
 * Source: https://sqlite.org/autoinc.html; what it is kept in takes part in transactions like any table.
 */
export function lastWritten(database: Database): () => bigint {
  const statement = database.orm.$client
    .prepare(
      "SELECT CAST(coalesce(max(seq), 0) AS INTEGER) FROM sqlite_sequence WHERE name = 'audit'",
    )
    .pluck()
    .safeIntegers();
  return () => {
    const id = statement.get();
    return typeof id === 'bigint' ? id : 0n;
  };
}
