import { and, eq, gte, isNotNull, sql } from 'drizzle-orm';
import { deliveries } from '../../drizzle/schema.ts';
import type { Database } from '../platform/database/open.ts';

/**
 * The platform's id of the message below which a button stands, as soon as it has gone out; `null` before
 * that, and where its chat has another id since.
 *
 * @param which.data What the button carries.
 * @param which.sinceMs When it was put into the outbox, at the earliest.
 */
export function messageWithButton(
  { orm }: Database,
  which: { readonly conversationId: string; readonly data: string; readonly sinceMs: number },
): string | null {
  const found = orm
    .select({ messageId: deliveries.platformMessageId })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.conversationId, which.conversationId),
        gte(deliveries.createdAtMs, which.sinceMs),
        isNotNull(deliveries.platformMessageId),
        sql`instr(${deliveries.platformMessageId}, '/') = 0`,
        sql`instr(${deliveries.part}, ${JSON.stringify(which.data)}) > 0`,
      ),
    )
    .limit(1)
    .get();
  return found?.messageId ?? null;
}
