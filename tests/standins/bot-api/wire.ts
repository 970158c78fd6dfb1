import type { Message } from '@grammyjs/types';
import { chatOf, findMessage, type State, type StoredMessage } from './state.ts';

function topicOf(message: StoredMessage): { message_thread_id?: number; is_topic_message?: true } {
  return message.threadId === null
    ? {}
    : { message_thread_id: message.threadId, is_topic_message: true };
}

type Content = Pick<Message, 'text' | 'entities' | 'document' | 'caption' | 'caption_entities'>;

function contentOf(message: StoredMessage): Content {
  if (message.document === null) {
    return {
      text: message.text,
      ...(message.entities.length === 0 ? {} : { entities: message.entities }),
    };
  }
  const id = `document-${message.chatId}-${message.messageId}`;
  return {
    document: {
      file_id: id,
      file_unique_id: id,
      file_name: message.document.fileName,
      mime_type: message.document.mimeType,
      file_size: message.document.content.byteLength,
    },
    ...(message.text === '' ? {} : { caption: message.text, caption_entities: message.entities }),
  };
}

/** The message that is replied to. The types want its own reply to be an explicit undefined. */
function originalOf(
  state: State,
  message: StoredMessage,
): { reply_to_message?: NonNullable<Message['reply_to_message']> } {
  const original =
    message.replyTo === null ? undefined : findMessage(state, message.chatId, message.replyTo);
  if (original === undefined) return {};
  const { reply_to_message: _, ...rest } = wireMessage(state, { ...original, replyTo: null });
  return { reply_to_message: rest as NonNullable<Message['reply_to_message']> };
}

/** A message as the Bot API writes it: https://core.telegram.org/bots/api#message */
export function wireMessage(state: State, message: StoredMessage): Message {
  return {
    message_id: message.messageId,
    from: message.from,
    chat: chatOf(state, message.chatId).chat,
    date: Math.floor(message.atMs / 1_000),
    ...topicOf(message),
    ...contentOf(message),
    ...(message.editCount === 0 ? {} : { edit_date: Math.floor(Date.now() / 1_000) }),
    ...(message.replyMarkup === null ? {} : { reply_markup: message.replyMarkup }),
    ...originalOf(state, message),
  };
}
