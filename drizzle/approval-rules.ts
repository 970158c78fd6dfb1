import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** What is always allowed in a folder, because somebody said so: whom it counts for hangs on who that was. */
export const approvalRules = sqliteTable(
  'approval_rules',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    /** Absolute, with links resolved. */
    folder: text('folder').notNull(),
    tool: text('tool').notNull(),
    /** The digest of the very command; empty: every use of the tool. */
    pattern: text('pattern').notNull(),
    personId: text('person_id').notNull(),
    atMs: integer('at_ms').notNull(),
  },
  (table) => [
    uniqueIndex('approval_rules_once').on(table.folder, table.tool, table.pattern, table.personId),
  ],
);
