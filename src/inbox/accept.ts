import type { Inbound, InboundMessage, InboundPress, InboundUnreadable } from '../core/inbound.ts';
import type { Database } from '../platform/database/open.ts';
import type { ConversationStore } from './conversations.ts';
import type { Queue } from './queue.ts';
import type { SeenUpdates } from './seen-updates.ts';

/** What became of an update. `accepted`, `duplicate` and `full` are committed when this is returned. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly what: 'turn'; readonly turnId: number }
  | { readonly kind: 'accepted'; readonly what: 'command' | 'unreadable' }
  /** `word`: what the one who pressed is to see. */
  | { readonly kind: 'accepted'; readonly what: 'press'; readonly word: string }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'full' }
  | { readonly kind: 'ignored'; readonly reason: string; readonly isNotable: boolean };

/** What other rooms of the house do for the inbox, each within the one transaction of the update. */
export interface InboxHandlers {
  mayUse(inbound: Exclude<Inbound, { kind: 'ignored' }>): boolean;
  command(message: InboundMessage, command: NonNullable<InboundMessage['command']>): void;
  press(press: InboundPress): string;
  unreadable(inbound: InboundUnreadable): void;
  full(message: InboundMessage, waitingCount: number): void;
}

/**
 * Takes updates in. One transaction holds all that an update means: that it was seen, its turn or the
 * effect of its command, and what is said about it. So it counts once, whatever happens when.
 *
 * @throws what the database throws when it cannot commit; nothing is kept then.
 */
export function createInbox(parts: {
  readonly database: Database;
  readonly seen: SeenUpdates;
  readonly conversations: ConversationStore;
  readonly queue: Queue;
  readonly handlers: InboxHandlers;
  readonly defaultModel: string;
}): (source: string, inbound: Inbound) => Acceptance {
  const { database, conversations, handlers } = parts;

  const enqueue = (message: InboundMessage): Acceptance => {
    const { id } = message.conversation;
    const outcome = parts.queue.enqueue(message, conversations.model(id) ?? parts.defaultModel);
    if (outcome.kind === 'queued') {
      return { kind: 'accepted', what: 'turn', turnId: outcome.turnId };
    }
    handlers.full(message, outcome.waitingCount);
    return { kind: 'full' };
  };

  const act = (inbound: Exclude<Inbound, { kind: 'ignored' }>): Acceptance => {
    switch (inbound.kind) {
      case 'press':
        return { kind: 'accepted', what: 'press', word: handlers.press(inbound) };
      case 'unreadable':
        handlers.unreadable(inbound);
        return { kind: 'accepted', what: 'unreadable' };
      case 'message':
        if (inbound.command === null) return enqueue(inbound);
        handlers.command(inbound, inbound.command);
        return { kind: 'accepted', what: 'command' };
    }
  };

  return (source, inbound) => {
    if (inbound.kind === 'ignored') return inbound;
    return database.transaction(() => {
      if (!parts.seen.remember(source, inbound.updateId)) return { kind: 'duplicate' };
      if (!handlers.mayUse(inbound))
        return { kind: 'ignored', reason: 'not allowed', isNotable: false };
      conversations.ensure(inbound.conversation);
      return act(inbound);
    });
  };
}
