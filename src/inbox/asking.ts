import type { Conversation } from '../core/conversation.ts';
import { type Attachment, type InboundMessage, quotedWords } from '../core/inbound.ts';
import type { Role } from '../core/role.ts';
import type { TurnOptions } from '../core/turn.ts';
import type { Gate, Refusal, Request } from '../policy/gate.ts';
import type { ConversationStore } from './conversations.ts';
import type { MessageStore } from './messages.ts';
import type { Queue, QueueFull } from './queue.ts';

/** What became of a wish for a turn. */
export type AskOutcome =
  | { readonly kind: 'queued'; readonly turnId: number }
  | QueueFull
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly messageId: number };

/** The one way from a message to a turn. */
export interface Asking {
  /**
   * Records a message and its turn, or the message alone where the gate is shut; nothing where the queue
   * is full. To be called in the transaction that remembers the update.
   *
   * @param options.insisted Lets it pass the rules, not the limits.
   */
  ask(message: InboundMessage, role: Role, options?: TurnOptions): AskOutcome;
  /**
   * The same for a message that is kept already, as the row with this id.
   *
   * @param request Who wants it now, and what the rules are to look at.
   */
  askKept(messageId: number, request: Request, options: TurnOptions): AskOutcome;
}

export function createAsking(parts: {
  readonly conversations: ConversationStore;
  readonly messages: MessageStore;
  readonly queue: Queue;
  readonly gate: Gate;
  /** What a conversation gets that chose none. */
  readonly defaultModel: (conversation: Conversation) => string;
}): Asking {
  const { conversations, messages, queue, gate } = parts;

  const modelFor = ({ conversation }: Pick<Request, 'conversation'>): string =>
    conversations.model(conversation.id) ?? parts.defaultModel(conversation);

  return {
    ask: (message, role, options = {}) => {
      const { conversation, sender, text } = message;
      const quoted = quotedWords(message.quote);
      const isUnfinished = message.albumId !== null || message.attachments.some(isToBeHeard);
      const request = { conversation, personId: sender.id, role, text, quoted, isUnfinished };
      const refusal = gate.check({ ...request, ...howOf(options) });
      if (refusal !== null) {
        return { kind: 'refused', refusal, messageId: messages.addAside(message, true) };
      }
      return queue.enqueue(message, modelFor(message), options);
    },
    askKept: (messageId, request, options) => {
      const quoted = quotedWords(messages.get(messageId).quote);
      const isUnfinished = messages.attachments(messageId).some(isToBeHeard);
      const refusal = gate.check({ ...request, quoted, isUnfinished, ...howOf(options) });
      if (refusal !== null) return { kind: 'refused', refusal, messageId };
      return queue.enqueueKept(messageId, modelFor(request), options);
    },
  };
}

/** What is said in it is known only when the turn runs. */
function isToBeHeard({ kind, isQuoted }: Pick<Attachment, 'kind' | 'isQuoted'>): boolean {
  return kind === 'speech' && !isQuoted;
}

/** What the gate has to know of how a turn is to be run. */
function howOf({ insisted = false, instruction = null }: TurnOptions) {
  return { insisted, isTemplate: instruction !== null };
}
