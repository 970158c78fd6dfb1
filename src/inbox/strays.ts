import { and, eq, notInArray, or, sql } from 'drizzle-orm';
import {
  approvals,
  confirmations,
  consolidations,
  conversations,
  deliveries,
  grants,
  memories,
  messages,
  questions,
  reactions,
  turns,
} from '../../drizzle/schema.ts';
import type { Conversation } from '../core/conversation.ts';
import type { Database } from '../platform/database/open.ts';

/** All that belongs to a conversation, but for what was learned of it and the log of what was done. */
export const OF_CONVERSATIONS = [
  messages,
  turns,
  deliveries,
  questions,
  reactions,
  approvals,
  confirmations,
] as const;

/**
 * Makes all that belongs to one conversation part of another, which must have its row: they were one all
 * along. Does nothing where there is no such conversation, or while it is being worked on.
 */
export function takeOver({ orm }: Database, strayId: string, to: Conversation): void {
  const stray = orm.select().from(conversations).where(eq(conversations.id, strayId)).get();
  if (stray === undefined) return;
  const worked = orm
    .select({ id: turns.id })
    .from(turns)
    .where(
      and(
        eq(turns.conversationId, strayId),
        or(eq(turns.status, 'running'), eq(turns.speech, 'pending')),
      ),
    )
    .get();
  if (worked !== undefined) return;
  for (const table of OF_CONVERSATIONS) {
    orm.update(table).set({ conversationId: to.id }).where(eq(table.conversationId, strayId)).run();
  }
  // What is on its way goes on in the order that it is in.
  orm
    .update(deliveries)
    .set({ destination: to.destination })
    .where(
      and(
        eq(deliveries.destination, stray.destination),
        eq(deliveries.conversationId, to.id),
        notInArray(deliveries.status, ['pending', 'sending']),
      ),
    )
    .run();
  orm
    .update(memories)
    .set({ scope: to.destination })
    .where(eq(memories.scope, stray.destination))
    .run();
  // What was granted here before counts.
  orm.run(
    sql`update or ignore ${grants} set scope = ${to.destination} where scope = ${stray.destination}`,
  );
  orm.delete(consolidations).where(eq(consolidations.conversationId, strayId)).run();
  orm.delete(conversations).where(eq(conversations.id, strayId)).run();
}
