import type { Bots } from '../core/bot.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Logger } from '../platform/log.ts';

/** Says what concerns all bots, once, to the owner of the first. To be called in a transaction. */
export function createTellOwner(parts: {
  readonly bots: Bots;
  readonly conversations: ConversationStore;
  readonly outbox: Outbox;
  readonly log: Logger;
  /** Called when it was put into the outbox. */
  readonly said: () => void;
}): (markdown: string) => void {
  return (markdown) => {
    parts.log.warn({ markdown }, 'owner.told');
    const [bot] = parts.bots.all();
    if (bot === undefined) return;
    parts.conversations.ensure(bot.ownerConversation);
    parts.outbox.say(bot.ownerConversation, { markdown, replyTo: null, buttons: [] });
    // The transaction has to come to its end before.
    queueMicrotask(parts.said);
  };
}
