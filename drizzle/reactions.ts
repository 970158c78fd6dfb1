import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { conversations } from './conversations.ts';
import { turns } from './turns.ts';

/** How people reacted to answers: one row a person and message, as it stands. */
export const reactions = sqliteTable(
  'reactions',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    conversationId: text('conversation_id')
      .notNull()
      .references(() => conversations.id),
    turnId: integer('turn_id')
      .notNull()
      .references(() => turns.id),
    platformMessageId: text('platform_message_id').notNull(),
    personId: text('person_id').notNull(),
    personName: text('person_name').notNull(),
    /** One or more emoji, next to each other. */
    emoji: text('emoji').notNull(),
    atMs: integer('at_ms').notNull(),
    /** The turn whose prompt told Claude of it. */
    toldTurnId: integer('told_turn_id'),
  },
  (table) => [
    uniqueIndex('reactions_one_a_person').on(
      table.conversationId,
      table.platformMessageId,
      table.personId,
    ),
    index('reactions_untold')
      .on(table.conversationId, table.id)
      .where(sql`told_turn_id is null`),
  ],
);
