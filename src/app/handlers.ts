import type { CommandHandler } from '../commands/dispatch.ts';
import { queueFull } from '../commands/full.ts';
import type { PressHandler } from '../commands/presses.ts';
import type { InboundEdit, InboundReaction } from '../core/inbound.ts';
import type { InboxHandlers } from '../inbox/accept.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Access } from '../policy/access.ts';
import type { Questions } from '../turns/questions.ts';

/** What the inbox leaves to others. */
export function createHandlers(parts: {
  readonly access: Access;
  readonly outbox: Outbox;
  readonly questions: Questions;
  readonly command: CommandHandler;
  readonly edit: (edit: InboundEdit) => boolean;
  readonly reaction: (reaction: InboundReaction) => boolean;
  readonly press: PressHandler;
}): InboxHandlers {
  const { outbox, questions } = parts;
  return {
    mayUse: ({ sender, conversation }) => parts.access.allows(sender, conversation),
    command: parts.command,
    edit: parts.edit,
    reaction: parts.reaction,
    press: parts.press,
    answer: ({ conversation, attachments, text, sender }) => {
      if (attachments.length > 0) return false;
      const question = questions.openFor(conversation.id);
      // After an interruption there is nobody to hear it: only a button sets that turn going again.
      if (question === null || !question.isTurnRunning) return false;
      return questions.answer(question.id, { text, by: sender.name }) === 'answered';
    },
    unreadable: ({ conversation, messageId, what }) => {
      outbox.say(conversation, {
        markdown: `I cannot make anything of ${what}. Please put it into words.`,
        replyTo: messageId,
        buttons: [],
      });
    },
    full: ({ conversation, messageId }, waitingCount) => {
      outbox.say(conversation, queueFull(messageId, waitingCount));
    },
  };
}
