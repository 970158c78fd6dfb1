import { z } from 'zod';
import { systemClock } from '../../../platform/clock.ts';
import { formattedText, keyboard, repliedTo, topicIn, writableChat } from '../content.ts';
import {
  chatId,
  entities,
  inlineKeyboard,
  integer,
  linkPreviewOptions,
  sendFields,
} from '../fields.ts';
import { badRequest } from '../refusal.ts';
import { addMessage, findMessage, type State, type StoredMessage } from '../state.ts';
import { wireMessage } from '../wire.ts';
import { method, TRUE } from './method.ts';

const MAX_TEXT_LENGTH = 4_096;
const DELETABLE_MS = 48 * 3_600_000;

const textFields = {
  text: z.string().optional(),
  parse_mode: z.string().optional(),
  entities: entities.optional(),
  link_preview_options: linkPreviewOptions.optional(),
};

const messageFields = { chat_id: chatId.optional(), message_id: integer.optional() };

function textOf(params: {
  text?: string | undefined;
  parse_mode?: string | undefined;
  entities?: Parameters<typeof formattedText>[0]['entities'];
}): ReturnType<typeof formattedText> {
  if (params.text === undefined || params.text === '') throw badRequest('message text is empty');
  return formattedText(
    { text: params.text, entities: params.entities, parseMode: params.parse_mode },
    MAX_TEXT_LENGTH,
  );
}

/** https://core.telegram.org/bots/api#sendmessage */
export const sendMessage = method(
  'sendMessage',
  z.strictObject({ ...sendFields, ...textFields }),
  (state, params) => {
    const chat = writableChat(params.chat_id);
    const message = addMessage(state, chat, {
      ...textOf(params),
      from: state.bot,
      byBot: true,
      document: null,
      threadId: topicIn(state, chat, params.message_thread_id),
      replyTo: repliedTo(state, chat, params.reply_parameters),
      replyMarkup: keyboard(params.reply_markup),
      silent: params.disable_notification === true,
      linksPlain: params.link_preview_options?.is_disabled === true,
    });
    return { result: wireMessage(state, message) };
  },
);

function editable(
  state: State,
  params: { chat_id?: string | undefined; message_id?: number | undefined },
): StoredMessage {
  const chat = writableChat(params.chat_id);
  if (params.message_id === undefined) throw badRequest('message identifier is not specified');
  const message = findMessage(state, chat, params.message_id);
  if (message === undefined) throw badRequest('message to edit not found');
  if (!message.byBot) throw badRequest("message can't be edited");
  return message;
}

function appearance(of: Pick<StoredMessage, 'text' | 'rich' | 'entities' | 'replyMarkup'>): string {
  return JSON.stringify([of.text, of.rich, of.entities, of.replyMarkup]);
}

function change(
  state: State,
  message: StoredMessage,
  next: Partial<Pick<StoredMessage, 'text' | 'rich' | 'entities' | 'replyMarkup' | 'linksPlain'>>,
): { result: unknown } {
  if (appearance(message) === appearance({ ...message, ...next })) {
    throw badRequest(
      'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
    );
  }
  Object.assign(message, next);
  message.editCount += 1;
  state.events.notify();
  return { result: wireMessage(state, message) };
}

/** https://core.telegram.org/bots/api#editmessagetext */
export const editMessageText = method(
  'editMessageText',
  z.strictObject({ ...messageFields, ...textFields, reply_markup: inlineKeyboard.optional() }),
  (state, params) => {
    const formatted = textOf(params);
    const message = editable(state, params);
    if ((message.document ?? message.photo ?? message.voice) !== null) {
      throw badRequest('there is no text in the message to edit');
    }
    return change(state, message, {
      rich: false,
      ...formatted,
      replyMarkup: keyboard(params.reply_markup),
      linksPlain: params.link_preview_options?.is_disabled === true,
    });
  },
);

/** https://core.telegram.org/bots/api#editmessagereplymarkup */
export const editMessageReplyMarkup = method(
  'editMessageReplyMarkup',
  z.strictObject({ ...messageFields, reply_markup: inlineKeyboard.optional() }),
  (state, params) =>
    change(state, editable(state, params), { replyMarkup: keyboard(params.reply_markup) }),
);

/** https://core.telegram.org/bots/api#deletemessage, with one of its limits */
export const deleteMessage = method(
  'deleteMessage',
  z.strictObject(messageFields),
  (state, params) => {
    const chat = writableChat(params.chat_id);
    const message = findMessage(state, chat, params.message_id ?? 0);
    if (message === undefined) throw badRequest('message to delete not found');
    if (systemClock.now() - message.atMs >= DELETABLE_MS)
      throw badRequest("message can't be deleted");
    message.deleted = true;
    return TRUE;
  },
);
