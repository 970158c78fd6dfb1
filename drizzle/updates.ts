import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** The ids of updates that were acknowledged: what makes a second delivery a duplicate. */
export const updates = sqliteTable(
  'updates',
  {
    /** `<channel>:<bot>`: ids are unique within one bot only. */
    source: text('source').notNull(),
    updateId: integer('update_id').notNull(),
    receivedAtMs: integer('received_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.source, table.updateId] }),
    index('updates_by_age').on(table.source, table.receivedAtMs),
  ],
);
