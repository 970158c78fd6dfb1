import { index, integer, primaryKey, sqliteTable } from 'drizzle-orm/sqlite-core';
import { memories } from './memories.ts';

/** The episodes that a fact was made of, or was heard in again. */
export const memoryOrigins = sqliteTable(
  'memory_origins',
  {
    memoryId: integer('memory_id')
      .notNull()
      .references(() => memories.id, { onDelete: 'cascade' }),
    episodeId: integer('episode_id')
      .notNull()
      .references(() => memories.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.memoryId, table.episodeId] }),
    index('memory_origins_by_episode').on(table.episodeId),
  ],
);
