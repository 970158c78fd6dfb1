import { count, gte, sum } from 'drizzle-orm';
import { memoryCalls } from '../../drizzle/schema.ts';
import { hasCode } from '../core/error.ts';
import type { Database } from '../platform/database/open.ts';

/** The full text search against the memories. */
export type WordsHealth = 'sound' | 'damaged' | 'busy';

/**
 * Compares the full text search with the memories, word by word. That takes about a second for 100,000, in
 * which nobody else may write.
 *
 * Source: https://sqlite.org/fts5.html#the_integrity_check_command
 *
 * @throws what SQLite throws for anything but a difference and a lock.
 */
export function checkWords({ orm }: Database): WordsHealth {
  try {
    orm.$client.exec(
      "INSERT INTO memories_search (memories_search, rank) VALUES ('integrity-check', 1)",
    );
    return 'sound';
  } catch (error) {
    if (hasCode(error, 'SQLITE_BUSY')) return 'busy';
    if (hasCode(error, 'SQLITE_CORRUPT', 'SQLITE_CORRUPT_VTAB')) return 'damaged';
    throw error;
  }
}

/**
 * Makes the full text search anew from the memories, which takes seconds for 100,000. May stand in a
 * transaction of the caller.
 *
 * Source: https://sqlite.org/fts5.html#the_rebuild_command
 */
export function rebuildWords({ orm }: Database): void {
  orm.$client.exec("INSERT INTO memories_search (memories_search) VALUES ('rebuild')");
}

/** Pages of 4 KB or less: about ten milliseconds, in which nobody else may write. */
const MERGED_PAGE_COUNT = 64;

/**
 * Brings the pieces that the full text search is in closer to one, in which words are found three times as
 * fast. A step at a time; to be called after something was written, and now and then.
 *
 * Source: https://sqlite.org/fts5.html#the_merge_command
 */
export function mergeWords({ orm }: Database): void {
  // Below 0: also what would otherwise be left apart until there is more of it.
  orm.$client
    .prepare("INSERT INTO memories_search (memories_search, rank) VALUES ('merge', ?)")
    .run(-MERGED_PAGE_COUNT);
}

/**
 * How many memories are in the index of vectors and should not be, or should be and are not; `null`: the
 * index is not there, or cannot be read. A connection that has sqlite-vec is needed.
 */
export function countAstray({ orm }: Database, model: string): number | null {
  try {
    return Number(
      orm.$client
        .prepare(
          `WITH kept AS (
             SELECT memory_id FROM memory_vectors JOIN memories ON memories.id = memory_id
             WHERE status = 'live' AND model = ?
           ), indexed AS MATERIALIZED (SELECT id FROM memory_index)
           SELECT (SELECT count(*) FROM kept WHERE memory_id NOT IN (SELECT id FROM indexed))
             + (SELECT count(*) FROM indexed WHERE id NOT IN (SELECT memory_id FROM kept))`,
        )
        .pluck()
        .get(model),
    );
  } catch (error) {
    if (hasCode(error, 'SQLITE_ERROR', 'SQLITE_CORRUPT', 'SQLITE_CORRUPT_VTAB')) return null;
    throw error;
  }
}

/** How many bytes of the database belong to the memory. Reads all of its pages. */
export function memorySizeBytes({ orm }: Database): number {
  const size = orm.$client
    .prepare(
      `SELECT coalesce(sum(pgsize), 0) FROM dbstat
       WHERE aggregate = TRUE AND (name GLOB 'memor*' OR name GLOB 'sqlite_autoindex_memor*')`,
    )
    .pluck()
    .get();
  return Number(size);
}

/** What the memory asked of a model, and what that cost. */
export interface MemoryCallsTotal {
  readonly callCount: number;
  readonly costUsd: number;
}

/** The calls that began at a time or after it. */
export function memoryCallsSince({ orm }: Database, fromMs: number): MemoryCallsTotal {
  const total = orm
    .select({ callCount: count(), costUsd: sum(memoryCalls.costUsd).mapWith(Number) })
    .from(memoryCalls)
    .where(gte(memoryCalls.startedAtMs, fromMs))
    .get();
  return { callCount: total?.callCount ?? 0, costUsd: total?.costUsd ?? 0 };
}
