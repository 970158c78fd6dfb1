import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** What opens the console: a link, which counts once, or the session that came of one. */
export const consoleKeys = sqliteTable('console_keys', {
  /** SHA-256 of the key, in hexadecimal: who reads this table cannot come in with it. */
  digest: text('digest').primaryKey(),
  /** `own-link`: for a browser of the user as whom the service runs. */
  kind: text('kind', { enum: ['link', 'own-link', 'session'] }).notNull(),
  createdAtMs: integer('created_at_ms').notNull(),
  expiresAtMs: integer('expires_at_ms').notNull(),
});
