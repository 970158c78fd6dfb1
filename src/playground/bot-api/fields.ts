import type {
  InlineKeyboardButton,
  InlineKeyboardMarkup,
  LinkPreviewOptions,
  MessageEntity,
  ReplyParameters,
} from '@grammyjs/types';
import { z } from 'zod';
import type { StoredFile } from './state.ts';

/** The name of a field of any of the objects that a value of this type may be. */
export type FieldName<T> = T extends unknown ? keyof T : never;

/** A schema's fields, each of which Telegram knows of `T`. */
export type FieldsOf<T> = { readonly [K in FieldName<T>]?: z.ZodType };

// The Bot API takes every parameter as text too, and what is an object or an array as JSON.

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** A parameter that is JSON in a form and may be JSON in a string. */
export function json<T>(schema: z.ZodType<T>): z.ZodType<T> {
  return z.preprocess(parsed, schema);
}

export const integer = z.preprocess(
  (value) => (typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value),
  z.int(),
);

export const boolean = z.preprocess(parsed, z.boolean());

export const chatId = z.union([z.int().transform(String), z.string()]);

/** A file that was uploaded with the call. */
export class Upload implements StoredFile {
  readonly fileName: string;
  readonly mimeType: string;
  readonly content: Buffer;

  constructor(file: StoredFile) {
    this.fileName = file.fileName;
    this.mimeType = file.mimeType;
    this.content = file.content;
  }
}

/** A file that was uploaded, or the id of one. */
export const inputFile = z.union([z.instanceof(Upload), z.string()]);

const span = { offset: z.int(), length: z.int() } satisfies FieldsOf<MessageEntity>;
const user = z.looseObject({ id: z.int(), is_bot: z.boolean(), first_name: z.string() });

/** https://core.telegram.org/bots/api#messageentity */
export const entities = json(
  z.array(
    z.discriminatedUnion('type', [
      z.strictObject({
        type: z.enum([
          'mention',
          'hashtag',
          'cashtag',
          'bot_command',
          'url',
          'email',
          'phone_number',
          'bold',
          'italic',
          'underline',
          'strikethrough',
          'spoiler',
          'blockquote',
          'expandable_blockquote',
          'code',
        ]),
        ...span,
      } satisfies FieldsOf<MessageEntity>),
      z.strictObject({
        type: z.literal('pre'),
        ...span,
        language: z.string().exactOptional(),
      } satisfies FieldsOf<MessageEntity>),
      z.strictObject({
        type: z.literal('text_link'),
        ...span,
        url: z.string(),
      } satisfies FieldsOf<MessageEntity>),
      z.strictObject({
        type: z.literal('text_mention'),
        ...span,
        user,
      } satisfies FieldsOf<MessageEntity>),
      z.strictObject({
        type: z.literal('custom_emoji'),
        ...span,
        custom_emoji_id: z.string(),
      } satisfies FieldsOf<MessageEntity>),
    ]),
  ),
);

/** https://core.telegram.org/bots/api#replyparameters */
export const replyParameters = json(
  z.strictObject({
    message_id: z.int().positive(),
    chat_id: chatId.optional(),
    allow_sending_without_reply: z.boolean().optional(),
    quote: z.string().optional(),
    quote_parse_mode: z.string().optional(),
    quote_entities: z.array(z.unknown()).optional(),
    quote_position: z.int().optional(),
  } satisfies FieldsOf<ReplyParameters>),
);

/** https://core.telegram.org/bots/api#linkpreviewoptions */
export const linkPreviewOptions = json(
  z.strictObject({
    is_disabled: z.boolean().optional(),
    url: z.string().optional(),
    prefer_small_media: z.boolean().optional(),
    prefer_large_media: z.boolean().optional(),
    show_above_text: z.boolean().optional(),
  } satisfies FieldsOf<LinkPreviewOptions>),
);

/** https://core.telegram.org/bots/api#inlinekeyboardmarkup, as far as the stand-in goes */
export const inlineKeyboard = json(
  z.strictObject({
    inline_keyboard: z.array(
      z.array(
        z.union([
          z.strictObject({
            text: z.string(),
            callback_data: z.string(),
          } satisfies FieldsOf<InlineKeyboardButton>),
          z.strictObject({
            text: z.string(),
            url: z.string(),
          } satisfies FieldsOf<InlineKeyboardButton>),
        ]),
      ),
    ),
  } satisfies FieldsOf<InlineKeyboardMarkup>),
);

/** What goes with a file. */
export const captionFields = {
  caption: z.string().optional(),
  parse_mode: z.string().optional(),
  caption_entities: entities.optional(),
};

/** What every send method takes beside its content. */
export const sendFields = {
  chat_id: chatId.optional(),
  message_thread_id: integer.optional(),
  disable_notification: boolean.optional(),
  protect_content: boolean.optional(),
  message_effect_id: z.string().optional(),
  reply_parameters: replyParameters.optional(),
  reply_markup: inlineKeyboard.optional(),
};
