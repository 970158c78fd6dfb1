import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** New people who asked to be let in. */
export const pairings = sqliteTable(
  'pairings',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    /** What both sides see, so that the owner knows whom the button lets in. */
    code: text('code').notNull(),
    /** The bot: `telegram:<bot>`. */
    scope: text('scope').notNull(),
    conversationId: text('conversation_id').notNull(),
    personId: text('person_id').notNull(),
    name: text('name').notNull(),
    status: text('status', { enum: ['open', 'approved', 'refused'] }).notNull(),
    askedAtMs: integer('asked_at_ms').notNull(),
    expiresAtMs: integer('expires_at_ms').notNull(),
    decidedBy: text('decided_by'),
    decidedAtMs: integer('decided_at_ms'),
  },
  (table) => [
    index('pairings_open')
      .on(table.scope, table.expiresAtMs)
      .where(sql`status = 'open'`),
    index('pairings_by_person').on(table.scope, table.personId, table.askedAtMs),
  ],
);
