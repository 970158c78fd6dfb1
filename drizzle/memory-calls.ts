import { index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Each call of the model on behalf of the memory, for the budget of a day. */
export const memoryCalls = sqliteTable(
  'memory_calls',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    purpose: text('purpose', { enum: ['consolidate', 'judge', 'distil'] }).notNull(),
    scope: text('scope').notNull(),
    /** Null while it runs, or where the service died under it. */
    outcome: text('outcome'),
    /** What it is taken to cost, until that is known. */
    costUsd: real('cost_usd').notNull().default(0),
    startedAtMs: integer('started_at_ms').notNull(),
  },
  (table) => [index('memory_calls_by_time').on(table.startedAtMs)],
);
