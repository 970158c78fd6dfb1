import type { CommandHandler } from '../commands/dispatch.ts';
import type { PressHandler } from '../commands/presses.ts';
import { messagesCount } from '../core/format.ts';
import type { InboxHandlers } from '../inbox/accept.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Access } from '../policy/access.ts';

/** What the inbox leaves to others. */
export function createHandlers(parts: {
  readonly access: Access;
  readonly outbox: Outbox;
  readonly command: CommandHandler;
  readonly press: PressHandler;
}): InboxHandlers {
  const { outbox } = parts;
  return {
    mayUse: ({ sender, conversation }) => parts.access.allows(sender, conversation),
    command: parts.command,
    press: parts.press,
    unreadable: ({ conversation, messageId, what }) => {
      outbox.say(conversation, {
        markdown: `I cannot read ${what} yet. Please send it as text.`,
        replyTo: messageId,
        buttons: [],
      });
    },
    full: ({ conversation, messageId }, waitingCount) => {
      outbox.say(conversation, {
        markdown: `🚦 The queue is full: ${messagesCount(waitingCount)} already waiting, so I did not take this one. Send it again later, or see /queue.`,
        replyTo: messageId,
        buttons: [],
      });
    },
  };
}
