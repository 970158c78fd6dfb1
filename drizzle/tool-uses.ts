import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { turns } from './turns.ts';

/** Each use of a tool by a turn, in the order in which they began. */
export const toolUses = sqliteTable(
  'tool_uses',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    turnId: integer('turn_id')
      .notNull()
      .references(() => turns.id),
    /** The attempt of the turn that it belongs to, from 1. */
    attempt: integer('attempt').notNull(),
    tool: text('tool').notNull(),
    summary: text('summary').notNull(),
    startedAtMs: integer('started_at_ms').notNull(),
  },
  (table) => [index('tool_uses_by_turn').on(table.turnId, table.id)],
);
