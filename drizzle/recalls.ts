import { index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { memories } from './memories.ts';
import { turns } from './turns.ts';

/** What a turn was reminded of, and why. */
export const recalls = sqliteTable(
  'recalls',
  {
    turnId: integer('turn_id')
      .notNull()
      .references(() => turns.id),
    memoryId: integer('memory_id')
      .notNull()
      .references(() => memories.id, { onDelete: 'cascade' }),
    /** From 1, best first. */
    place: integer('place').notNull(),
    score: real('score').notNull(),
    similarity: real('similarity').notNull(),
    /** Normalised: 0 to 1. */
    activation: real('activation').notNull(),
    foundBy: text('found_by', { enum: ['meaning', 'words', 'both'] }).notNull(),
    atMs: integer('at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.turnId, table.memoryId] }),
    index('recalls_by_memory').on(table.memoryId),
    index('recalls_by_age').on(table.atMs),
  ],
);
