import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { TurnOptions } from '../src/core/turn.ts';
import { conversations } from './conversations.ts';
import { messages } from './messages.ts';

/** What was asked for, and is done only when somebody says yes. */
export const confirmations = sqliteTable(
  'confirmations',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    conversationId: text('conversation_id')
      .notNull()
      .references(() => conversations.id),
    /** The message that asked for it: it becomes a turn, or stays what it is. */
    messageId: integer('message_id')
      .notNull()
      .references(() => messages.id),
    /** Who asked. */
    personId: text('person_id').notNull(),
    /** `command`: a command that wants it; `rule`: what a rule of the policy stopped; `plan`: a plan to be carried out. */
    kind: text('kind', { enum: ['command', 'rule', 'plan'] }).notNull(),
    /** The name of the command, the rule, or nothing. */
    subject: text('subject').notNull(),
    /** The least role that may say yes. */
    role: text('role', { enum: ['owner', 'member', 'viewer'] }).notNull(),
    /** How the turn is to be run. */
    options: text('options', { mode: 'json' }).$type<TurnOptions>().notNull(),
    /** `expired`: nobody decided it in time. An open one may have run out as well, and nobody looked. */
    status: text('status', { enum: ['open', 'confirmed', 'refused', 'expired'] }).notNull(),
    askedAtMs: integer('asked_at_ms').notNull(),
    expiresAtMs: integer('expires_at_ms').notNull(),
    decidedBy: text('decided_by'),
    decidedAtMs: integer('decided_at_ms'),
  },
  (table) => [
    index('confirmations_open')
      .on(table.conversationId, table.id)
      .where(sql`status = 'open'`),
  ],
);
