import { z } from 'zod';

// A part waits in the database, perhaps across an update of Claudio, before it comes back here: its
// shape is checked strictly then, and anything new must have a default.

const messageId = z.int().positive();

const buttons = z.array(
  z.array(z.strictObject({ label: z.string().min(1), data: z.string().min(1) })),
);

/** In UTF-16 code units. */
const span = { offset: z.int().nonnegative(), length: z.int().positive() };

/** The entities that replies use: https://core.telegram.org/bots/api#messageentity */
const entity = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.enum([
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
  }),
  z.strictObject({ type: z.literal('pre'), ...span, language: z.string().exactOptional() }),
  z.strictObject({ type: z.literal('text_link'), ...span, url: z.string() }),
]);

const formatted = { text: z.string().min(1), entities: z.array(entity) };

const formattedCaption = { ...formatted, text: z.string() };

const file = z.strictObject({ path: z.string().min(1), name: z.string().min(1) });

/** The id of the message that it answers, and what stands below it. */
const around = { replyTo: messageId.nullable(), buttons };

const text = z.strictObject({
  kind: z.literal('text'),
  ...formatted,
  /** The same as Markdown, to be tried first, as a rich message. */
  rich: z.string().min(1).exactOptional(),
  ...around,
});

const document = z.strictObject({
  kind: z.literal('document'),
  fileName: z.string().min(1),
  content: z.string().min(1),
  ...around,
});

const saying = z.discriminatedUnion('kind', [text, document]);

/** How many files an album holds: https://core.telegram.org/bots/api#sendmediagroup */
export const ALBUM_LIMIT_COUNT = 10;

/** One call to Telegram in the making, or a series of them. */
export const partSchema = z.discriminatedUnion('kind', [
  text,
  document,
  z.strictObject({
    kind: z.literal('files'),
    /** What they are to be; more than one make an album. */
    media: z.enum(['photo', 'document', 'voice']),
    files: z.array(file).min(1).max(ALBUM_LIMIT_COUNT),
    /** The caption of the first, or empty. */
    ...formattedCaption,
    /** To be sent in their place where they cannot be sent. */
    instead: z.array(saying).min(1).exactOptional(),
    ...around,
  }),
  /** What takes one place in the order, though it is several messages. */
  z.strictObject({ kind: z.literal('series'), parts: z.array(saying).min(1) }),
  z.strictObject({ kind: z.literal('edit'), messageId, ...formatted, buttons }),
  z.strictObject({ kind: z.literal('removal'), messageId }),
]);

export type TelegramPart = z.infer<typeof partSchema>;
export type TextPart = Extract<TelegramPart, { kind: 'text' }>;
export type DocumentPart = Extract<TelegramPart, { kind: 'document' }>;
export type SeriesPart = Extract<TelegramPart, { kind: 'series' }>;
/** What needs no file from the disk. */
export type SayingPart = TextPart | DocumentPart;
export type FilesPart = Extract<TelegramPart, { kind: 'files' }>;
export type EditPart = Extract<TelegramPart, { kind: 'edit' }>;
export type RemovalPart = Extract<TelegramPart, { kind: 'removal' }>;

/** A part without the ids of earlier messages; `null` where it is about one of them. */
export function uprooted(part: TelegramPart): TelegramPart | null {
  switch (part.kind) {
    case 'edit':
    case 'removal':
      return null;
    case 'series':
      return { ...part, parts: part.parts.map(replyingToNone) };
    case 'files': {
      const { instead } = part;
      const words = instead === undefined ? {} : { instead: instead.map(replyingToNone) };
      return { ...part, ...words, replyTo: null };
    }
    case 'text':
    case 'document':
      return replyingToNone(part);
  }
}

function replyingToNone<T extends SayingPart>(part: T): T {
  return { ...part, replyTo: null };
}
