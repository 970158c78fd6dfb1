import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** What was refused, and what people decided. Appended to, never changed. */
export const audit = sqliteTable(
  'audit',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    atMs: integer('at_ms').notNull(),
    /** Dotted: `access.refused`, `turn.retried`. */
    event: text('event').notNull(),
    conversationId: text('conversation_id').notNull(),
    personId: text('person_id').notNull(),
    turnId: integer('turn_id'),
  },
  (table) => [index('audit_by_time').on(table.atMs)],
);
