import type { Conversation } from '../../core/conversation.ts';

/** Where a call goes, as every method that writes to a chat names it. */
export interface Target {
  /** As text, which Telegram takes too: nothing is lost on the way through a number. */
  readonly chat_id: string;
  readonly message_thread_id?: number;
}

/** The target of a conversation. */
export function targetOf(conversation: Conversation): Target {
  return {
    chat_id: conversation.chat,
    ...(conversation.thread === null ? {} : { message_thread_id: Number(conversation.thread) }),
  };
}

/** Telegram's number of a message; null for an id that is none of Telegram's. */
export function messageIdOf(id: string): number | null {
  const messageId = Number(id);
  return Number.isSafeInteger(messageId) && messageId > 0 ? messageId : null;
}

/** Whether a conversation takes place in a group, whose ids are below zero. */
export function isGroup(conversation: Conversation): boolean {
  return conversation.chat.startsWith('-');
}
