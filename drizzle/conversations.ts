import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { MODES } from '../src/core/mode.ts';
import { PROGRESS_LEVELS } from '../src/core/progress.ts';

/** A chat, or a thread of one. The id is the key of order. */
export const conversations = sqliteTable('conversations', {
  id: text('id').primaryKey(),
  destination: text('destination').notNull(),
  channel: text('channel').notNull(),
  chat: text('chat').notNull(),
  thread: text('thread'),
  /** What `/model` chose; null: the configured one. */
  model: text('model'),
  /** What `/verbose` chose; null: the configured one. */
  progress: text('progress', { enum: PROGRESS_LEVELS }),
  /** What `/memory off` and `/memory on` chose: whether anything is recalled in it and learned from it. */
  hasMemory: integer('has_memory', { mode: 'boolean' }).notNull().default(true),
  /** The named project that it works in; null: the folder that is configured. */
  project: text('project'),
  /** What Claude may do unasked; null: as is configured. */
  mode: text('mode', { enum: MODES }),
  /** The platform's id of the person who chose it. */
  modeBy: text('mode_by'),
  /** Whether what people say to each other is kept as part of the talk. */
  listens: integer('listens', { mode: 'boolean' }).notNull().default(false),
  /** Messages up to this id are left out of the prompt: where `/new` drew the line. */
  historyAfterMessageId: integer('history_after_message_id').notNull().default(0),
  /** When the last turn of this conversation ended. Fairness counts the waiting from here. */
  servedAtMs: integer('served_at_ms').notNull().default(0),
  createdAtMs: integer('created_at_ms').notNull(),
});
