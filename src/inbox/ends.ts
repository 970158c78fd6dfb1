import type { turns } from '../../drizzle/schema.ts';
import type { Audit } from '../policy/audit.ts';

type EndedTurn = Pick<
  typeof turns.$inferSelect,
  'id' | 'conversationId' | 'personId' | 'status' | 'joinedTurnId'
>;

/**
 * Writes down the ends of turns that no run brought about: they were taken out of the queue, discarded, or
 * joined to another one. To be called in the transaction that ends them.
 */
export function noteEnds(
  audit: Pick<Audit, 'write'> | undefined,
  ended: readonly EndedTurn[],
): void {
  for (const { id: turnId, conversationId, personId, status, joinedTurnId } of ended) {
    audit?.write({
      event: 'turn.ended',
      conversationId,
      personId: personId ?? '',
      turnId,
      decision: status,
      ...(joinedTurnId === null ? {} : { details: { joined: joinedTurnId } }),
    });
  }
}
