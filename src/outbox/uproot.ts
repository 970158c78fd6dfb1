import { and, eq, inArray } from 'drizzle-orm';
import { conversations, deliveries } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';
import type { Channels } from './channels.ts';

/**
 * Makes the open deliveries of a chat ready for the new id that it got: what answers an earlier message goes
 * out by itself, and what was to change or take away one has ended. To be called in the transaction that
 * notes the move, with the destination.
 */
export function createUproot(
  { orm }: Database,
  clock: Clock,
  channels: Channels,
): (destination: string) => void {
  return (destination) => {
    const open = orm
      .select({ delivery: deliveries, conversation: conversations })
      .from(deliveries)
      .innerJoin(conversations, eq(conversations.id, deliveries.conversationId))
      .where(
        and(
          eq(deliveries.destination, destination),
          inArray(deliveries.status, ['pending', 'sending']),
        ),
      )
      .all();
    for (const { delivery, conversation } of open) {
      const part = channels.of(conversation).uproot(delivery.part);
      const next =
        part === null
          ? {
              status: 'failed' as const,
              reason: 'its message is of a chat that has moved',
              endedAtMs: clock.now(),
            }
          : { part };
      orm.update(deliveries).set(next).where(eq(deliveries.id, delivery.id)).run();
    }
  };
}
