import { confirmations } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { ClaimedTurn } from '../inbox/claim.ts';
import type { Database } from '../platform/database/open.ts';

/** What a plan was made for may be another thing a day later. */
const PLAN_GOOD_MS = 24 * 60 * 60 * 1000;

/**
 * Keeps that the answer of a turn is a plan, made where nothing could be changed, and may be carried out. To
 * be called in the transaction that shows it with its button.
 */
export function offerPlan(
  turn: Pick<ClaimedTurn, 'turnId' | 'conversationId' | 'messageId'> & {
    readonly personId: string | null;
  },
  { database, clock }: { readonly database: Database; readonly clock: Clock },
): void {
  const now = clock.now();
  database.orm
    .insert(confirmations)
    .values({
      conversationId: turn.conversationId,
      messageId: turn.messageId,
      personId: turn.personId ?? '',
      kind: 'plan',
      subject: String(turn.turnId),
      role: 'member',
      options: {},
      status: 'open',
      askedAtMs: now,
      expiresAtMs: now + PLAN_GOOD_MS,
    })
    .run();
}
