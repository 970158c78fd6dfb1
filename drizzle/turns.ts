import { sql } from 'drizzle-orm';
import { index, integer, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { MODES } from '../src/core/mode.ts';
import { TURN_STATUSES } from '../src/core/turn.ts';
import { conversations } from './conversations.ts';
import { messages } from './messages.ts';

/** One run of the agent for one message. Turns of a conversation run in the order of their ids. */
export const turns = sqliteTable(
  'turns',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    conversationId: text('conversation_id')
      .notNull()
      .references(() => conversations.id),
    messageId: integer('message_id')
      .notNull()
      .references(() => messages.id),
    /** Who asked for it, see `SHELL_PERSON`; null: it is older than that, and nobody knows. */
    personId: text('person_id'),
    /** The named project to work in, and what Claude may do, where its message said so and not its conversation. */
    project: text('project'),
    mode: text('mode', { enum: MODES }),
    /** The only tools that Claude gets for it, of those that there are. */
    tools: text('tools', { mode: 'json' }).$type<readonly string[]>(),
    /** Whether somebody who may do so said that it is to run against a rule of the policy. */
    insisted: integer('insisted', { mode: 'boolean' }).notNull().default(false),
    status: text('status', { enum: TURN_STATUSES }).notNull(),
    /** Not to be started before: an album may still be coming in. */
    notBeforeMs: integer('not_before_ms').notNull().default(0),
    /** The turn that answers its message too, where that is another. */
    joinedTurnId: integer('joined_turn_id'),
    /** How often it was started. */
    attemptCount: integer('attempt_count').notNull().default(0),
    /** How often it was found running by a new instance. */
    interruptionCount: integer('interruption_count').notNull().default(0),
    /** Stands in the environment of the processes of the present attempt. */
    marker: text('marker'),
    /** What it is doing, in words: the latest use of a tool. */
    activity: text('activity'),
    /** The platform's id of the message that shows what it is doing. */
    progressMessageId: text('progress_message_id'),
    stopRequestedAtMs: integer('stop_requested_at_ms'),
    /** Set where it is to begin anew, with the changed text of its message, as soon as it has stopped. */
    restartRequestedAtMs: integer('restart_requested_at_ms'),
    /** `pending`: its answer is recorded, and is told as soon as it was spoken or that has failed. */
    speech: text('speech', { enum: ['pending', 'done'] }),
    queuedAtMs: integer('queued_at_ms').notNull(),
    startedAtMs: integer('started_at_ms'),
    endedAtMs: integer('ended_at_ms'),
    /** The model that was asked for, and the one that answered. */
    requestedModel: text('requested_model').notNull(),
    model: text('model'),
    sessionId: text('session_id'),
    inputTokenCount: integer('input_token_count').notNull().default(0),
    outputTokenCount: integer('output_token_count').notNull().default(0),
    cacheReadTokenCount: integer('cache_read_token_count').notNull().default(0),
    cacheWriteTokenCount: integer('cache_write_token_count').notNull().default(0),
    costUsd: real('cost_usd').notNull().default(0),
    /** The code of the failure, see AgentFailure. */
    failure: text('failure'),
  },
  (table) => [
    uniqueIndex('turns_one_running')
      .on(table.conversationId)
      .where(sql`status = 'running'`),
    index('turns_active')
      .on(table.conversationId, table.id)
      .where(sql`status in ('queued', 'running')`),
    index('turns_interrupted')
      .on(table.id)
      .where(sql`status = 'interrupted'`),
    index('turns_by_message').on(table.messageId),
    // With the cost: budgets are looked at with each message.
    index('turns_by_end').on(table.endedAtMs, table.costUsd),
    index('turns_by_person_and_end').on(table.personId, table.endedAtMs, table.costUsd),
    index('turns_by_person').on(table.personId, table.queuedAtMs),
    index('turns_to_speak')
      .on(table.id)
      .where(sql`speech = 'pending'`),
    index('turns_joined')
      .on(table.joinedTurnId)
      .where(sql`joined_turn_id is not null`),
    index('turns_ended')
      .on(table.conversationId, table.id)
      .where(sql`ended_at_ms is not null`),
  ],
);
