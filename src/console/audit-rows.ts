import type { Database } from '../platform/database/open.ts';
import type { ReadEntry } from '../policy/audit-read.ts';
import { plainName } from '../policy/names.ts';

/** So many entries are on a page. */
export const ENTRY_COUNT = 100;
/** So many of the latest are looked at before those that fit are looked up. */
const WALKED_COUNT = 4000;
const EVENT_COUNT = 200;

/** Which entries are wanted; `null`: all. */
export interface EntryFilter {
  readonly event: string | null;
  readonly personId: string | null;
  readonly beforeId: number | null;
}

/** Reads the audit log for people. */
export interface AuditEntries {
  /** The newest first, and the cursor of those that are older; `null`: there are none. */
  page(filter: EntryFilter): {
    readonly entries: readonly ReadEntry[];
    readonly olderId: number | null;
  };
  /** All events that there are, by name. */
  events(): readonly string[];
  /** Who was given a role, by the platform's id. */
  people(): readonly string[];
  /** What somebody calls themselves, as they last did; `null` where that is not known. */
  nameOf(personId: string): string | null;
  /** Whether a conversation has a page. */
  hasConversation(id: string): boolean;
}

// What was changed by hand may be no text.
const COLUMNS = `id, at_ms AS atMs, CAST(event AS TEXT) AS event,
  CAST(conversation_id AS TEXT) AS conversationId, CAST(person_id AS TEXT) AS personId, turn_id AS turnId,
  CAST(decision AS TEXT) AS decision, CAST(details AS TEXT) AS details, CAST(text AS TEXT) AS text, hash`;

export function createAuditEntries(database: Database): AuditEntries {
  const sqlite = database.orm.$client;
  const latest = sqlite.prepare<[number, number], ReadEntry>(
    `SELECT ${COLUMNS} FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?`,
  );
  const fits =
    '(:event IS NULL OR event = :event) AND (:personId IS NULL OR person_id = :personId)';
  // What is frequent is among the latest; what is not is few, and found by the index.
  const near = sqlite
    .prepare<unknown[], number>(
      `SELECT id FROM (SELECT id, event, person_id FROM audit WHERE id < :before
         ORDER BY id DESC LIMIT ${WALKED_COUNT}) WHERE ${fits} LIMIT :limit`,
    )
    .pluck();
  const byEvent = sqlite
    .prepare<unknown[], number>(
      'SELECT id FROM audit WHERE event = :event AND id < :before ORDER BY id DESC LIMIT :limit',
    )
    .pluck();
  const byEventsAndPerson = sqlite
    .prepare<unknown[], number>(
      `SELECT id FROM audit WHERE event IN (SELECT value FROM json_each(:events))
         AND person_id = :personId AND id < :before ORDER BY id DESC LIMIT :limit`,
    )
    .pluck();
  const byIds = sqlite.prepare<[string], ReadEntry>(
    `SELECT ${COLUMNS} FROM audit WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id DESC`,
  );
  const events = sqlite
    .prepare<[], string>(
      `WITH RECURSIVE seen (event) AS (
         SELECT min(event) FROM audit
         UNION ALL SELECT (SELECT min(event) FROM audit WHERE audit.event > seen.event)
           FROM seen WHERE event IS NOT NULL
       ) SELECT CAST(event AS TEXT) FROM seen WHERE event IS NOT NULL LIMIT ${EVENT_COUNT}`,
    )
    .pluck();
  const people = sqlite
    .prepare<[], string>('SELECT DISTINCT person_id FROM grants ORDER BY person_id LIMIT 200')
    .pluck();
  const name = sqlite
    .prepare<{ readonly id: string }, string | null>(
      `SELECT coalesce(
         (SELECT author FROM turns JOIN messages ON messages.id = turns.message_id
           WHERE turns.person_id = :id AND author IS NOT NULL ORDER BY queued_at_ms DESC LIMIT 1),
         (SELECT name FROM grants WHERE person_id = :id AND name <> '' ORDER BY at_ms DESC LIMIT 1),
         (SELECT name FROM pairings WHERE person_id = :id ORDER BY id DESC LIMIT 1))`,
    )
    .pluck();
  const conversation = sqlite.prepare('SELECT 1 FROM conversations WHERE id = ?');

  const idsOf = ({ event, personId, beforeId }: EntryFilter, limit: number): readonly number[] => {
    const before = beforeId ?? Number.MAX_SAFE_INTEGER;
    const found = near.all({ event, personId, before, limit });
    if (found.length === limit) return found;
    if (personId === null) return byEvent.all({ event, before, limit });
    const among = JSON.stringify(event === null ? events.all() : [event]);
    return byEventsAndPerson.all({ events: among, personId, before, limit });
  };

  return {
    page: (filter) => {
      const limit = ENTRY_COUNT + 1;
      const isAll = filter.event === null && filter.personId === null;
      const found = isAll
        ? latest.all(filter.beforeId ?? Number.MAX_SAFE_INTEGER, limit)
        : byIds.all(JSON.stringify(idsOf(filter, limit)));
      const entries = found.slice(0, ENTRY_COUNT);
      return { entries, olderId: found.length === limit ? (entries.at(-1)?.id ?? null) : null };
    },
    events: () => events.all(),
    people: () => people.all(),
    nameOf: (id) => plainName(name.get({ id }) ?? '') || null,
    hasConversation: (id) => conversation.get(id) !== undefined,
  };
}
