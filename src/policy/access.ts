import { and, eq, lt } from 'drizzle-orm';
import { audit } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import type { Person } from '../core/inbound.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';

const REFUSED = 'access.refused';
const KEPT_MS = 90 * 24 * 3_600_000;

/** Who may use the bot. */
export interface Access {
  /**
   * Whether this person may use it there. A refusal leaves one line in the audit log; nothing is
   * answered. To be called in the transaction that remembers the update.
   */
  allows(sender: Person, conversation: Conversation): boolean;
  /** Forgets refusals of long ago: anybody can cause them. Returns how many. */
  prune(): number;
}

/**
 * Allows everyone in the chat with the id `chatId`, and the users in `userIds` wherever they write. The
 * id of a private chat is that of its user, so the owner counts as one of these.
 */
export function createAccess(options: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly chatId: string;
  readonly userIds: readonly string[];
}): Access {
  const { database, clock, log } = options;
  const users = new Set([options.chatId, ...options.userIds]);
  return {
    allows: (sender, conversation) => {
      if (conversation.chat === options.chatId || users.has(sender.id)) return true;
      const refused = { conversationId: conversation.id, personId: sender.id };
      database.orm
        .insert(audit)
        .values({ atMs: clock.now(), event: REFUSED, ...refused })
        .run();
      log.warn({ conversation: conversation.id, person: sender.id }, REFUSED);
      return false;
    },
    prune: () =>
      database.orm
        .delete(audit)
        .where(and(eq(audit.event, REFUSED), lt(audit.atMs, clock.now() - KEPT_MS)))
        .run().changes,
  };
}
