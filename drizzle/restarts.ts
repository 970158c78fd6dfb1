import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { turns } from './turns.ts';

/** Restarts of the service that Claude asked for: one a turn, however often that turn is run. */
export const restarts = sqliteTable(
  'restarts',
  {
    turnId: integer('turn_id')
      .primaryKey()
      .references(() => turns.id),
    reason: text('reason').notNull(),
    requestedAtMs: integer('requested_at_ms').notNull(),
    /** When the service set out to do it; it is not done again after that. */
    begunAtMs: integer('begun_at_ms'),
  },
  (table) => [
    index('restarts_pending')
      .on(table.turnId)
      .where(sql`begun_at_ms is null`),
  ],
);
