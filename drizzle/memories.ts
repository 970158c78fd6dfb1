import { sql } from 'drizzle-orm';
import { check, index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { MEMORY_KINDS, MEMORY_SOURCES } from '../src/core/memory.ts';

/**
 * What is remembered. The full text of those that are live is in `memories_search`, see the migration
 * that made it.
 */
export const memories = sqliteTable(
  'memories',
  {
    /** Never used again, also after a memory was forgotten. */
    id: integer('id').primaryKey({ autoIncrement: true }),
    /** Where it may be recalled: the destination of the conversations that it came from. */
    scope: text('scope').notNull(),
    kind: text('kind', { enum: MEMORY_KINDS }).notNull(),
    text: text('text').notNull(),
    /** Of an episode: what it was about, and what came of it. */
    context: text('context'),
    outcome: text('outcome'),
    /** Of a procedure: when it is to be followed. */
    trigger: text('trigger'),
    /** Of an episode, 0 to 1. */
    importance: real('importance'),
    /** Of a fact, 0 to 1, as it was at the last access. */
    confidence: real('confidence'),
    source: text('source', { enum: MEMORY_SOURCES }).notNull(),
    /** `superseded`: a later one says otherwise; `distilled`: facts were made of it. Both are history. */
    status: text('status', { enum: ['live', 'superseded', 'distilled'] })
      .notNull()
      .default('live'),
    /** The later one that took its place. */
    replacedById: integer('replaced_by_id'),
    createdAtMs: integer('created_at_ms').notNull(),
    /** When it ceased to be live. */
    endedAtMs: integer('ended_at_ms'),
    /** How often it was accessed; that it was made is the first time. */
    accessCount: integer('access_count').notNull(),
    /** When it was accessed last, newest first, as many as the activation counts one by one. */
    recentAccessesMs: text('recent_accesses_ms', { mode: 'json' })
      .$type<readonly number[]>()
      .notNull(),
    /** Of an old episode: when it was looked at last, and no fact came of it. */
    lookedAtMs: integer('looked_at_ms'),
  },
  (table) => [
    index('memories_in_scope')
      .on(table.scope, table.id)
      .where(sql`status = 'live'`),
    index('memories_replaced')
      .on(table.replacedById)
      .where(sql`replaced_by_id is not null`),
    index('memories_by_age')
      .on(table.kind, table.createdAtMs)
      .where(sql`status = 'live'`),
    // The same words again are found by how long they are and how they begin.
    index('memories_same')
      .on(table.scope, sql`length(text)`, sql`lower(substr(text, 1, 24))`)
      .where(sql`status = 'live'`),
    check('memories_importance', sql`importance between 0 and 1`),
    check('memories_confidence', sql`confidence between 0 and 1`),
  ],
);
