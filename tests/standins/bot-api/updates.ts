import type { Chat, MessageEntity, Update, User } from '@grammyjs/types';
import { addMessage, chatOf, type State, type StoredMessage } from './state.ts';
import { wireMessage } from './wire.ts';

/** Who writes unless a test says otherwise, in a private chat that has the same id. */
export const OWNER: User = { id: 1_001, is_bot: false, first_name: 'Owner', username: 'owner' };

/** Where a message comes from and who writes it: the owner in the private chat, unless given. */
export interface Origin {
  readonly from?: User;
  /** The chat, or the id of one that is known or may be made up. */
  readonly chat?: Chat | number;
  /** A topic of the chat: it counts as one from now on. */
  readonly thread?: number;
  /** The message that is replied to. */
  readonly replyTo?: number;
}

/** Builds updates and keeps the messages in them, so that the bot can reply and react to them. */
export interface Updates {
  text(text: string, origin?: Origin): Update;
  /** A photo, which the file methods then know as `photo-…`. */
  photo(options?: Origin & { readonly caption?: string; readonly content?: Buffer }): Update;
  /** The person changes a message of theirs. */
  edited(message: StoredMessage, text: string): Update;
  /** A press on a button of a message as it stands, found by its label or its data. */
  press(message: StoredMessage, button: string, options?: PressOptions): Update;
  /** A message of any kind: fields of the Bot API beside those that every message has. */
  other(content: Readonly<Record<string, unknown>>, origin?: Origin): Update;
}

export interface PressOptions {
  readonly from?: User;
  /** Telegram no longer knows what the message said. */
  readonly inaccessible?: boolean;
  /** Too late for answerCallbackQuery. */
  readonly expired?: boolean;
  /** A press on what a button was before the message was edited: `button` is taken as the data. */
  readonly stale?: boolean;
}

function commandsIn(text: string): MessageEntity[] {
  return [...text.matchAll(/(?<=^|\s)\/\w{1,64}(?:@\w{3,32})?(?![\w/])/g)].map((match) => ({
    type: 'bot_command',
    offset: match.index,
    length: match[0].length,
  }));
}

export function createUpdates(state: State): Updates {
  const nextId = (): number => state.nextUpdateId++;

  const place = ({ from = OWNER, chat, thread }: Origin): { chatId: number; from: User } => {
    const chatId = typeof chat === 'object' ? chat.id : (chat ?? from.id);
    const known = chatOf(state, chatId);
    if (typeof chat === 'object') known.chat = chat;
    if (thread !== undefined) known.topics.add(thread);
    return { chatId, from };
  };

  const add = (text: string, origin: Origin): StoredMessage => {
    const { chatId, from } = place(origin);
    return addMessage(state, chatId, {
      from,
      byBot: false,
      text,
      entities: commandsIn(text),
      document: null,
      threadId: origin.thread ?? null,
      replyTo: origin.replyTo ?? null,
    });
  };

  const asMessage = (
    message: StoredMessage,
    content: Readonly<Record<string, unknown>> | null,
  ): NonNullable<Update['message']> => {
    const { text, entities, ...rest } = wireMessage(state, message);
    const { chat } = rest;
    if (chat.type === 'channel') throw new Error('no message comes from a channel');
    const words = content ?? {
      ...(text === undefined ? {} : { text }),
      ...(entities === undefined ? {} : { entities }),
    };
    return { ...rest, chat, from: message.from, ...words };
  };

  return {
    text: (text, origin = {}) => ({
      update_id: nextId(),
      message: asMessage(add(text, origin), null),
    }),
    photo({ caption, content, ...origin } = {}) {
      const message = add('', origin);
      const id = `photo-${message.chatId}-${message.messageId}`;
      const bytes = content ?? Buffer.from('not a real photo');
      const path = `photos/file_${message.messageId}.jpg`;
      state.files.set(id, { fileName: 'file.jpg', mimeType: 'image/jpeg', content: bytes, path });
      const size = { file_id: id, file_unique_id: id, width: 90, height: 90 };
      return {
        update_id: nextId(),
        message: asMessage(message, {
          photo: [{ ...size, file_size: bytes.byteLength }],
          ...(caption === undefined ? {} : { caption }),
        }),
      };
    },
    edited(message, text) {
      message.text = text;
      message.entities = commandsIn(text);
      message.editCount += 1;
      const edit_date = Math.floor(Date.now() / 1_000);
      return {
        update_id: nextId(),
        edited_message: { ...asMessage(message, null), edit_date },
      };
    },
    press(message, label, { from = OWNER, inaccessible, expired, stale } = {}) {
      const button = message.replyMarkup?.inline_keyboard
        .flat()
        .find(
          (candidate) =>
            'callback_data' in candidate &&
            (candidate.text === label || candidate.callback_data === label),
        );
      const found = button !== undefined && 'callback_data' in button ? button : null;
      if (found === null && stale !== true) {
        throw new Error(`no button "${label}" below message ${message.messageId}`);
      }
      const id = `${4_000_000_000_000_000_000n + BigInt(state.presses.size)}`;
      state.presses.set(id, { id, expired: expired ?? false, answers: [] });
      const { chat } = chatOf(state, message.chatId);
      return {
        update_id: nextId(),
        callback_query: {
          id,
          from,
          chat_instance: `${message.chatId}`,
          data: found?.callback_data ?? label,
          message:
            inaccessible === true
              ? { chat, message_id: message.messageId, date: 0 }
              : wireMessage(state, message),
        },
      };
    },
    other: (content, origin = {}) => ({
      update_id: nextId(),
      message: asMessage(add('', origin), content),
    }),
  };
}
