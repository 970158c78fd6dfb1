import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** The files of the person's own, as they were last seen. One that is not there has no row. */
export const acceptedFiles = sqliteTable('accepted_files', {
  /** `policy.json`, `commands.json` */
  name: text('name').primaryKey(),
  /** The last content that was right: it stays in force while the file is wrong. Null: none was yet. */
  content: text('content'),
  acceptedAtMs: integer('accepted_at_ms'),
  /** A digest of the version that was seen last; what is wrong with it was told. */
  seen: text('seen').notNull(),
  isFaulty: integer('is_faulty', { mode: 'boolean' }).notNull(),
});
