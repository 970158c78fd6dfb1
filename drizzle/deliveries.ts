import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Part } from '../src/core/channel.ts';
import { DELIVERY_STATUSES } from '../src/core/delivery.ts';
import { conversations } from './conversations.ts';
import { turns } from './turns.ts';

/** Each part of each reply, until the platform has taken it. Sent in the order of the ids. */
export const deliveries = sqliteTable(
  'deliveries',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    conversationId: text('conversation_id')
      .notNull()
      .references(() => conversations.id),
    /** Repeated from the conversation: the queue is one a destination. */
    destination: text('destination').notNull(),
    /** The turn that it answers; null for what commands say. */
    turnId: integer('turn_id').references(() => turns.id),
    part: text('part', { mode: 'json' }).$type<Part>().notNull(),
    status: text('status', { enum: DELIVERY_STATUSES }).notNull(),
    attemptCount: integer('attempt_count').notNull().default(0),
    /** Not to be tried before. */
    dueAtMs: integer('due_at_ms').notNull(),
    /** Set while the platform's own limit is what it waits for. */
    rateLimited: integer('rate_limited', { mode: 'boolean' }).notNull().default(false),
    platformMessageId: text('platform_message_id'),
    /** Why the last attempt did not succeed. */
    reason: text('reason'),
    createdAtMs: integer('created_at_ms').notNull(),
    endedAtMs: integer('ended_at_ms'),
    /** Of one that failed: when the owner saw it and let it be. */
    dismissedAtMs: integer('dismissed_at_ms'),
  },
  (table) => [
    index('deliveries_waiting')
      .on(table.destination, table.id)
      .where(sql`status in ('pending', 'sending')`),
    index('deliveries_ended')
      .on(table.endedAtMs)
      .where(sql`ended_at_ms is not null`),
    index('deliveries_failed')
      .on(table.id)
      .where(sql`status = 'failed' and dismissed_at_ms is null`),
    index('deliveries_by_turn').on(table.turnId),
    index('deliveries_by_platform_id').on(table.destination, table.platformMessageId),
  ],
);
