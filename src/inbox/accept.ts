import type {
  Inbound,
  InboundAct,
  InboundEdit,
  InboundMessage,
  InboundPress,
  InboundReaction,
  InboundUnreadable,
} from '../core/inbound.ts';
import type { Role } from '../core/role.ts';
import type { Database } from '../platform/database/open.ts';
import type { Refusal } from '../policy/gate.ts';
import type { Asking } from './asking.ts';
import type { ConversationStore } from './conversations.ts';
import type { MessageStore } from './messages.ts';
import type { ChatMoves } from './moves.ts';
import type { Overheard } from './overheard.ts';
import type { Queue } from './queue.ts';
import type { SeenUpdates } from './seen-updates.ts';

/** What became of an update. `accepted`, `duplicate` and `full` are committed when this is returned. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly what: 'turn'; readonly turnId: number }
  | {
      readonly kind: 'accepted';
      readonly what: 'command' | 'answer' | 'edit' | 'reaction' | 'unreadable' | 'move' | 'pairing';
    }
  /** `word`: what the one who pressed is to see. */
  | { readonly kind: 'accepted'; readonly what: 'press'; readonly word: string }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'full' }
  /** A limit or a rule stands against it; the person was told. */
  | { readonly kind: 'refused'; readonly rule: string }
  | { readonly kind: 'ignored'; readonly reason: string; readonly isNotable: boolean };

const NOT_ALLOWED: Acceptance = { kind: 'ignored', reason: 'not allowed', isNotable: false };
const NOT_FOR_BOT: Acceptance = { kind: 'ignored', reason: 'not for the bot', isNotable: false };

/** What other rooms of the house do for the inbox, each within the one transaction of the update. */
export interface InboxHandlers {
  /** What the sender is there; `null`: nobody. */
  roleOf(inbound: InboundAct): Role | null;
  /** Somebody without a role. Returns whether that means anything: they asked to be let in. */
  stranger(inbound: InboundAct): boolean;
  /** Returns the turn that the command became, if it became one. */
  command(message: InboundMessage, command: NonNullable<InboundMessage['command']>): number | null;
  /** Whether the message was the answer to a question of Claude's; it is then recorded as that. */
  answer(message: InboundMessage): boolean;
  /** A message became a turn of its own. */
  queued(message: InboundMessage): void;
  /** Whether an edit meant anything. */
  edit(edit: InboundEdit, role: Role): boolean;
  /** Whether a reaction meant anything. */
  reaction(reaction: InboundReaction): boolean;
  press(press: InboundPress): string;
  unreadable(inbound: InboundUnreadable): void;
  full(message: InboundMessage, waitingCount: number): void;
  /** The gate is shut for a message, which is kept as the row with this id. */
  refused(message: InboundMessage, refusal: Refusal, messageId: number): void;
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
  readonly moves: ChatMoves;
  readonly messages: MessageStore;
  readonly overheard: Overheard;
  readonly queue: Queue;
  readonly asking: Asking;
  readonly handlers: InboxHandlers;
}): (source: string, inbound: Inbound) => Acceptance {
  const { database, conversations, handlers } = parts;

  const enqueue = (message: InboundMessage, role: Role): Acceptance => {
    const outcome = parts.asking.ask(message, role);
    switch (outcome.kind) {
      case 'queued':
        handlers.queued(message);
        return { kind: 'accepted', what: 'turn', turnId: outcome.turnId };
      case 'refused':
        handlers.refused(message, outcome.refusal, outcome.messageId);
        return { kind: 'refused', rule: outcome.refusal.rule };
      case 'full':
        // What is still to come of an album is turned away by this, without a word for each.
        if (message.albumId !== null) parts.messages.addAside(message);
        handlers.full(message, outcome.waitingCount);
        return { kind: 'full' };
    }
  };

  const takeMessage = (message: InboundMessage, role: Role): Acceptance => {
    if (message.command !== null) {
      const turnId = handlers.command(message, message.command);
      if (turnId === null) return { kind: 'accepted', what: 'command' };
      handlers.queued(message);
      return { kind: 'accepted', what: 'turn', turnId };
    }
    const album = parts.queue.addToAlbum(message);
    if (album?.kind === 'refused') return { kind: 'full' };
    if (album?.kind === 'queued') return { kind: 'accepted', what: 'turn', turnId: album.turnId };
    if (!message.isAddressed) return overhear(message);
    return handlers.answer(message) ? { kind: 'accepted', what: 'answer' } : enqueue(message, role);
  };

  const overhear = (message: InboundMessage): Acceptance => {
    parts.overheard.hear(message);
    return NOT_FOR_BOT;
  };

  const act = (inbound: InboundAct, role: Role): Acceptance => {
    switch (inbound.kind) {
      case 'press':
        return { kind: 'accepted', what: 'press', word: handlers.press(inbound) };
      case 'edit':
        return handlers.edit(inbound, role) || parts.overheard.change(inbound)
          ? { kind: 'accepted', what: 'edit' }
          : { kind: 'ignored', reason: 'an edit that changes nothing here', isNotable: false };
      case 'reaction':
        return handlers.reaction(inbound)
          ? { kind: 'accepted', what: 'reaction' }
          : { kind: 'ignored', reason: 'a reaction to something else', isNotable: false };
      case 'unreadable':
        if (!inbound.isAddressed) return NOT_FOR_BOT;
        handlers.unreadable(inbound);
        return { kind: 'accepted', what: 'unreadable' };
      case 'message':
        return takeMessage(inbound, role);
    }
  };

  const takeFrom = (inbound: InboundAct): Acceptance => {
    const role = handlers.roleOf(inbound);
    if (role !== null) {
      conversations.ensure(inbound.conversation);
      parts.moves.settle(inbound.conversation);
      return act(inbound, role);
    }
    // Nobody asked for anything: there is nothing to refuse.
    if ('isAddressed' in inbound && !inbound.isAddressed) {
      return inbound.kind === 'message' ? overhear(inbound) : NOT_FOR_BOT;
    }
    if (inbound.kind === 'reaction') return NOT_ALLOWED;
    if (inbound.kind === 'edit') {
      parts.overheard.change(inbound);
      return NOT_ALLOWED;
    }
    if (handlers.stranger(inbound)) return { kind: 'accepted', what: 'pairing' };
    if (inbound.kind === 'message' && !inbound.isPrivate && inbound.command === null) {
      parts.overheard.hear(inbound);
    }
    return NOT_ALLOWED;
  };

  return (source, inbound) => {
    if (inbound.kind === 'ignored') return inbound;
    return database.transaction(() => {
      if (!parts.seen.remember(source, inbound.updateId)) return { kind: 'duplicate' };
      if (inbound.kind === 'move') {
        parts.moves.note(inbound.conversation, inbound.movedTo);
        return { kind: 'accepted', what: 'move' };
      }
      return takeFrom(parts.moves.here(inbound));
    });
  };
}
