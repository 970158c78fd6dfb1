import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { conversations } from './conversations.ts';
import { turns } from './turns.ts';

/** Uses of tools that Claude asked to be allowed. */
export const approvals = sqliteTable(
  'approvals',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    conversationId: text('conversation_id')
      .notNull()
      .references(() => conversations.id),
    turnId: integer('turn_id')
      .notNull()
      .references(() => turns.id),
    /** The attempt of the turn that it belongs to, from 1. */
    attempt: integer('attempt').notNull(),
    tool: text('tool').notNull(),
    /** What it would do, in Markdown, as the person saw it. */
    subject: text('subject').notNull(),
    /** Of the tool's input: SHA-256 in hexadecimal. */
    inputDigest: text('input_digest').notNull(),
    /** Where the work is done, absolute: what `always` is good for. */
    folder: text('folder').notNull(),
    /** What `always` covers: the digest of the same command, empty for every use of the tool. */
    pattern: text('pattern').notNull(),
    /** `withdrawn`: the turn ended, or the service did, before anybody decided. */
    status: text('status', { enum: ['open', 'allowed', 'denied', 'withdrawn'] }).notNull(),
    /** How far what was allowed reaches. */
    reach: text('reach', { enum: ['once', 'turn', 'project'] }),
    /** Why it was denied, in the person's words. */
    reason: text('reason'),
    decidedById: text('decided_by_id'),
    decidedBy: text('decided_by'),
    askedAtMs: integer('asked_at_ms').notNull(),
    decidedAtMs: integer('decided_at_ms'),
  },
  (table) => [
    index('approvals_open')
      .on(table.conversationId, table.id)
      .where(sql`status = 'open'`),
    index('approvals_by_turn').on(table.turnId),
  ],
);
