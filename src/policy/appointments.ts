import type { BotProfile, Bots } from '../core/bot.ts';
import type { Clock } from '../core/clock.ts';
import { type Role, SHELL_PERSON } from '../core/role.ts';
import type { Database } from '../platform/database/open.ts';
import { isPerson } from './access.ts';
import type { Audit } from './audit.ts';
import { createGrants, scopeOf, type Granted, type Reach } from './grants.ts';
import { createNames, type Names } from './names.ts';

/** Somebody's role, as a list shows it. */
export interface Appointed {
  readonly personId: string;
  /** `null` where it is not known. */
  readonly name: string | null;
  /** `none`: what is given elsewhere was taken away. */
  readonly role: Granted;
  /** `null`: in every chat. */
  readonly destination: string | null;
  /** The id of a person, or {@link SHELL_PERSON}; `null`: the settings. See {@link giverOf}. */
  readonly grantedBy: string | null;
  /** `null` for what the settings say. */
  readonly atMs: number | null;
}

/** A decision about somebody's role. */
export interface Wish {
  readonly personId: string;
  readonly reach: Reach;
  /** Who decides, by id, and in which conversation; on the command line {@link SHELL_PERSON}, in none. */
  readonly by: { readonly personId: string; readonly conversationId: string };
}

export type WishRefused =
  /** The settings say whom the bot belongs to, and that stays so. */
  { readonly kind: 'owner-of-settings' } | { readonly kind: 'no-person' };

export type GrantOutcome = { readonly kind: 'granted'; readonly name: string | null } | WishRefused;

export type RevokeOutcome =
  | {
      readonly kind: 'revoked';
      readonly name: string | null;
      /** In how many single chats there was a role that is gone with it. */
      readonly chatCount: number;
    }
  | { readonly kind: 'had-none' }
  | WishRefused;

/** Who gets which role. To be called in a transaction; whether the one who asks may is for the caller to see. */
export interface Appointments {
  grant(wish: Wish & { readonly role: Role; readonly name?: string }): GrantOutcome;
  /** Without a chat, it takes away what somebody has anywhere with the bot. */
  revoke(wish: Wish): RevokeOutcome;
  /** Those with a role in every chat, then those with one in single chats, or in this one. */
  list(bot: BotProfile, destination?: string): readonly Appointed[];
}

export function createAppointments(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly bots: Bots;
  readonly audit: Audit;
}): Appointments {
  const { bots, audit } = parts;
  const grants = createGrants(parts.database, parts.clock);
  const nameOf = createNames(parts.database);
  const botAt = ({ source }: Reach): BotProfile | undefined =>
    bots.all().find((bot) => bot.source === source);

  const refusal = ({ personId, reach }: Wish): WishRefused | null => {
    if (!isPerson(personId)) return { kind: 'no-person' };
    return botAt(reach)?.ownerId === personId ? { kind: 'owner-of-settings' } : null;
  };

  /** Whether somebody would have a role there without a row for this very reach. */
  const hasWithout = ({ personId, reach }: Wish): boolean => {
    if (reach.destination !== null) {
      const wider = grants.find(personId, { source: reach.source, destination: reach.source });
      if (wider !== null) return wider !== 'none';
    }
    return botAt(reach)?.memberIds.includes(personId) === true;
  };

  const note = ({ personId, reach, by }: Wish, event: string, role: Granted) => {
    audit.write({
      event,
      conversationId: by.conversationId,
      personId: by.personId,
      decision: role,
      details: { person: personId, scope: scopeOf(reach) },
    });
  };

  return {
    grant: (wish) => {
      const refused = refusal(wish);
      if (refused !== null) return refused;
      const { personId, role } = wish;
      const name = wish.name ?? nameOf(personId);
      grants.set({
        scope: scopeOf(wish.reach),
        personId,
        name: name ?? '',
        role,
        grantedBy: wish.by.personId,
      });
      note(wish, 'access.granted', role);
      return { kind: 'granted', name };
    },

    revoke: (wish) => {
      const refused = refusal(wish);
      if (refused !== null) return refused;
      const { personId, reach } = wish;
      const name = nameOf(personId);
      const scope = scopeOf(reach);
      const before = grants.at(reach).find((row) => row.personId === personId)?.role ?? null;
      const hadHere = before === null ? hasWithout(wish) : before !== 'none';
      const chatCount =
        reach.destination === null ? grants.removeFromChats(reach.source, personId) : 0;
      if (!hadHere && chatCount === 0) return { kind: 'had-none' };
      if (hasWithout(wish)) {
        const grantedBy = wish.by.personId;
        grants.set({ scope, personId, name: name ?? '', role: 'none', grantedBy });
      } else if (hadHere) {
        grants.remove(scope, personId);
      }
      note(wish, 'access.revoked', 'none');
      return { kind: 'revoked', name, chatCount };
    },

    list: (bot, destination) => {
      const rows = grants.ofBot(bot.source).filter(({ personId }) => personId !== bot.ownerId);
      const shown = rows.filter(
        ({ scope }) => scope === bot.source || destination === undefined || scope === destination,
      );
      const isGranted = (id: string) =>
        rows.some(({ scope, personId }) => scope === bot.source && personId === id);
      return [
        ...(bot.ownerId === null ? [] : [bySettings(bot.ownerId, 'owner', nameOf)]),
        ...bot.memberIds
          .filter((id) => id !== bot.ownerId && !isGranted(id))
          .map((id) => bySettings(id, 'member', nameOf)),
        ...shown.map(({ scope, personId, name, role, grantedBy, atMs }) => ({
          personId,
          name: nameOf(personId) ?? (name === '' ? null : name),
          role,
          destination: scope === bot.source ? null : scope,
          grantedBy,
          atMs,
        })),
      ];
    },
  };
}

/** Who gave a role: `settings`, `command line`, or the id of a person. */
export function giverOf(grantedBy: Appointed['grantedBy']): string {
  if (grantedBy === null) return 'settings';
  return grantedBy === SHELL_PERSON ? 'command line' : grantedBy;
}

function bySettings(personId: string, role: Role, nameOf: Names): Appointed {
  const name = nameOf(personId);
  return { personId, name, role, destination: null, grantedBy: null, atMs: null };
}
