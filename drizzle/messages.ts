import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { Quote } from '../src/core/inbound.ts';
import { conversations } from './conversations.ts';

/** Everything that was said, by a person or by Claude. */
export const messages = sqliteTable(
  'messages',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    conversationId: text('conversation_id')
      .notNull()
      .references(() => conversations.id),
    /** `command`: a person's message that was for Claudio and not for Claude; `overheard`: said in a group, to others. */
    role: text('role', { enum: ['person', 'claude', 'command', 'overheard'] }).notNull(),
    /** The platform's id of the person, see `SHELL_PERSON`; null for Claude, and where nobody knows any more. */
    personId: text('person_id'),
    /** The person's name as the platform gave it; null for Claude. */
    author: text('author'),
    text: text('text').notNull(),
    /** What Claude is told in place of the text: a command's template, filled in. */
    instruction: text('instruction'),
    /** A line a tool, for Claude's messages: what was done, for the next turn to know. */
    toolSummary: text('tool_summary'),
    /** What it replies to. */
    quote: text('quote', { mode: 'json' }).$type<Quote>(),
    forwardedFrom: text('forwarded_from'),
    /** Shared by the messages that came as one album, of which only the first has a row. */
    albumId: text('album_id'),
    /** Where it tells of a change to an earlier message: what stood there before. */
    formerText: text('former_text'),
    /** What the person changed it to while it was being answered. */
    changedText: text('changed_text'),
    /**
     * The platform's id of the message, `<chat>/<id>` where its chat has another id now; null for Claude,
     * whose parts are deliveries.
     */
    platformMessageId: text('platform_message_id'),
    /** For Claude's messages: the person's message that it answers. */
    answersMessageId: integer('answers_message_id'),
    /** For what was said while a message was being answered, by Claude or to it: that message. */
    duringMessageId: integer('during_message_id'),
    /** The order of the talk: an answer stands right behind its question, whenever it came. */
    position: integer('position').generatedAlwaysAs(
      sql`coalesce(answers_message_id, during_message_id, id)`,
      { mode: 'virtual' },
    ),
    createdAtMs: integer('created_at_ms').notNull(),
  },
  (table) => [
    index('messages_in_order').on(table.conversationId, table.position),
    uniqueIndex('messages_one_answer').on(table.answersMessageId),
    index('messages_during')
      .on(table.duringMessageId)
      .where(sql`during_message_id is not null`),
    index('messages_by_platform_id').on(table.conversationId, table.platformMessageId),
    index('messages_by_album')
      .on(table.conversationId, table.albumId)
      .where(sql`album_id is not null`),
  ],
);
