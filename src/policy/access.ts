import type { Bots } from '../core/bot.ts';
import type { Clock } from '../core/clock.ts';
import { sourceOf, type Conversation } from '../core/conversation.ts';
import type { Person } from '../core/inbound.ts';
import type { Role } from '../core/role.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import type { Audit } from './audit.ts';
import { createGrants } from './grants.ts';
import { REFUSED, createRefusals } from './refusals.ts';
import { type Action, mayDo } from './roles.ts';

/** Where a role is asked for: a conversation, its chat, or the bot as a whole, see {@link everywhere}. */
export type Where = Pick<Conversation, 'destination' | 'channel'>;

/** Who may use the bots, and for what. */
export interface Access {
  /**
   * What a sender is there; `null`: nobody. What was granted for the chat counts before what was granted
   * for the bot, and that before the settings; the owner of the settings is always that. A sender that is
   * no person, such as a channel, never has a role.
   */
  roleOf(sender: Pick<Person, 'id'>, where: Where): Role | null;
  may(sender: Pick<Person, 'id'>, where: Where, action: Action): boolean;
  /**
   * Leaves a line about a refusal. Anybody can cause one, and what is written down stays for good, so there
   * is at most one an hour for a person in a conversation, and 200 a day over all.
   * To be called in the transaction that remembers the update.
   */
  refused(sender: Person, conversation: Conversation): void;
}

/** A bot in no chat in particular: what somebody is to it in every one of them. */
export function everywhere(source: string): Where {
  const [channel = ''] = source.split(':');
  return { channel, destination: source };
}

/** Whether the id can be that of a person: chats, which may send on behalf of people, have negative ones. */
export function isPerson(id: string): boolean {
  return /^\d{1,19}$/u.test(id);
}

export function createAccess(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly bots: Bots;
  readonly audit: Audit;
  readonly log: Logger;
}): Access {
  const { bots, audit, log } = parts;
  const grants = createGrants(parts.database, parts.clock);
  const refusals = createRefusals(parts.database, parts.clock);

  const roleOf: Access['roleOf'] = ({ id }, where) => {
    const bot = bots.of(where);
    if (bot === null || !isPerson(id)) return null;
    if (id === bot.ownerId) return 'owner';
    const { source } = bot;
    const granted = grants.find(id, { source, destination: where.destination });
    if (granted !== null) return granted === 'none' ? null : granted;
    return bot.memberIds.includes(id) ? 'member' : null;
  };

  return {
    roleOf,
    may: (sender, where, action) => mayDo(roleOf(sender, where), action),
    refused: (sender, conversation) => {
      const kept = refusals.worthKeeping(sender.id, conversation.id);
      if (kept === 'yes') {
        audit.write({
          event: REFUSED,
          conversationId: conversation.id,
          personId: sender.id,
          decision: 'refused',
        });
      }
      const about = {
        source: sourceOf(conversation),
        conversation: conversation.id,
        person: sender.id,
        ...(kept === 'too many' ? { audit: 'not kept: too many strangers today' } : {}),
      };
      log.warn(about, REFUSED);
    },
  };
}
