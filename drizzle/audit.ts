import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/**
 * What was refused, what was asked, done and decided, each entry with the hash of the one before it.
 * Appended to, never changed and never deleted from: triggers see to that, see the migration.
 */
export const audit = sqliteTable(
  'audit',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    atMs: integer('at_ms').notNull(),
    /** Dotted: `access.refused`, `turn.retried`. */
    event: text('event').notNull(),
    conversationId: text('conversation_id').notNull(),
    /** Who caused it; empty where nobody did: what Claude did by itself. */
    personId: text('person_id').notNull(),
    turnId: integer('turn_id'),
    /** `allowed`, `denied`, `refused` …, where something was decided. */
    decision: text('decision'),
    /** What else belongs to it: names, rules, digests; no text of a message. */
    details: text('details', { mode: 'json' }).$type<AuditDetails>(),
    /** What was said, where `AUDIT_TEXT` keeps that. */
    text: text('text'),
    /** Of everything above and the hash before, in hexadecimal; null until an older entry was sealed. */
    hash: text('hash'),
  },
  (table) => [
    index('audit_by_time').on(table.atMs),
    index('audit_by_event').on(table.event, table.personId, table.atMs),
  ],
);

export type AuditDetails = Readonly<Record<string, string | number | boolean | null>>;
