import type { Message } from '@grammyjs/types';
import { imageSize } from 'image-size';
import { systemClock } from '../../platform/clock.ts';
import { chatOf, findMessage, type State, type StoredMessage } from './state.ts';

function topicOf(message: StoredMessage): { message_thread_id?: number; is_topic_message?: true } {
  return message.threadId === null
    ? {}
    : { message_thread_id: message.threadId, is_topic_message: true };
}

type Content = Pick<
  Message,
  | 'text'
  | 'entities'
  | 'document'
  | 'photo'
  | 'voice'
  | 'rich_message'
  | 'media_group_id'
  | 'caption'
  | 'caption_entities'
>;

/** The id by which the file methods know a file that the bot sent. */
export function fileIdOf(message: Pick<StoredMessage, 'chatId' | 'messageId'>): string {
  return `sent-${message.chatId}-${message.messageId}`;
}

function fileOf(message: StoredMessage): Pick<Content, 'document' | 'photo' | 'voice'> | null {
  const id = fileIdOf(message);
  const same = { file_id: id, file_unique_id: id };
  const { document, photo, voice } = message;
  if (document !== null) {
    return {
      document: {
        ...same,
        file_name: document.fileName,
        mime_type: document.mimeType,
        file_size: document.content.byteLength,
      },
    };
  }
  if (photo !== null) {
    const { width, height } = imageSize(photo.content);
    return { photo: [{ ...same, width, height, file_size: photo.content.byteLength }] };
  }
  if (voice === null) return null;
  return { voice: { ...same, duration: 1, file_size: voice.content.byteLength } };
}

function contentOf(message: StoredMessage): Content {
  if (message.rich) return { rich_message: { blocks: [] } };
  const file = fileOf(message);
  if (file === null) {
    return {
      text: message.text,
      ...(message.entities.length === 0 ? {} : { entities: message.entities }),
    };
  }
  return {
    ...file,
    ...(message.albumId === null ? {} : { media_group_id: message.albumId }),
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
    ...(message.editCount === 0 ? {} : { edit_date: Math.floor(systemClock.now() / 1_000) }),
    ...(message.replyMarkup === null ? {} : { reply_markup: message.replyMarkup }),
    ...originalOf(state, message),
  };
}
