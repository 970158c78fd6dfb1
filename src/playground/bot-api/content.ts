import type { InlineKeyboardMarkup, MessageEntity } from '@grammyjs/types';
import { checkText } from './formatted-text.ts';
import { parseHtml } from './html.ts';
import { badRequest } from './refusal.ts';
import { chatOf, findMessage, type State } from './state.ts';

const MAX_DATA_BYTES = 64;
const MAX_CAPTION_LENGTH = 1_024;

/** The text of a call after its entities are parsed; throws a refusal for what Telegram refuses. */
export function formattedText(
  params: {
    readonly text: string;
    readonly entities?: MessageEntity[] | undefined;
    readonly parseMode?: string | undefined;
  },
  limit: number,
): { text: string; entities: MessageEntity[] } {
  if (params.parseMode !== undefined && params.entities !== undefined) {
    throw badRequest('parse_mode and entities exclude each other');
  }
  const formatted = { text: params.text, entities: params.entities ?? [] };
  if (params.parseMode !== undefined) {
    if (params.parseMode.toLowerCase() !== 'html') throw badRequest('unsupported parse_mode');
    const parsed = parseHtml(params.text);
    if (parsed.kind === 'fault') throw badRequest(parsed.fault);
    formatted.text = parsed.text;
    formatted.entities = parsed.entities;
  }
  const fault = checkText(formatted.text, formatted.entities, limit);
  if (fault !== null) throw badRequest(fault);
  return formatted;
}

/** The caption of a file, which may be left out; throws as {@link formattedText} does. */
export function captionOf(params: {
  readonly caption?: string | undefined;
  readonly caption_entities?: MessageEntity[] | undefined;
  readonly parse_mode?: string | undefined;
}): { text: string; entities: MessageEntity[] } {
  if (params.caption === undefined || params.caption === '') return { text: '', entities: [] };
  return formattedText(
    { text: params.caption, entities: params.caption_entities, parseMode: params.parse_mode },
    MAX_CAPTION_LENGTH,
  );
}

/** Checks the buttons below a message. */
export function keyboard(markup: InlineKeyboardMarkup | undefined): InlineKeyboardMarkup | null {
  if (markup === undefined) return null;
  for (const button of markup.inline_keyboard.flat()) {
    if (button.text.trim() === '') throw badRequest('text buttons must be non-empty');
    if (!('callback_data' in button)) continue;
    const byteCount = Buffer.byteLength(button.callback_data);
    if (byteCount < 1 || byteCount > MAX_DATA_BYTES) throw badRequest('BUTTON_DATA_INVALID');
  }
  return markup.inline_keyboard.flat().length === 0 ? null : markup;
}

/** The id of a chat that the bot may write to. */
export function writableChat(chatId: string | undefined): number {
  if (chatId === undefined || chatId === '') throw badRequest('chat_id is empty');
  const id = Number(chatId);
  if (!/^-?\d+$/.test(chatId) || !Number.isSafeInteger(id) || id === 0) {
    throw badRequest('chat not found');
  }
  return id;
}

/** Checks a topic: it must be one that a message came from, or that the test added. */
export function topicIn(state: State, chatId: number, thread: number | undefined): number | null {
  if (thread === undefined) return null;
  const chat = chatOf(state, chatId);
  // Telegram drops the parameter in silence where a chat cannot have topics.
  if (chat.chat.type === 'supergroup' && chat.chat.is_forum !== true) return null;
  if (!chat.topics.has(thread)) throw badRequest('message thread not found');
  return thread;
}

/** The message that is replied to, null where there is none to be had and that is allowed. */
export function repliedTo(
  state: State,
  chatId: number,
  reply: { message_id: number; allow_sending_without_reply?: boolean | undefined } | undefined,
): number | null {
  if (reply === undefined) return null;
  if (findMessage(state, chatId, reply.message_id) !== undefined) return reply.message_id;
  if (reply.allow_sending_without_reply === true) return null;
  throw badRequest('message to be replied not found');
}
