import { and, eq, gt, inArray, lte } from 'drizzle-orm';
import { createHash, randomBytes } from 'node:crypto';
import { consoleKeys } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import { SHELL_PERSON } from '../core/role.ts';
import type { Sessions } from '../pages/entrance.tsx';
import type { Database } from '../platform/database/open.ts';
import type { Audit } from '../policy/audit.ts';

const SESSION_LASTS_MS = 12 * 3_600_000;
const KEY_BYTES = 32;

/** How long a link leads in. */
export const LINK_LASTS_MS = 10 * 60_000;

/**
 * Who may see the console, kept in the database, so that a restart turns nobody out. Each link that is made
 * and each that is used is in the audit log; no key and no token is, nor are they in the database.
 */
export interface ConsoleSessions extends Sessions {
  /**
   * Makes the key of a new link, which counts once and for {@link LINK_LASTS_MS}.
   *
   * @param isOwn Whether it is for browsers of the user as whom the service runs alone, as far as that can
   *   be told: every user of the machine sees what a program is started with. For any unless given.
   */
  invite(isOwn?: boolean): string;
  /** Forgets what is over. Returns how many. */
  prune(): number;
}

export function createConsoleSessions(
  database: Pick<Database, 'orm' | 'transaction'>,
  clock: Clock,
  audit: Pick<Audit, 'write'>,
): ConsoleSessions {
  const { orm } = database;

  const add = (kind: Kind, lastsMs: number): string => {
    const key = randomBytes(KEY_BYTES).toString('base64url');
    const now = clock.now();
    orm
      .insert(consoleKeys)
      .values({ digest: digestOf(key), kind, createdAtMs: now, expiresAtMs: now + lastsMs })
      .run();
    return key;
  };
  const note = (event: string) =>
    audit.write({ event, conversationId: '', personId: SHELL_PERSON });
  const isGood = (kinds: readonly Kind[], key: string) =>
    and(
      eq(consoleKeys.digest, digestOf(key)),
      inArray(consoleKeys.kind, kinds),
      gt(consoleKeys.expiresAtMs, clock.now()),
    );

  return {
    lastsMs: SESSION_LASTS_MS,
    invite: (isOwn = false) =>
      database.transaction(() => {
        note('console.link');
        return add(isOwn ? 'own-link' : 'link', LINK_LASTS_MS);
      }),
    open: (key, isOwn = false) =>
      database.transaction(() => {
        const kinds: readonly Kind[] = isOwn ? ['link', 'own-link'] : ['link'];
        if (orm.delete(consoleKeys).where(isGood(kinds, key)).run().changes === 0) return null;
        note('console.entered');
        return add('session', SESSION_LASTS_MS);
      }),
    isOpen: (token) =>
      orm
        .select({ digest: consoleKeys.digest })
        .from(consoleKeys)
        .where(isGood(['session'], token))
        .get() !== undefined,
    end: (token) =>
      database.transaction(() => {
        const ended = orm
          .delete(consoleKeys)
          .where(and(eq(consoleKeys.digest, digestOf(token)), eq(consoleKeys.kind, 'session')))
          .run();
        if (ended.changes === 1) note('console.left');
      }),
    prune: () =>
      orm.delete(consoleKeys).where(lte(consoleKeys.expiresAtMs, clock.now())).run().changes,
  };
}

type Kind = (typeof consoleKeys.$inferSelect)['kind'];

function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
