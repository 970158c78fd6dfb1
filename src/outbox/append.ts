import { deliveries } from '../../drizzle/schema.ts';
import type { Edit, Part, Reply } from '../core/channel.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import type { Database } from '../platform/database/open.ts';
import type { Channels } from './channels.ts';

/** The way out: whatever Claudio says becomes rows here first. */
export interface Outbox {
  /**
   * Adds a reply behind everything that waits for the same destination, a row for each of its parts.
   * To be called in the transaction whose outcome it tells.
   */
  say(conversation: Conversation, reply: Reply, turnId?: number): void;
  /** Adds a change to one of Claudio's own messages. */
  edit(conversation: Conversation, edit: Edit): void;
  /** Adds that one of Claudio's own messages is taken away. */
  remove(conversation: Conversation, messageId: string): void;
}

export function createOutbox(database: Database, clock: Clock, channels: Channels): Outbox {
  const append = (conversation: Conversation, parts: readonly Part[], turnId: number | null) => {
    const now = clock.now();
    database.orm
      .insert(deliveries)
      .values(
        parts.map((part) => ({
          conversationId: conversation.id,
          destination: conversation.destination,
          turnId,
          part,
          status: 'pending' as const,
          dueAtMs: now,
          createdAtMs: now,
        })),
      )
      .run();
  };

  return {
    say: (conversation, reply, turnId) => {
      append(conversation, channels.of(conversation).render(reply), turnId ?? null);
    },
    edit: (conversation, edit) => {
      append(conversation, [channels.of(conversation).renderEdit(edit)], null);
    },
    remove: (conversation, messageId) => {
      append(conversation, [channels.of(conversation).renderRemoval(messageId)], null);
    },
  };
}
