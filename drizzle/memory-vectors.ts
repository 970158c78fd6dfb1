import { blob, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { memories } from './memories.ts';

/** What live memories mean, as an embedding each. The index over them is `memory_index`, see src/memory/vectors.ts. */
export const memoryVectors = sqliteTable(
  'memory_vectors',
  {
    memoryId: integer('memory_id')
      .primaryKey()
      .references(() => memories.id, { onDelete: 'cascade' }),
    /** The model that made it: vectors of two models cannot be compared. */
    model: text('model').notNull(),
    /** 32-bit floats, little-endian, of length 1. */
    vector: blob('vector', { mode: 'buffer' }).notNull(),
  },
  (table) => [index('memory_vectors_by_model').on(table.model)],
);
