import { inArray, sql } from 'drizzle-orm';
import { conversations, memories } from '../../drizzle/schema.ts';
import type { Memory } from '../core/memory.ts';
import { type Database, isDatabaseFault } from '../platform/database/open.ts';
import { learnNoFurtherBack } from './consolidation/cursor.ts';
import type { VectorIndex } from './vectors.ts';

/**
 * Makes what takes memories away for good. From now on whatever this connection deletes or overwrites
 * becomes zeros in the file, and not only what is forgotten: a row that is changed or moved leaves its
 * former bytes behind otherwise. See https://sqlite.org/pragma.html#pragma_secure_delete
 *
 * When the transaction is over, the caller's too, the write-ahead log is emptied into the file, because
 * that still has what was overwritten. Where another program is reading, that waits for it, as a write does
 * for a lock, a quarter of a second at most, and then leaves it to the next who forgets, or to the
 * last who closes the database. Backups keep what they have, and so may, once in thousands, the unused part
 * of a page from which SQLite has moved a row to another, until that part is written to or the database is
 * rebuilt: https://sqlite.org/lang_vacuum.html
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
      const scopes = [...new Set(asked.map((memory) => memory.scope))];
      learnNoFurtherBack(database, inArray(conversations.destination, scopes));
    });
    // Nothing is awaited in a transaction, so by then the caller's is over.
    if (sqlite.inTransaction) queueMicrotask(emptyLog);
    else emptyLog();
    return asked;
  };
}

/**
 * These, those in whose place they came, and so on; with the episodes that they were made of, and those
 * that were made into facts and came from the same messages, because these may be the facts.
 */
function withHistory({ orm }: Database, asked: readonly Memory[]): readonly number[] {
  const ids = asked.map(({ id }) => id);
  return orm
    .all<{ id: number }>(
      sql`with recursive gone (id) as (
        select value from json_each(${JSON.stringify(ids)})
        union select replaced.id from gone join memories as replaced on replaced.replaced_by_id = gone.id
        union select origin.episode_id from gone
          join memory_origins as origin on origin.memory_id = gone.id
          join memories as episode on episode.id = origin.episode_id and episode.status = 'distilled'
        union select episode.id from gone
          join memories as fact on fact.id = gone.id and fact.status <> 'distilled'
          join memory_sources as told on told.memory_id = fact.id
          join memory_sources as heard on heard.message_id = told.message_id
          join memories as episode on episode.id = heard.memory_id and episode.status = 'distilled'
      ) select id from gone`,
    )
    .map(({ id }) => id);
}
