import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { conversations } from './conversations.ts';

/** How far each conversation was looked through for what is worth remembering. */
export const consolidations = sqliteTable('consolidations', {
  conversationId: text('conversation_id')
    .primaryKey()
    .references(() => conversations.id),
  /** The last message that was looked at. It moves only in the commit of what came of it. */
  lastMessageId: integer('last_message_id').notNull(),
  /** How often the batch behind it failed. */
  failureCount: integer('failure_count').notNull().default(0),
  /** Not to be tried again before. */
  notBeforeMs: integer('not_before_ms').notNull().default(0),
});
