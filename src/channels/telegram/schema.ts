import { z } from 'zod';

// Loose on purpose: each schema names what is used and lets the rest through, so that a field that
// Telegram adds or changes elsewhere never costs a message. Ids of chats and users have at most 52
// significant bits, so a number holds them; the ids that would not fit are strings already.

const id = z.int();

/** What a message can do without: where it has an unknown shape, the rest of the message counts. */
export function dispensable<T>(schema: z.ZodType<T>): z.ZodCatch<z.ZodOptional<z.ZodType<T>>> {
  return schema.optional().catch(undefined);
}

/** A user: https://core.telegram.org/bots/api#user */
export const userSchema = z.looseObject({
  id,
  is_bot: z.boolean().optional(),
  first_name: z.string().optional(),
  last_name: z.string().optional(),
  username: z.string().optional(),
});

/** A chat: https://core.telegram.org/bots/api#chat */
export const chatSchema = z.looseObject({
  id,
  /** `private`, `group`, `supergroup` or `channel`. */
  type: dispensable(z.string()),
  title: z.string().optional(),
  first_name: z.string().optional(),
  last_name: z.string().optional(),
  username: z.string().optional(),
});

/** A part of a text: https://core.telegram.org/bots/api#messageentity */
const entity = z.looseObject({
  type: z.string(),
  /** In UTF-16 code units, as is `length`. */
  offset: z.int(),
  length: z.int(),
  /** Of a person who is named without a username: `text_mention`. */
  user: dispensable(userSchema),
});

/** A message, also one that is not accessible any more: https://core.telegram.org/bots/api#message */
export const messageSchema = z.looseObject({
  message_id: id,
  chat: chatSchema,
  from: userSchema.optional(),
  sender_chat: chatSchema.optional(),
  message_thread_id: id.optional(),
  is_topic_message: z.boolean().optional(),
  media_group_id: dispensable(z.string()),
  /** On the last message of a group that has become a supergroup: the id that it has now. */
  migrate_to_chat_id: dispensable(id),
  /** On the first message of such a supergroup: the id that the group had. */
  migrate_from_chat_id: dispensable(id),
  text: dispensable(z.string()),
  caption: dispensable(z.string()),
  entities: dispensable(z.array(entity)),
  caption_entities: dispensable(z.array(entity)),
});

/** Who reacted how to a message: https://core.telegram.org/bots/api#messagereactionupdated */
export const reactionSchema = z.looseObject({
  chat: chatSchema,
  message_id: id,
  user: userSchema.optional(),
  /** Of an anonymous administrator. */
  actor_chat: chatSchema.optional(),
  new_reaction: z.array(
    z.looseObject({ type: z.string(), emoji: dispensable(z.string()) }).catch({ type: 'unknown' }),
  ),
});

/** A press on a button: https://core.telegram.org/bots/api#callbackquery */
export const callbackQuerySchema = z.looseObject({
  id: z.string(),
  from: userSchema,
  message: messageSchema.optional(),
  data: z.string().optional(),
});

/** What every update has: https://core.telegram.org/bots/api#update */
export const updateSchema = z.looseObject({ update_id: z.int().nonnegative() });

export type TelegramEntity = z.infer<typeof entity>;
export type TelegramMessage = z.infer<typeof messageSchema>;
export type TelegramReaction = z.infer<typeof reactionSchema>;
export type TelegramUser = z.infer<typeof userSchema>;
export type TelegramChat = z.infer<typeof chatSchema>;

const MS_PER_SECOND = 1_000;

/** Every answer of the Bot API: https://core.telegram.org/bots/api#making-requests */
export const answerSchema = z.discriminatedUnion('ok', [
  z.looseObject({
    ok: z.literal(true),
    result: z.unknown(),
    description: z.string().optional(),
  }),
  z.looseObject({
    ok: z.literal(false),
    error_code: z.int().optional(),
    description: z.string().optional(),
    parameters: z
      .looseObject({
        retry_after: dispensable(z.number().nonnegative()),
        migrate_to_chat_id: dispensable(id),
      })
      .transform(({ retry_after: seconds, migrate_to_chat_id: movedTo }) => ({
        retryAfterMs: seconds === undefined ? null : Math.ceil(seconds * MS_PER_SECOND),
        movedTo: movedTo === undefined ? null : String(movedTo),
      }))
      .optional()
      .catch(undefined),
  }),
]);

/**
 * The id of a message just sent. Null where the answer has another shape: the message is out all the
 * same, and must not go out again for the sake of its id.
 */
export const sentMessageSchema = z
  .looseObject({ message_id: id })
  .transform((message) => String(message.message_id))
  .nullable()
  .catch(null);

/** The bot itself: https://core.telegram.org/bots/api#getme */
export const botSchema = z.looseObject({ id, username: z.string() }).transform((bot) => ({
  id: String(bot.id),
  username: bot.username,
}));

/** Where a file is, for an hour: https://core.telegram.org/bots/api#file */
export const fileSchema = z
  .looseObject({
    file_path: dispensable(z.string().min(1)),
    file_size: dispensable(z.int().nonnegative()),
  })
  .transform((file) => ({ path: file.file_path ?? null, sizeBytes: file.file_size ?? null }));

/** The state of the webhook: https://core.telegram.org/bots/api#webhookinfo */
export const webhookInfoSchema = z
  .looseObject({
    url: z.string().default(''),
    pending_update_count: z.int().nonnegative(),
    last_error_date: z.int().optional(),
    last_error_message: z.string().optional(),
  })
  .transform((info) => ({
    url: info.url,
    pendingCount: info.pending_update_count,
    lastError:
      info.last_error_date === undefined
        ? null
        : {
            atMs: info.last_error_date * MS_PER_SECOND,
            message: info.last_error_message ?? 'no message',
          },
  }));

/** What the methods answer that only say that they worked. */
export const doneSchema = z.unknown().transform(() => true as const);
