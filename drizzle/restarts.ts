import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { messages } from './messages.ts';
import { turns } from './turns.ts';

/** Restarts of the service that Claude asked for: one a message, however often that is answered. */
export const restarts = sqliteTable(
  'restarts',
  {
    messageId: integer('message_id')
      .primaryKey()
      .references(() => messages.id),
    /** The turn that asked for it last, and the attempt of that, from 1. */
    turnId: integer('turn_id')
      .notNull()
      .references(() => turns.id),
    attempt: integer('attempt').notNull(),
    reason: text('reason').notNull(),
    requestedAtMs: integer('requested_at_ms').notNull(),
    /** When the service set out to do it; it is not done again after that. */
    begunAtMs: integer('begun_at_ms'),
  },
  (table) => [
    index('restarts_pending')
      .on(table.messageId)
      .where(sql`begun_at_ms is null`),
  ],
);
