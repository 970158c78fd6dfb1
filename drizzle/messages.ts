import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { conversations } from './conversations.ts';

/** Everything that was said, by a person or by Claude. */
export const messages = sqliteTable(
  'messages',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    conversationId: text('conversation_id')
      .notNull()
      .references(() => conversations.id),
    /** `command`: a person's message that was for Claudio and not for Claude. */
    role: text('role', { enum: ['person', 'claude', 'command'] }).notNull(),
    /** The person's name as the platform gave it; null for Claude. */
    author: text('author'),
    text: text('text').notNull(),
    /** A line a tool, for Claude's messages: what was done, for the next turn to know. */
    toolSummary: text('tool_summary'),
    /** The platform's id of the message; null for Claude, whose parts are deliveries. */
    platformMessageId: text('platform_message_id'),
    /** For Claude's messages: the person's message that it answers. */
    answersMessageId: integer('answers_message_id'),
    /** The order of the talk: an answer stands right behind its question, whenever it came. */
    position: integer('position').generatedAlwaysAs(sql`coalesce(answers_message_id, id)`, {
      mode: 'virtual',
    }),
    createdAtMs: integer('created_at_ms').notNull(),
  },
  (table) => [
    index('messages_in_order').on(table.conversationId, table.position),
    uniqueIndex('messages_one_answer').on(table.answersMessageId),
  ],
);
