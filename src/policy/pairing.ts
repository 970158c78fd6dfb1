import { and, count, eq, gt, sql, type SQL } from 'drizzle-orm';
import { pairings } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import { sourceOf } from '../core/conversation.ts';
import type { Person } from '../core/inbound.ts';
import type { Database } from '../platform/database/open.ts';
import { plainName } from './names.ts';

const HOUR_MS = 3_600_000;
/** How long a code is good, how many are at a time, and how long a refusal holds. */
export const CODE_GOOD_MS = HOUR_MS;
export const MAX_OPEN_COUNT = 3;
const REFUSED_FOR_MS = 24 * HOUR_MS;
/** Each of their questions is answered once in so long. */
const SAID_EVERY_MS = 60_000;

/** Without 0 and O, 1 and I and L, which look alike. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const CODE_LENGTH = 8;
/** As many digits of a UUID of version 4 as are random, from its end; far more than a code has. */
const RANDOM_LENGTH = 15;

export type Pairing = typeof pairings.$inferSelect;

/** What became of the wish to be let in. */
export type PairingAsked =
  | { readonly kind: 'asked' | 'repeated'; readonly pairing: Pairing }
  /** `hasty`: they were told a moment ago; `refused`: a day has not passed since; `crowded`: too many are open. */
  | { readonly kind: 'hasty' | 'refused' | 'crowded' };

export type PairingDecided =
  { readonly kind: 'decided' | 'expired'; readonly pairing: Pairing } | { readonly kind: 'over' };

/** New people who ask to be let in. Everything here is to be called in a transaction. */
export interface Pairings {
  /** While one is open, it is the same one again. */
  ask(person: Person, conversation: Conversation): PairingAsked;
  /**
   * Counts once, within the hour.
   *
   * @param id `over` where there is none of this bot, too.
   */
  decide(id: number, source: string, verdict: 'approved' | 'refused', by: string): PairingDecided;
}

/** @param parts.newId Makes UUIDs of version 4. */
export function createPairings(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: () => string;
}): Pairings {
  const { clock, newId } = parts;
  const { orm } = parts.database;

  return {
    ask: (person, conversation) => {
      const now = clock.now();
      const scope = sourceOf(conversation);
      const isTheirs = and(eq(pairings.scope, scope), eq(pairings.personId, person.id));
      const refused = orm
        .select({ id: pairings.id })
        .from(pairings)
        .where(
          and(
            isTheirs,
            eq(pairings.status, 'refused'),
            gt(pairings.decidedAtMs, now - REFUSED_FOR_MS),
          ),
        )
        .get();
      if (refused !== undefined) return { kind: 'refused' };
      const open = orm
        .select()
        .from(pairings)
        .where(and(isTheirs, isOpen(scope, now)))
        .get();
      if (open !== undefined) {
        if (now - open.askedAtMs < SAID_EVERY_MS) return { kind: 'hasty' };
        orm.update(pairings).set({ askedAtMs: now }).where(eq(pairings.id, open.id)).run();
        return { kind: 'repeated', pairing: open };
      }
      const others = orm.select({ count: count() }).from(pairings).where(isOpen(scope, now)).get();
      if ((others?.count ?? 0) >= MAX_OPEN_COUNT) return { kind: 'crowded' };
      const pairing = orm
        .insert(pairings)
        .values({
          code: codeFrom(newId()),
          scope,
          conversationId: conversation.id,
          personId: person.id,
          name: plainName(person.name),
          status: 'open',
          askedAtMs: now,
          expiresAtMs: now + CODE_GOOD_MS,
        })
        .returning()
        .get();
      return { kind: 'asked', pairing };
    },

    decide: (id, source, verdict, by) => {
      const now = clock.now();
      const isMeant = and(eq(pairings.id, id), eq(pairings.scope, source));
      const pairing = orm.select().from(pairings).where(isMeant).get();
      if (pairing?.status !== 'open') return { kind: 'over' };
      if (pairing.expiresAtMs <= now) return { kind: 'expired', pairing };
      orm
        .update(pairings)
        .set({ status: verdict, decidedBy: by, decidedAtMs: now })
        .where(and(isMeant, eq(pairings.status, 'open')))
        .run();
      return { kind: 'decided', pairing };
    },
  };
}

function isOpen(scope: string, now: number): SQL | undefined {
  // As the partial index has it.
  return and(
    sql`${pairings.status} = 'open'`,
    eq(pairings.scope, scope),
    gt(pairings.expiresAtMs, now),
  );
}

function codeFrom(uuid: string): string {
  let left = BigInt(`0x${uuid.replaceAll('-', '').slice(-RANDOM_LENGTH)}`);
  const size = BigInt(ALPHABET.length);
  let code = '';
  while (code.length < CODE_LENGTH) {
    code += ALPHABET.charAt(Number(left % size));
    left /= size;
  }
  return code;
}
