import type { Bots } from '../core/bot.ts';
import type { Conversation } from '../core/conversation.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Logger } from '../platform/log.ts';

/** Says what concerns all bots to the owner of each, once to one person. To be called in a transaction. */
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
    const byChat = new Map<string, Conversation>();
    for (const { ownerConversation } of parts.bots.all()) {
      const chat = `${ownerConversation.channel}:${ownerConversation.chat}`;
      if (!byChat.has(chat)) byChat.set(chat, ownerConversation);
    }
    for (const conversation of byChat.values()) {
      parts.conversations.ensure(conversation);
      parts.outbox.say(conversation, { markdown, replyTo: null, buttons: [] });
    }
    // The transaction has to come to its end before.
    queueMicrotask(parts.said);
  };
}
