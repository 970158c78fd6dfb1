import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Folders to work in, by name. */
export const projects = sqliteTable('projects', {
  name: text('name').primaryKey(),
  /** Absolute, as it was given; what it leads to is looked up at each turn. */
  path: text('path').notNull(),
  createdAtMs: integer('created_at_ms').notNull(),
});
