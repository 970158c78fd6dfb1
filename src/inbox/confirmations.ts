import { and, count, desc, eq, gt, lte, sql } from 'drizzle-orm';
import { confirmations } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';
import type { Audit } from '../policy/audit.ts';

/** How long a yes counts. */
const LIFETIME_MS = 5 * 60 * 1000;

/** Something that was asked for, and is done only when somebody says yes. */
export type Confirmation = typeof confirmations.$inferSelect;

/** What is to be confirmed. */
export type NewConfirmation = Pick<
  Confirmation,
  'conversationId' | 'messageId' | 'personId' | 'kind' | 'subject' | 'role' | 'options'
>;

/** What becomes of one: each of them once, and whatever is open for five minutes becomes nothing. */
export interface Confirmations {
  /** To be called in the transaction that shows it. */
  open(wanted: NewConfirmation): Confirmation;
  /** `null` where there is none with this id in that conversation. */
  find(id: number, conversationId: string): Confirmation | null;
  /** Those of a conversation that nobody decided, newest first; their time may be over. */
  undecided(conversationId: string): readonly Confirmation[];
  /** How many of a command a person has asked for there that can still be decided. */
  openCount(conversationId: string, personId: string): number;
  /**
   * Decides one. To be called in the transaction of what follows from it.
   *
   * @param personId Who decided it. That they may is for the caller to see to.
   * @returns `settled` for the one call that counts; `gone` where it was decided before.
   */
  settle(
    confirmation: Confirmation,
    decision: 'confirmed' | 'refused',
    personId: string,
  ): 'settled' | 'expired' | 'gone';
}

export function createConfirmations(
  database: Database,
  clock: Clock,
  audit: Pick<Audit, 'write'>,
): Confirmations {
  const { orm } = database;
  // As the partial index has it.
  const OPEN = sql`${confirmations.status} = 'open'`;

  const write = (row: Confirmation, event: string, personId: string): void => {
    audit.write({
      event: `confirmation.${event}`,
      conversationId: row.conversationId,
      personId,
      details: { confirmation: row.id, kind: row.kind, subject: row.subject, asker: row.personId },
    });
  };

  const find: Confirmations['find'] = (id, conversationId) =>
    orm
      .select()
      .from(confirmations)
      .where(and(eq(confirmations.id, id), eq(confirmations.conversationId, conversationId)))
      .get() ?? null;

  /** Nobody has to be there when its time is over: the first who comes too late notes it. */
  const expire = (row: Confirmation, now: number): 'expired' | 'gone' => {
    const { changes } = orm
      .update(confirmations)
      .set({ status: 'expired', decidedAtMs: now })
      .where(and(eq(confirmations.id, row.id), OPEN, lte(confirmations.expiresAtMs, now)))
      .run();
    if (changes === 1) write(row, 'expired', '');
    return find(row.id, row.conversationId)?.status === 'expired' ? 'expired' : 'gone';
  };

  return {
    open: (wanted) => {
      const now = clock.now();
      const row = orm
        .insert(confirmations)
        .values({ ...wanted, status: 'open', askedAtMs: now, expiresAtMs: now + LIFETIME_MS })
        .returning()
        .get();
      write(row, 'asked', row.personId);
      return row;
    },
    find,
    undecided: (conversationId) =>
      orm
        .select()
        .from(confirmations)
        .where(and(eq(confirmations.conversationId, conversationId), OPEN))
        .orderBy(desc(confirmations.id))
        .all(),
    openCount: (conversationId, personId) =>
      orm
        .select({ count: count() })
        .from(confirmations)
        .where(
          and(
            eq(confirmations.conversationId, conversationId),
            eq(confirmations.personId, personId),
            eq(confirmations.kind, 'command'),
            OPEN,
            gt(confirmations.expiresAtMs, clock.now()),
          ),
        )
        .get()?.count ?? 0,
    settle: (row, decision, personId) => {
      const now = clock.now();
      const { changes } = orm
        .update(confirmations)
        .set({ status: decision, decidedBy: personId, decidedAtMs: now })
        .where(and(eq(confirmations.id, row.id), OPEN, gt(confirmations.expiresAtMs, now)))
        .run();
      if (changes === 0) return expire(row, now);
      write(row, decision, personId);
      return 'settled';
    },
  };
}
