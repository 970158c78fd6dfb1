import { z } from 'zod';
import type { BotIdentity } from './parse.ts';
import {
  type chatSchema,
  dispensable,
  type TelegramEntity,
  type TelegramMessage,
  userSchema,
} from './schema.ts';

/** What is known of the message that is replied to, as far as it tells whom the reply is for. */
const repliedToSchema = z.looseObject({
  reply_to_message: dispensable(
    z.looseObject({
      from: dispensable(userSchema),
      forum_topic_created: z.unknown().optional(),
    }),
  ),
});

/** Whether a chat is one with a person alone. Where its type is not told, a group's id is below zero. */
export function isPrivateChat({ id, type }: z.infer<typeof chatSchema>): boolean {
  return type === undefined ? id > 0 : type === 'private';
}

/**
 * Whether what a message says names the bot, or it replies to one of the bot's. While the bot does not
 * know its name every name may be it. What was forwarded was said to others.
 */
export function isForBot(bot: BotIdentity, message: TelegramMessage): boolean {
  if (isForwarded(message)) return false;
  const { text, entities } = saidIn(message);
  return entities.some((entity) => isOfBot(bot, text, entity)) || repliesToBot(bot, message);
}

/** What stands in front of a text that begins with the bot's name: that, and what parts it from the rest. */
export function callOf(bot: BotIdentity, message: TelegramMessage): string {
  if (isForwarded(message)) return '';
  const { text, entities } = saidIn(message);
  const name = entities.find(({ offset }) => offset === 0);
  if (name === undefined || bot.username === '' || !isOfBot(bot, text, name)) return '';
  const [between = ''] = /^[\s,:]*/u.exec(text.slice(name.length)) ?? [];
  return text.slice(0, name.length + between.length);
}

function isForwarded(message: TelegramMessage): boolean {
  return message['forward_origin'] !== undefined;
}

function saidIn(message: TelegramMessage): {
  readonly text: string;
  readonly entities: readonly TelegramEntity[];
} {
  const { text, caption, entities, caption_entities: ofCaption } = message;
  return {
    text: text ?? caption ?? '',
    entities: (text === undefined ? ofCaption : entities) ?? [],
  };
}

function isOfBot(bot: BotIdentity, text: string, entity: TelegramEntity): boolean {
  const { type, offset, length, user } = entity;
  if (type === 'text_mention') return String(user?.id) === bot.id;
  if (type !== 'mention') return false;
  const name = text.slice(offset, offset + length).toLowerCase();
  return bot.username === '' || name === `@${bot.username.toLowerCase()}`;
}

/** Within a topic Telegram makes what answers nobody a reply to the message that opened the topic. */
function repliesToBot(bot: BotIdentity, message: TelegramMessage): boolean {
  const { reply_to_message: original } = repliedToSchema.parse(message);
  return String(original?.from?.id) === bot.id && original?.forum_topic_created === undefined;
}
