import type { Conversation } from '../core/conversation.ts';
import { type InboundEdit, quotedWords } from '../core/inbound.ts';
import type { Role } from '../core/role.ts';
import type { TurnStatus } from '../core/turn.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { MessageStore } from '../inbox/messages.ts';
import type { Queue } from '../inbox/queue.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Audit } from '../policy/audit.ts';
import type { Gate, Refusal } from '../policy/gate.ts';
import { queueFull } from './full.ts';

/** The verb of the button below the offer to begin anew with the changed text. */
export const RESTART = 'restart';

/** Where a turn can still take a change. */
const STILL_OPEN: ReadonlySet<TurnStatus> = new Set(['queued', 'running', 'interrupted']);

/**
 * Makes something of a message that a person changed. To be called in the transaction that remembers
 * the update. One that still waits is changed; one that is being answered is offered to be begun anew;
 * one that was answered becomes a message of its own that says what changed. Where the gate is shut for the
 * new text, the old one stays, and the person is told.
 *
 * @returns Whether it meant anything.
 */
export function createEditHandler(parts: {
  readonly messages: MessageStore;
  readonly queue: Queue;
  readonly conversations: ConversationStore;
  readonly outbox: Outbox;
  readonly gate: Gate;
  readonly audit: Pick<Audit, 'write'>;
  readonly defaultModel: (conversation: Conversation) => string;
}): (edit: InboundEdit, role: Role) => boolean {
  const { messages, queue, outbox, gate } = parts;

  const offerRestart = (edit: InboundEdit, turnId: number): void => {
    outbox.say(edit.conversation, {
      markdown:
        '✏️ You edited this message while I was working on it. I am carrying on with the old text.',
      replyTo: edit.messageId,
      buttons: [[{ label: '🔁 Restart with the new text', data: `${RESTART}:${turnId}` }]],
    });
  };

  const keepOld = (edit: InboundEdit, why: string): boolean => {
    outbox.say(edit.conversation, {
      markdown: `${why}\n\nThe text from before your edit stays.`,
      replyTo: edit.messageId,
      buttons: [],
    });
    return true;
  };

  return (edit, role) => {
    const message = messages.find(edit.conversation.id, edit.messageId);
    if (message === null || (message.personId ?? edit.sender.id) !== edit.sender.id) return false;
    if (message.instruction !== null) {
      return keepOld(edit, '✏️ An edit does not change a command. Please send it anew.');
    }
    const before = message.changedText ?? message.text;
    const text = messages.reworded(message, edit.messageId, edit.text);
    // Telegram also tells of changes that nobody sees.
    if (text.trim() === before.trim()) return false;
    const turn = queue.latest(message.id);
    const isNew = turn === null || !STILL_OPEN.has(turn.status);
    const { conversation, sender } = edit;
    const quoted = quotedWords(message.quote);
    const request = { conversation, personId: sender.id, role, text, quoted };
    const refusal: Refusal | null = isNew ? gate.check(request) : gate.checkText(request);
    if (refusal?.isRepeated === true) return true;
    if (refusal !== null) return keepOld(edit, refusal.markdown);
    messages.reword(message, edit.messageId, edit.text);
    const note = (decision: string, turnId: number | null): void => {
      const who = { conversationId: conversation.id, personId: sender.id };
      parts.audit.write({ event: 'message.edited', ...who, turnId, decision, text });
    };
    if (turn?.status === 'running') {
      note('kept', turn.id);
      messages.keepChange(message.id, text);
      if (message.changedText === null) offerRestart(edit, turn.id);
    } else if (!isNew) {
      note('changed', turn.id);
      messages.change(message.id, text);
    } else {
      const model = parts.conversations.model(conversation.id) ?? parts.defaultModel(conversation);
      const outcome = queue.enqueueChange(message, text, sender.id, model);
      note(outcome.kind, outcome.kind === 'full' ? null : outcome.turnId);
      if (outcome.kind === 'full') {
        outbox.say(edit.conversation, queueFull(edit.messageId, outcome.waitingCount));
      } else {
        // An offer that still stands would ask for an older text.
        messages.keepChange(message.id, null);
      }
    }
    return true;
  };
}
