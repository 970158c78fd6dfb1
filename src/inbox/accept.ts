import type {
  Inbound,
  InboundEdit,
  InboundMessage,
  InboundPress,
  InboundReaction,
  InboundUnreadable,
} from '../core/inbound.ts';
import type { Database } from '../platform/database/open.ts';
import type { ConversationStore } from './conversations.ts';
import type { MessageStore } from './messages.ts';
import type { Queue } from './queue.ts';
import type { SeenUpdates } from './seen-updates.ts';

/** What became of an update. `accepted`, `duplicate` and `full` are committed when this is returned. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly what: 'turn'; readonly turnId: number }
  | {
      readonly kind: 'accepted';
      readonly what: 'command' | 'answer' | 'edit' | 'reaction' | 'unreadable';
    }
  /** `word`: what the one who pressed is to see. */
  | { readonly kind: 'accepted'; readonly what: 'press'; readonly word: string }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'full' }
  | { readonly kind: 'ignored'; readonly reason: string; readonly isNotable: boolean };

/** What other rooms of the house do for the inbox, each within the one transaction of the update. */
export interface InboxHandlers {
  mayUse(inbound: Exclude<Inbound, { kind: 'ignored' }>): boolean;
  command(message: InboundMessage, command: NonNullable<InboundMessage['command']>): void;
  /** Whether the message was the answer to a question of Claude's; it is then recorded as that. */
  answer(message: InboundMessage): boolean;
  /** A message became a turn of its own. */
  queued(message: InboundMessage): void;
  /** Whether an edit meant anything. */
  edit(edit: InboundEdit): boolean;
  /** Whether a reaction meant anything. */
  reaction(reaction: InboundReaction): boolean;
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
  readonly messages: MessageStore;
  readonly queue: Queue;
  readonly handlers: InboxHandlers;
  readonly defaultModel: string;
}): (source: string, inbound: Inbound) => Acceptance {
  const { database, conversations, handlers } = parts;

  const enqueue = (message: InboundMessage): Acceptance => {
    const { id } = message.conversation;
    const album = parts.queue.addToAlbum(message);
    if (album?.kind === 'refused') return { kind: 'full' };
    if (album?.kind === 'queued') return { kind: 'accepted', what: 'turn', turnId: album.turnId };
    const outcome = parts.queue.enqueue(message, conversations.model(id) ?? parts.defaultModel);
    if (outcome.kind === 'queued') {
      handlers.queued(message);
      return { kind: 'accepted', what: 'turn', turnId: outcome.turnId };
    }
    // What is still to come of an album is turned away by this, without a word for each.
    if (message.albumId !== null) parts.messages.addAside(message);
    handlers.full(message, outcome.waitingCount);
    return { kind: 'full' };
  };

  const act = (inbound: Exclude<Inbound, { kind: 'ignored' }>): Acceptance => {
    switch (inbound.kind) {
      case 'press':
        return { kind: 'accepted', what: 'press', word: handlers.press(inbound) };
      case 'edit':
        return handlers.edit(inbound)
          ? { kind: 'accepted', what: 'edit' }
          : { kind: 'ignored', reason: 'an edit that changes nothing here', isNotable: false };
      case 'reaction':
        return handlers.reaction(inbound)
          ? { kind: 'accepted', what: 'reaction' }
          : { kind: 'ignored', reason: 'a reaction to something else', isNotable: false };
      case 'unreadable':
        handlers.unreadable(inbound);
        return { kind: 'accepted', what: 'unreadable' };
      case 'message':
        if (inbound.command === null) {
          return handlers.answer(inbound) ? { kind: 'accepted', what: 'answer' } : enqueue(inbound);
        }
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
