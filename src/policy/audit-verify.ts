import { setImmediate } from 'node:timers/promises';
import type { Database } from '../platform/database/open.ts';
import { auditRows, hashOf, lastWritten, type AuditRow } from './audit-chain.ts';

/** What is wrong with an entry. */
export type AuditFault =
  /** It does not say what its hash was made of; or the one before it was changed together with its hash. */
  | 'changed'
  /** Entries before it are not there. */
  | 'missing-before'
  /** It has no hash: nothing that Claudio has written. */
  | 'unsealed'
  /** Entries behind it are not there; it is the last that is. */
  | 'cut-off';

/** What came of a look at the chain. */
export type AuditVerdict =
  | {
      readonly kind: 'unbroken';
      readonly count: number;
      /** The hash of the last entry, which stands for all of them; empty where there is none. */
      readonly head: string;
      /** The entry with the hash that was looked for. */
      readonly foundId: number | null;
    }
  | {
      readonly kind: 'broken';
      readonly fault: AuditFault;
      /** 0 where there is none that it could be said of. */
      readonly id: number;
      /** As far as it can be read. */
      readonly atMs: number | null;
      /** How many entries before it are as they were. */
      readonly soundCount: number;
    };

/** What is looked at, and for what. */
export interface VerifyOptions {
  /** Only so many of the last; what their first is to fit to is taken as it stands. */
  readonly lastCount?: number;
  /** To be looked for: a head that was kept elsewhere. */
  readonly hash?: string;
}

/**
 * Looks through the audit log, the oldest entry first, and names the first that does not fit to the one
 * before it. Writes nothing and holds nobody up; 100,000 entries take about a second, all of it blocking.
 */
export function verifyAudit(database: Database, options: VerifyOptions = {}): AuditVerdict {
  const looking = verifyingAudit(database, options);
  for (;;) {
    const { done, value } = looking.next();
    if (done === true) return value;
  }
}

/** The same, with a pause for everybody else after some milliseconds, again and again. */
export async function verifyAuditCalmly(
  database: Database,
  options: VerifyOptions = {},
): Promise<AuditVerdict> {
  const looking = verifyingAudit(database, options);
  for (;;) {
    const { done, value } = looking.next();
    if (done === true) return value;
    await setImmediate();
  }
}

/** Yields after each batch of some milliseconds: nothing has come of it yet. */
function* verifyingAudit(
  database: Database,
  options: VerifyOptions,
): Generator<undefined, AuditVerdict> {
  // Before the rows: an entry that is added meanwhile is not missing.
  const written = lastWritten(database);
  const writtenId = written();
  const from =
    options.lastCount === undefined ? null : anchorBefore(database, writtenId, options.lastCount);
  let previous = from?.hash ?? '';
  let lastId = from?.id ?? 0n;
  let last: AuditRow | null = null;
  let count = 0;
  let foundId: number | null = null;
  const broken = (fault: AuditFault, row: AuditRow | null): AuditVerdict => ({
    kind: 'broken',
    fault,
    id: Number(row?.id ?? 0),
    atMs: typeof row?.atMs === 'bigint' ? Number(row.atMs) : null,
    soundCount: count,
  });

  for (const rows of auditRows(database, from?.id)) {
    for (const row of rows) {
      if (row.id !== lastId + 1n) return broken('missing-before', row);
      if (row.hash === null) return broken('unsealed', row);
      if (hashOf(previous, row) !== row.hash) return broken('changed', row);
      previous = row.hash;
      lastId = row.id;
      last = row;
      count += 1;
      if (row.hash === options.hash) foundId = Number(row.id);
    }
    yield;
  }
  if (lastId < writtenId) return broken('cut-off', last);
  // What was written must be known to SQLite, too.
  if (lastId > written()) return broken('changed', last);
  return { kind: 'unbroken', count, head: previous, foundId };
}

/** The entry that the last `count` begin behind; `null` where there are no more than those. */
function anchorBefore(
  database: Database,
  writtenId: bigint,
  count: number,
): { readonly id: bigint; readonly hash: string } | null {
  const id = writtenId - BigInt(count);
  if (id < 1n) return null;
  const hash = database.orm.$client.prepare('SELECT hash FROM audit WHERE id = ?').pluck().get(id);
  return { id, hash: typeof hash === 'string' ? hash : '' };
}
