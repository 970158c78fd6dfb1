import type { Database } from '../platform/database/open.ts';

/** An entry of the audit log, as it is read. */
export interface ReadEntry {
  readonly id: number;
  readonly atMs: number;
  readonly event: string;
  readonly conversationId: string;
  readonly personId: string;
  readonly turnId: number | null;
  readonly decision: string | null;
  /** JSON, as it was written. */
  readonly details: string | null;
  readonly text: string | null;
  readonly hash: string | null;
}

/** Which entries are wanted. */
export interface AuditFilter {
  readonly sinceMs?: number;
  readonly personId?: string;
  /** What the event begins with: `command.`. */
  readonly event?: string;
}

const COLUMNS =
  'id, at_ms AS atMs, event, conversation_id AS conversationId, person_id AS personId, turn_id AS turnId, decision, details, text, hash';
const BATCH_COUNT = 1000;

/** The newest entries, oldest first. */
export function newestEntries(
  database: Database,
  filter: AuditFilter,
  count: number,
): readonly ReadEntry[] {
  const { where, values } = condition(filter);
  return database.orm.$client
    .prepare<unknown[], ReadEntry>(
      `SELECT ${COLUMNS} FROM audit WHERE ${where} ORDER BY id DESC LIMIT ?`,
    )
    .all(...values, count)
    .toReversed();
}

/** All entries, oldest first, some at a time: nothing is held between two batches. */
export function* entriesInOrder(
  database: Database,
  filter: AuditFilter,
): Generator<readonly ReadEntry[]> {
  const { where, values } = condition(filter);
  const batch = database.orm.$client.prepare<unknown[], ReadEntry>(
    `SELECT ${COLUMNS} FROM audit WHERE ${where} AND id > ? ORDER BY id LIMIT ?`,
  );
  for (let lastId = Number.MIN_SAFE_INTEGER; ;) {
    const rows = batch.all(...values, lastId, BATCH_COUNT);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    lastId = last.id;
  }
}

/** Finds what people are called: by what was said when they got a role, else by what they wrote last. */
export function createNames(database: Database): (personId: string) => string | null {
  const sqlite = database.orm.$client;
  const granted = sqlite
    .prepare(
      "SELECT name FROM grants WHERE person_id = ? AND name <> '' ORDER BY at_ms DESC LIMIT 1",
    )
    .pluck();
  const wrote = sqlite
    .prepare(
      'SELECT author FROM messages WHERE person_id = ? AND author IS NOT NULL ORDER BY id DESC LIMIT 1',
    )
    .pluck();
  const known = new Map<string, string | null>();
  return (personId) => {
    const before = known.get(personId);
    if (before !== undefined) return before;
    const found = granted.get(personId) ?? wrote.get(personId);
    const name = typeof found === 'string' ? found : null;
    known.set(personId, name);
    return name;
  };
}

function condition({ sinceMs, personId, event }: AuditFilter) {
  const parts = [
    ...(sinceMs === undefined ? [] : [{ where: 'at_ms >= ?', value: sinceMs }]),
    ...(personId === undefined ? [] : [{ where: 'person_id = ?', value: personId }]),
    ...(event === undefined ? [] : [{ where: 'instr(event, ?) = 1', value: event }]),
  ];
  return {
    where: parts.length === 0 ? '1' : parts.map(({ where }) => where).join(' AND '),
    values: parts.map(({ value }) => value),
  };
}
