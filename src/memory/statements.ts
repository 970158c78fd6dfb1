import { and, eq, type SQL, sql } from 'drizzle-orm';
import { memories } from '../../drizzle/schema.ts';
import type { Database } from '../platform/database/open.ts';

/** Which memories are live, word for word as the indexes have it, which are not used otherwise. */
export const LIVE: SQL = sql`${memories.status} = 'live'`;

/** The statements that run with every turn, prepared once. */
export function prepareStatements({ orm }: Database) {
  return {
    byId: orm
      .select()
      .from(memories)
      .where(eq(memories.id, sql.placeholder('id')))
      .prepare(),
    insert: orm
      .insert(memories)
      .values({
        scope: sql.placeholder('scope'),
        kind: sql.placeholder('kind'),
        text: sql.placeholder('text'),
        context: sql.placeholder('context'),
        outcome: sql.placeholder('outcome'),
        trigger: sql.placeholder('trigger'),
        importance: sql.placeholder('importance'),
        confidence: sql.placeholder('confidence'),
        source: sql.placeholder('source'),
        createdAtMs: sql.placeholder('createdAtMs'),
        accessCount: sql.placeholder('accessCount'),
        recentAccessesMs: sql`${sql.placeholder('recentAccessesMs')}`,
      })
      .returning()
      .prepare(),
    /** Writes an access down. */
    access: orm
      .update(memories)
      .set({
        accessCount: sql`${sql.placeholder('accessCount')}`,
        recentAccessesMs: sql`${sql.placeholder('recentAccessesMs')}`,
        importance: sql`${sql.placeholder('importance')}`,
        confidence: sql`${sql.placeholder('confidence')}`,
      })
      .where(eq(memories.id, sql.placeholder('id')))
      .prepare(),
    /** Those that are as long and begin alike, whatever the case of the letters from a to z. */
    alike: orm
      .select()
      .from(memories)
      .where(
        and(
          eq(memories.scope, sql.placeholder('scope')),
          sql`length(text) = length(${sql.placeholder('text')})`,
          sql`lower(substr(text, 1, 24)) = lower(substr(${sql.placeholder('text')}, 1, 24))`,
          LIVE,
        ),
      )
      .prepare(),
  };
}
