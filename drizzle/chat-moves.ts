import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Chats that got a new id at their platform: a group that became a supergroup. Here they keep the old one. */
export const chatMoves = sqliteTable('chat_moves', {
  /** As the platform names it now: `telegram:<bot>:<chat>`. */
  destination: text('destination').primaryKey(),
  /** As it is called here. */
  knownAs: text('known_as').notNull(),
  atMs: integer('at_ms').notNull(),
});
