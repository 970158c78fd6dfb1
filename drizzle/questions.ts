import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { conversations } from './conversations.ts';
import { turns } from './turns.ts';

/** What Claude asked a person in the middle of a turn. */
export const questions = sqliteTable(
  'questions',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    conversationId: text('conversation_id')
      .notNull()
      .references(() => conversations.id),
    turnId: integer('turn_id')
      .notNull()
      .references(() => turns.id),
    /** Markdown. */
    text: text('text').notNull(),
    /** The labels of its buttons; empty where any words will do. */
    options: text('options', { mode: 'json' }).$type<readonly string[]>().notNull(),
    /** `withdrawn`: the turn ended before there was an answer. */
    status: text('status', { enum: ['open', 'answered', 'withdrawn'] }).notNull(),
    answer: text('answer'),
    /** The name of the person who answered. */
    answeredBy: text('answered_by'),
    askedAtMs: integer('asked_at_ms').notNull(),
    answeredAtMs: integer('answered_at_ms'),
  },
  (table) => [
    index('questions_open')
      .on(table.conversationId, table.id)
      .where(sql`status = 'open'`),
    index('questions_by_turn').on(table.turnId),
  ],
);
