import type { z } from 'zod';
import { type Conversation, conversationOf } from '../../core/conversation.ts';
import type { Inbound, InboundIgnored, InboundMessage, Person } from '../../core/inbound.ts';
import { callOf, isForBot, isPrivateChat } from './addressed.ts';
import { type Content, contentOf } from './content.ts';
import { personOf } from './people.ts';
import { forwardedFromOf, repliedOf } from './quotes.ts';
import {
  callbackQuerySchema,
  messageSchema,
  reactionSchema,
  type TelegramChat,
  type TelegramMessage,
  type TelegramReaction,
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

/** A command, also of another bot; `null` where the text or the caption does not start with one. */
function commandOf(
  message: TelegramMessage,
): { name: string; bot: string | null; args: string } | null {
  const text = message.text ?? message.caption ?? '';
  const entities = message.text === undefined ? message.caption_entities : message.entities;
  const entity = entities?.find(({ type, offset }) => type === 'bot_command' && offset === 0);
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

function ignoredAs(updateId: number, reason: string, isNotable = false): InboundIgnored {
  return { kind: 'ignored', updateId, reason, isNotable };
}

type Written = { readonly sender: Person } | { readonly ignored: string };

/** Who wrote or did something; `what` names it. */
function senderOf(
  onBehalfOf: TelegramChat | undefined,
  user: TelegramUser | undefined,
  what: string,
): Written {
  // Something on behalf of a chat names that chat, and a stand-in user beside it.
  const sender = onBehalfOf ?? user;
  if (sender === undefined) return { ignored: `${what} without a sender` };
  // Two bots in one group would otherwise answer each other for ever.
  if (onBehalfOf === undefined && user?.is_bot === true) {
    return { ignored: `${what} of another bot` };
  }
  return { sender: personOf(sender) };
}

/** What a group that became a supergroup tells of it: in its last message, and in the first of the new one. */
function moveOf(bot: BotIdentity, updateId: number, message: TelegramMessage): Inbound | null {
  const { migrate_to_chat_id: movedTo, migrate_from_chat_id: movedFrom, chat } = message;
  if (movedTo === undefined && movedFrom === undefined) return null;
  return {
    kind: 'move',
    updateId,
    conversation: conversationOf({
      channel: CHANNEL,
      bot: bot.id,
      chat: String(movedFrom ?? chat.id),
      thread: null,
    }),
    movedTo: String(movedTo ?? chat.id),
  };
}

/** A text without the name of the bot in front of it, where something is left to say. */
function withoutCall(
  bot: BotIdentity,
  message: TelegramMessage,
  { text, attachments }: Content,
): string {
  const rest = text.slice(callOf(bot, message).length);
  return rest.trim() === '' && attachments.length === 0 ? text : rest;
}

function parseMessage(bot: BotIdentity, updateId: number, message: TelegramMessage): Inbound {
  const move = moveOf(bot, updateId, message);
  if (move !== null) return move;
  const written = senderOf(message.sender_chat, message.from, 'a message');
  if ('ignored' in written) return ignoredAs(updateId, written.ignored);
  const isPrivate = isPrivateChat(message.chat);
  const common = {
    updateId,
    conversation: placeOf(bot, message),
    sender: written.sender,
    messageId: String(message.message_id),
    isPrivate,
    isAddressed: isPrivate || isForBot(bot, message),
  };
  const content = contentOf(message);
  if (content.kind === 'service') {
    return ignoredAs(updateId, `a service message: ${content.field}`);
  }
  if (content.kind === 'unreadable') {
    return { kind: 'unreadable', ...common, what: content.what };
  }

  const forwardedFrom = forwardedFromOf(message);
  // What somebody else once said is no command to this bot.
  const typed = forwardedFrom === null ? commandOf(message) : null;
  if (typed !== null && typed.bot !== null && !isCalled(bot, typed.bot)) {
    return ignoredAs(updateId, 'a command for another bot');
  }
  const command: InboundMessage['command'] =
    typed === null ? null : { name: typed.name, args: typed.args };
  const replied = repliedOf(message, bot.id);
  const own = content.attachments;
  return {
    kind: 'message',
    ...common,
    isAddressed: common.isAddressed || command !== null,
    text: withoutCall(bot, message, content),
    // A question about a picture may be asked aloud, but not with another picture.
    attachments: own.some(({ kind }) => kind !== 'speech') ? own : [...own, ...replied.attachments],
    albumId: message.media_group_id ?? null,
    quote: replied.quote,
    forwardedFrom,
    command,
  };
}

function parseEdit(bot: BotIdentity, updateId: number, message: TelegramMessage): Inbound {
  const written = senderOf(message.sender_chat, message.from, 'an edit');
  if ('ignored' in written) return ignoredAs(updateId, written.ignored);
  const content = contentOf(message);
  // A live location that moves and a poll that closes are edits too.
  const isTyped = message.text !== undefined || message.caption !== undefined;
  if (content.kind !== 'content' || (!isTyped && content.attachments.length === 0)) {
    return ignoredAs(updateId, 'an edit without text');
  }
  return {
    kind: 'edit',
    updateId,
    conversation: placeOf(bot, message),
    sender: written.sender,
    messageId: String(message.message_id),
    text: withoutCall(bot, message, content),
  };
}

/** A reaction as an emoji where it is one, else in words. */
function emojiOf({ type, emoji }: TelegramReaction['new_reaction'][number]): string {
  if (type === 'emoji' && emoji !== undefined) return emoji;
  if (type === 'paid') return '⭐';
  return type === 'custom_emoji' ? 'a custom emoji' : 'a reaction of a new kind';
}

function parseReaction(bot: BotIdentity, updateId: number, reaction: TelegramReaction): Inbound {
  const written = senderOf(reaction.actor_chat, reaction.user, 'a reaction');
  if ('ignored' in written) return ignoredAs(updateId, written.ignored);
  return {
    kind: 'reaction',
    updateId,
    conversation: conversationOf({
      channel: CHANNEL,
      bot: bot.id,
      chat: String(reaction.chat.id),
      thread: null,
    }),
    sender: written.sender,
    messageId: String(reaction.message_id),
    emoji: reaction.new_reaction.map(emojiOf),
  };
}

function parsePress(
  bot: BotIdentity,
  updateId: number,
  press: z.infer<typeof callbackQuerySchema>,
): Inbound {
  if (press.message === undefined) {
    return ignoredAs(updateId, 'a press on a message of the inline mode');
  }
  if (press.data === undefined) return ignoredAs(updateId, 'a press without data');
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

/** A kind of update: its schema, what it is called, and what it comes to. */
function reader<T>(
  schema: z.ZodType<T>,
  what: string,
  parse: (bot: BotIdentity, updateId: number, content: T) => Inbound,
): (bot: BotIdentity, updateId: number, raw: unknown) => Inbound {
  return (bot, updateId, raw) => {
    const content = schema.safeParse(raw);
    return content.success
      ? parse(bot, updateId, content.data)
      : ignoredAs(updateId, `${what} of an unknown shape`, true);
  };
}

/** The kinds of update that count; {@link ensureWebhook} asks for no others. */
const READERS = [
  ['message', reader(messageSchema, 'a message', parseMessage)],
  ['edited_message', reader(messageSchema, 'an edit', parseEdit)],
  ['message_reaction', reader(reactionSchema, 'a reaction', parseReaction)],
  ['callback_query', reader(callbackQuerySchema, 'a press', parsePress)],
] as const;

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
  for (const [field, read] of READERS) {
    if (content[field] !== undefined) return read(bot, updateId, content[field]);
  }
  return ignoredAs(updateId, Object.keys(content)[0] ?? 'an empty update');
}
