import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { ATTACHMENT_KINDS } from '../src/core/inbound.ts';
import { messages } from './messages.ts';

/** What came with messages, in the order of their ids. The files themselves stay with the platform. */
export const attachments = sqliteTable(
  'attachments',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    messageId: integer('message_id')
      .notNull()
      .references(() => messages.id),
    kind: text('kind', { enum: ATTACHMENT_KINDS }).notNull(),
    fileId: text('file_id').notNull(),
    name: text('name'),
    mimeType: text('mime_type'),
    sizeBytes: integer('size_bytes'),
    durationMs: integer('duration_ms'),
    isQuoted: integer('is_quoted', { mode: 'boolean' }).notNull(),
    /** The platform's id of the message that it came with: each part of an album has one of its own. */
    platformMessageId: text('platform_message_id').notNull(),
    /** What that message says, as the platform has it now; null beside all but the first that came with it. */
    caption: text('caption'),
    /** The words of a recording, once they were written down. */
    transcript: text('transcript'),
  },
  (table) => [
    index('attachments_by_message').on(table.messageId, table.id),
    index('attachments_by_platform_id').on(table.platformMessageId),
  ],
);
