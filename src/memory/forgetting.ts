import { sql } from 'drizzle-orm';
import { memories } from '../../drizzle/schema.ts';
import type { Memory } from '../core/memory.ts';
import { type Database, isDatabaseFault } from '../platform/database/open.ts';
import type { VectorIndex } from './vectors.ts';

/**
 * Makes what takes memories away for good. From now on whatever this connection deletes or overwrites
 * becomes zeros in the file, and not only what is forgotten: a row that is changed or moved leaves its
 * former bytes behind otherwise. See https://sqlite.org/pragma.html#pragma_secure_delete
 *
 * When the transaction is over, the caller's too, the write-ahead log is emptied into the file, because
 * that still has what was overwritten. Where another program is reading, it is emptied later: by the next
 * who forgets, or by the last who closes the database. Backups keep what they have, and so may, once in
 * thousands, the unused part of a page from which SQLite has moved a row to another, until that part is
 * written to or the database is rebuilt: https://sqlite.org/lang_vacuum.html
 */
export function createForgetting(database: Database, vectors: VectorIndex | null) {
  const { orm } = database;
  const sqlite = orm.$client;
  sqlite.pragma('secure_delete = ON');

  const emptyLog = (): void => {
    if (!sqlite.open) return;
    try {
      sqlite.pragma('wal_checkpoint(TRUNCATE)');
    } catch (error) {
      // What was forgotten is committed. That the log is not empty yet undoes none of it.
      if (!isDatabaseFault(error)) throw error;
    }
  };

  return (ids: readonly number[], scope?: string): readonly Memory[] => {
    const asked = orm
      .select()
      .from(memories)
      .where(sql`${memories.id} in (select value from json_each(${JSON.stringify(ids)}))`)
      .all()
      .filter((memory) => scope === undefined || memory.scope === scope);
    if (asked.length === 0) return [];
    database.transaction(() => {
      const gone = withHistory(database, asked);
      for (const id of gone) vectors?.remove(id);
      orm.run(
        sql`delete from memories where id in (select value from json_each(${JSON.stringify(gone)}))`,
      );
      learnNoFurtherBack(database, [...new Set(asked.map((memory) => memory.scope))]);
    });
    // Nothing is awaited in a transaction, so by then the caller's is over.
    if (sqlite.inTransaction) queueMicrotask(emptyLog);
    else emptyLog();
    return asked;
  };
}

/**
 * These, those in whose place they came, and so on; and the episodes that were made into facts and came
 * from the same messages, because these may be the facts.
 */
function withHistory({ orm }: Database, asked: readonly Memory[]): readonly number[] {
  const ids = asked.map(({ id }) => id);
  return orm
    .all<{ id: number }>(
      sql`with recursive gone (id) as (
        select value from json_each(${JSON.stringify(ids)})
        union select replaced.id from gone join memories as replaced on replaced.replaced_by_id = gone.id
        union select episode.id from gone
          join memories as fact on fact.id = gone.id and fact.status <> 'distilled'
          join memory_sources as told on told.memory_id = fact.id
          join memory_sources as heard on heard.message_id = told.message_id
          join memories as episode on episode.id = heard.memory_id and episode.status = 'distilled'
      ) select id from gone`,
    )
    .map(({ id }) => id);
}

/** What was said in these scopes so far is not looked through any more. */
function learnNoFurtherBack({ orm }: Database, scopes: readonly string[]): void {
  orm.run(
    sql`insert into consolidations (conversation_id, last_message_id)
      select id, (select coalesce(max(id), 0) from messages) from conversations
      where destination in (select value from json_each(${JSON.stringify(scopes)}))
      on conflict (conversation_id) do update
      set last_message_id = excluded.last_message_id, failure_count = 0, not_before_ms = 0`,
  );
}
