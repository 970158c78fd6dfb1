import { z } from 'zod';
import type { Attachment, Quote } from '../../core/inbound.ts';
import { contentOf } from './content.ts';
import { kindOf, NEW_KIND } from './kinds.ts';
import { nameOf } from './people.ts';
import {
  chatSchema,
  dispensable,
  messageSchema,
  type TelegramMessage,
  userSchema,
} from './schema.ts';

/** Who wrote a message first: https://core.telegram.org/bots/api#messageorigin */
const origin = z
  .discriminatedUnion('type', [
    z.looseObject({ type: z.literal('user'), sender_user: userSchema }),
    z.looseObject({ type: z.literal('hidden_user'), sender_user_name: z.string().min(1) }),
    z.looseObject({ type: z.literal('chat'), sender_chat: chatSchema }),
    z.looseObject({ type: z.literal('channel'), chat: chatSchema }),
  ])
  .transform((found) => {
    switch (found.type) {
      case 'user':
        return nameOf(found.sender_user);
      case 'hidden_user':
        return found.sender_user_name;
      case 'chat':
        return nameOf(found.sender_chat);
      case 'channel':
        return nameOf(found.chat);
    }
    return found satisfies never;
  });

const aroundSchema = z.looseObject({
  quote: dispensable(z.looseObject({ text: z.string() })),
  reply_to_message: dispensable(messageSchema),
  /** Of a message in another chat or topic: https://core.telegram.org/bots/api#externalreplyinfo */
  external_reply: dispensable(z.looseObject({ origin: dispensable(origin) })),
});

/** Who said a message first, where it was forwarded: a name, `somebody` where it is not told. */
export function forwardedFromOf(message: TelegramMessage): string | null {
  const found = message['forward_origin'];
  if (found === undefined) return null;
  const name = origin.safeParse(found);
  return name.success ? name.data : 'somebody';
}

/** What a message replies to. */
export interface Replied {
  readonly quote: Quote | null;
  /** What can be looked at or read of it; never what is to be listened to. */
  readonly attachments: readonly Attachment[];
}

function sentence(what: string): string {
  return `(${what.charAt(0).toUpperCase()}${what.slice(1)})`;
}

/** The words of the message that is replied to; empty where it has none. */
function wordsOf(original: Readonly<Record<string, unknown>>): string {
  const content = contentOf(original);
  return content.kind === 'content' ? content.text : '';
}

/** What it is, where it is no text. */
function standInFor(original: Readonly<Record<string, unknown>>): string | null {
  const kind = kindOf(original);
  // Of a text in another chat Telegram tells only the part that was quoted.
  return kind.kind === 'service' || kind.what === NEW_KIND ? null : sentence(kind.what);
}

const SPOKEN = ['voice', 'audio', 'video_note'] as const;

/** Reads what a message to a bot, by its id, replies to. */
export function repliedOf(message: TelegramMessage, botId: string): Replied {
  const { quote, reply_to_message: reply, external_reply: elsewhere } = aroundSchema.parse(message);
  // Within a topic Telegram makes what answers nobody a reply to the message that opened the topic.
  const original = reply?.['forum_topic_created'] === undefined ? (reply ?? elsewhere) : undefined;
  const sender = reply?.sender_chat ?? reply?.from;
  const author = sender === undefined ? (elsewhere?.origin ?? null) : nameOf(sender);
  const isOwn = reply?.sender_chat === undefined && String(reply?.from?.id) === botId;
  const content = original === undefined ? null : contentOf(original);
  const quoted = quote?.text.trim() || null;
  const words = quoted ?? (original === undefined ? '' : wordsOf(original));
  const standIn = words === '' && original !== undefined ? standInFor(original) : null;
  const text = words === '' ? standIn : words;
  const isSpoken = SPOKEN.some((kind) => original?.[kind] !== undefined);
  const wordless =
    standIn === null || reply === undefined || !isSpoken
      ? {}
      : { wordlessMessageId: String(reply.message_id) };
  return {
    quote: text === null ? null : { author, text, ...wordless, ...(isOwn ? { isOwn } : {}) },
    attachments: (content?.kind === 'content' ? content.attachments : [])
      .filter(({ kind }) => kind !== 'speech')
      .map((attachment) => ({ ...attachment, isQuoted: true })),
  };
}
