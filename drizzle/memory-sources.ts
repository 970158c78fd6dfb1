import { index, integer, primaryKey, sqliteTable } from 'drizzle-orm/sqlite-core';
import { memories } from './memories.ts';
import { messages } from './messages.ts';

/** The messages that a memory came from. */
export const memorySources = sqliteTable(
  'memory_sources',
  {
    memoryId: integer('memory_id')
      .notNull()
      .references(() => memories.id, { onDelete: 'cascade' }),
    messageId: integer('message_id')
      .notNull()
      .references(() => messages.id),
  },
  (table) => [
    primaryKey({ columns: [table.memoryId, table.messageId] }),
    index('memory_sources_by_message').on(table.messageId),
  ],
);
