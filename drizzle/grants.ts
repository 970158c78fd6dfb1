import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Who has which role where, beyond what the settings say. */
export const grants = sqliteTable(
  'grants',
  {
    /** A bot, `telegram:<bot>`, or one chat with it, `telegram:<bot>:<chat>`, whose word comes first. */
    scope: text('scope').notNull(),
    personId: text('person_id').notNull(),
    /** As the platform gave it when the role was granted; empty where it was not known. */
    name: text('name').notNull(),
    /** `none`: the settings give a role, and it was taken away. */
    role: text('role', { enum: ['owner', 'member', 'viewer', 'none'] }).notNull(),
    /** The person who granted it; `shell`: the command line. */
    grantedBy: text('granted_by').notNull(),
    atMs: integer('at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.scope, table.personId] })],
);
