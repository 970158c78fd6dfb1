import { and, asc, eq, inArray, like, ne, or, sql, type SQL } from 'drizzle-orm';
import { grants } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Role } from '../core/role.ts';
import type { Database } from '../platform/database/open.ts';

/** `none` takes away what the settings or the wider scope give. */
export type Granted = Role | 'none';

export type Grant = typeof grants.$inferSelect;

/** Where a role counts: with one bot, in all its chats or in one of them. */
export interface Reach {
  /** `<channel>:<bot>`. */
  readonly source: string;
  /** `<channel>:<bot>:<chat>`; `null`: every chat. */
  readonly destination: string | null;
}

/** The rows of who has which role where, beyond what the settings say. Writes in the caller's transaction. */
export interface Grants {
  /** What was granted for the chat, else for the bot; `null` where nothing was. */
  find(
    personId: string,
    place: { readonly source: string; readonly destination: string },
  ): Granted | null;
  at(reach: Reach): readonly Grant[];
  /** Those of all chats of a bot, and of the bot itself. */
  ofBot(source: string): readonly Grant[];
  set(grant: Omit<Grant, 'atMs'>): void;
  /** Returns whether there was one. */
  remove(scope: string, personId: string): boolean;
  /** Takes the roles away that somebody has in single chats of a bot. Returns in how many. */
  removeFromChats(source: string, personId: string): number;
}

export function scopeOf({ source, destination }: Reach): string {
  return destination ?? source;
}

/** Ids hold nothing that `like` would take for a sign of its own. */
function inChatsOf(source: string): SQL {
  return like(grants.scope, `${source}:%`);
}

export function createGrants({ orm }: Database, clock: Clock): Grants {
  // On the path of every message.
  const found = orm
    .select({ scope: grants.scope, role: grants.role })
    .from(grants)
    .where(
      and(
        inArray(grants.scope, [sql.placeholder('destination'), sql.placeholder('source')]),
        eq(grants.personId, sql.placeholder('personId')),
      ),
    )
    .prepare();

  return {
    find: (personId, { source, destination }) => {
      const rows = found.all({ personId, source, destination });
      const row = rows.find(({ scope }) => scope === destination) ?? rows[0];
      return row?.role ?? null;
    },
    at: (reach) =>
      orm
        .select()
        .from(grants)
        .where(eq(grants.scope, scopeOf(reach)))
        .orderBy(asc(grants.atMs), asc(grants.personId))
        .all(),
    ofBot: (source) =>
      orm
        .select()
        .from(grants)
        .where(or(eq(grants.scope, source), inChatsOf(source)))
        .orderBy(asc(grants.scope), asc(grants.atMs), asc(grants.personId))
        .all(),
    set: (grant) => {
      const { name, role, grantedBy } = grant;
      const atMs = clock.now();
      orm
        .insert(grants)
        .values({ ...grant, atMs })
        .onConflictDoUpdate({
          target: [grants.scope, grants.personId],
          set: { name, role, grantedBy, atMs },
        })
        .run();
    },
    remove: (scope, personId) =>
      orm
        .delete(grants)
        .where(and(eq(grants.scope, scope), eq(grants.personId, personId)))
        .run().changes === 1,
    removeFromChats: (source, personId) =>
      orm
        .delete(grants)
        .where(and(inChatsOf(source), eq(grants.personId, personId), ne(grants.role, 'none')))
        .run().changes,
  };
}
