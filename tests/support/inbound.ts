import { conversationOf, type Conversation } from '../../src/core/conversation.ts';
import type { InboundMessage } from '../../src/core/inbound.ts';

/** A conversation with the test bot in this chat. */
export function conversation(chat = '42'): Conversation {
  return conversationOf({ channel: 'telegram', bot: '1', chat, thread: null });
}

/** A message of a person, as a channel would hand it over. */
export function inboundMessage(updateId: number, text: string, chat = '42'): InboundMessage {
  return {
    kind: 'message',
    updateId,
    conversation: conversation(chat),
    sender: { id: '42', name: 'Owner' },
    messageId: String(updateId),
    text,
    attachments: [],
    albumId: null,
    quote: null,
    forwardedFrom: null,
    command: null,
    isPrivate: true,
    isAddressed: true,
  };
}
