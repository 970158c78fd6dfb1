import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Each start of the service. The id begins the marker of every process that it started. */
export const boots = sqliteTable('boots', {
  id: text('id').primaryKey(),
  startedAtMs: integer('started_at_ms').notNull(),
  /** The last time that it was seen alive. */
  seenAtMs: integer('seen_at_ms').notNull(),
  /** Null while it runs, and for ever when it died. */
  endedAtMs: integer('ended_at_ms'),
  /** Whether it had a memory, so that what was said then could be learned from. */
  hasMemory: integer('has_memory', { mode: 'boolean' }).notNull().default(true),
});
