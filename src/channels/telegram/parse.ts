import type { z } from 'zod';
import { type Conversation, conversationOf } from '../../core/conversation.ts';
import type { Inbound, InboundMessage, Person } from '../../core/inbound.ts';
import { kindOf } from './kinds.ts';
import {
  callbackQuerySchema,
  messageSchema,
  type TelegramChat,
  type TelegramMessage,
  type TelegramUser,
  updateSchema,
} from './schema.ts';

/** The name of the channel in every conversation's id. */
export const CHANNEL = 'telegram';

/** The bot as far as messages name it. */
export interface BotIdentity {
  readonly id: string;
  /** Without `@`; empty as long as Telegram has not told it. */
  readonly username: string;
}

function nameOf(sender: TelegramUser | TelegramChat): string {
  const title = 'title' in sender && typeof sender.title === 'string' ? sender.title : '';
  const name = [sender.first_name, sender.last_name]
    .map((part) => part?.trim() ?? '')
    .filter((part) => part !== '')
    .join(' ');
  return name || title.trim() || sender.username || `user ${sender.id}`;
}

function personOf(sender: TelegramUser | TelegramChat): Person {
  return { id: String(sender.id), name: nameOf(sender) };
}

/**
 * The conversation of a message. In an ordinary supergroup a chain of replies carries a thread id
 * too; only `is_topic_message` tells that the id is that of a topic one can write to.
 */
function placeOf(bot: BotIdentity, message: TelegramMessage): Conversation {
  const inTopic = message.is_topic_message === true && message.message_thread_id !== undefined;
  return conversationOf({
    channel: CHANNEL,
    bot: bot.id,
    chat: String(message.chat.id),
    thread: inTopic ? String(message.message_thread_id) : null,
  });
}

/** A command, also of another bot; `null` where the text does not start with one. */
function commandOf(
  message: TelegramMessage,
  text: string,
): { name: string; bot: string | null; args: string } | null {
  const entity = message.entities?.find(
    ({ type, offset }) => type === 'bot_command' && offset === 0,
  );
  if (entity === undefined) return null;
  const [name = '', bot] = text.slice(1, entity.length).split('@');
  return {
    name: name.toLowerCase(),
    bot: bot?.toLowerCase() ?? null,
    args: text.slice(entity.length).trim(),
  };
}

/**
 * Whether a name is that of this bot. While its own name is not known, every name is: a command that
 * was taken by mistake can be seen, one that was passed over cannot.
 */
function isCalled(bot: BotIdentity, name: string): boolean {
  return bot.username === '' || name === bot.username.toLowerCase();
}

function parseMessage(bot: BotIdentity, updateId: number, message: TelegramMessage): Inbound {
  const ignored = (reason: string): Inbound => ({
    kind: 'ignored',
    updateId,
    reason,
    isNotable: false,
  });

  // A message on behalf of a chat names that chat here and a stand-in user in `from`.
  const sender = message.sender_chat ?? message.from;
  if (sender === undefined) return ignored('a message without a sender');
  // Two bots in one group would otherwise answer each other for ever.
  if (message.sender_chat === undefined && message.from?.is_bot === true) {
    return ignored('a message of another bot');
  }

  const common = {
    updateId,
    conversation: placeOf(bot, message),
    sender: personOf(sender),
    messageId: String(message.message_id),
  };
  if (message.text === undefined) {
    const movedTo = message.migrate_to_chat_id;
    if (movedTo !== undefined) {
      const reason = `the group ${message.chat.id} is ${movedTo} from now on: set TELEGRAM_CHAT_ID`;
      return { kind: 'ignored', updateId, reason, isNotable: true };
    }
    const kind = kindOf(message);
    return kind.kind === 'service'
      ? ignored(`a service message: ${kind.field}`)
      : { kind: 'unreadable', ...common, what: kind.what };
  }

  const typed = commandOf(message, message.text);
  if (typed !== null && typed.bot !== null && !isCalled(bot, typed.bot)) {
    return ignored('a command for another bot');
  }
  const command: InboundMessage['command'] =
    typed === null ? null : { name: typed.name, args: typed.args };
  return { kind: 'message', ...common, text: message.text, command };
}

function parsePress(
  bot: BotIdentity,
  updateId: number,
  press: z.infer<typeof callbackQuerySchema>,
): Inbound {
  const ignored = (reason: string): Inbound => ({
    kind: 'ignored',
    updateId,
    reason,
    isNotable: false,
  });
  if (press.message === undefined) return ignored('a press on a message of the inline mode');
  if (press.data === undefined) return ignored('a press without data');
  return {
    kind: 'press',
    updateId,
    conversation: placeOf(bot, press.message),
    sender: personOf(press.from),
    messageId: String(press.message.message_id),
    messageText: press.message.text ?? press.message.caption ?? '',
    data: press.data,
    pressId: press.id,
  };
}

/**
 * Normalises an update: https://core.telegram.org/bots/api#update
 *
 * @param raw The parsed JSON of a webhook's body.
 * @returns `null` for what is no update at all: it has no `update_id`.
 */
export function parseUpdate(bot: BotIdentity, raw: unknown): Inbound | null {
  const envelope = updateSchema.safeParse(raw);
  if (!envelope.success) return null;
  const { update_id: updateId, ...content } = envelope.data;
  const ignored = (reason: string, isNotable = false): Inbound => ({
    kind: 'ignored',
    updateId,
    reason,
    isNotable,
  });

  if (content['message'] !== undefined) {
    const message = messageSchema.safeParse(content['message']);
    return message.success
      ? parseMessage(bot, updateId, message.data)
      : ignored('a message of an unknown shape', true);
  }
  if (content['callback_query'] !== undefined) {
    const press = callbackQuerySchema.safeParse(content['callback_query']);
    return press.success
      ? parsePress(bot, updateId, press.data)
      : ignored('a press of an unknown shape', true);
  }
  return ignored(Object.keys(content)[0] ?? 'an empty update');
}
