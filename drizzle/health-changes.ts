import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Each time that a check of the service came out otherwise than before, and the first time of each. */
export const healthChanges = sqliteTable(
  'health_changes',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    atMs: integer('at_ms').notNull(),
    /** As `GET /health` names it. */
    check: text('check').notNull(),
    ok: integer('ok', { mode: 'boolean' }).notNull(),
    /** What was to be done about it; null where it was well, or nobody could tell. */
    remedy: text('remedy'),
  },
  (table) => [index('health_changes_by_check').on(table.check, table.id)],
);
