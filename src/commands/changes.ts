import type { InboundEdit } from '../core/inbound.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { MessageStore } from '../inbox/messages.ts';
import type { Queue } from '../inbox/queue.ts';
import type { Outbox } from '../outbox/append.ts';
import { queueFull } from './full.ts';

/** The verb of the button below the offer to begin anew with the changed text. */
export const RESTART = 'restart';

/**
 * Makes something of a message that a person changed. To be called in the transaction that remembers
 * the update. One that still waits is changed; one that is being answered is offered to be begun anew;
 * one that was answered becomes a message of its own that says what changed.
 *
 * @returns Whether it meant anything.
 */
export function createEditHandler(parts: {
  readonly messages: MessageStore;
  readonly queue: Queue;
  readonly conversations: ConversationStore;
  readonly outbox: Outbox;
  readonly defaultModel: string;
}): (edit: InboundEdit) => boolean {
  const { messages, queue, outbox } = parts;

  const offerRestart = (edit: InboundEdit, turnId: number): void => {
    outbox.say(edit.conversation, {
      markdown:
        '✏️ You edited this message while I was working on it. I am carrying on with the old text.',
      replyTo: edit.messageId,
      buttons: [[{ label: '🔁 Restart with the new text', data: `${RESTART}:${turnId}` }]],
    });
  };

  return (edit) => {
    const message = messages.find(edit.conversation.id, edit.messageId);
    if (message === null) return false;
    const text = messages.reword(message, edit.messageId, edit.text);
    // Telegram also tells of changes that nobody sees.
    if (text.trim() === (message.changedText ?? message.text).trim()) return false;
    const turn = queue.latest(message.id);
    if (turn?.status === 'running') {
      messages.keepChange(message.id, text);
      if (message.changedText === null) offerRestart(edit, turn.id);
    } else if (turn?.status === 'queued' || turn?.status === 'interrupted') {
      messages.change(message.id, text);
    } else {
      const model = parts.conversations.model(edit.conversation.id) ?? parts.defaultModel;
      const outcome = queue.enqueueChange(message, text, model);
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
