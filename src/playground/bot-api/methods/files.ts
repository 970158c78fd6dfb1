import type {
  InputMediaAudio,
  InputMediaDocument,
  InputMediaPhoto,
  InputMediaVideo,
} from '@grammyjs/types';
import { z } from 'zod';
import { captionOf, keyboard, repliedTo, topicIn, writableChat } from '../content.ts';
import {
  boolean,
  captionFields,
  inputFile,
  integer,
  json,
  sendFields,
  Upload,
  type FieldsOf,
} from '../fields.ts';
import { badRequest } from '../refusal.ts';
import { addMessage, type State, type StoredFile, type StoredMessage } from '../state.ts';
import { checkDocument, checkPhoto, checkVoice } from '../uploads.ts';
import { fileIdOf, wireMessage } from '../wire.ts';
import { method } from './method.ts';

const MAX_DOWNLOAD_BYTES = 20 * 1_024 * 1_024;
const MIN_ALBUM_COUNT = 2;
const MAX_ALBUM_COUNT = 10;
const ATTACHED = 'attach://';

const { reply_markup: _, ...albumFields } = sendFields;

type FileKind = 'document' | 'photo' | 'voice';

const CHECKS = { document: checkDocument, photo: checkPhoto, voice: checkVoice } as const;

/** The file of a call, one that is known or one that came with it; throws for one that is refused. */
function fileOf(
  state: State,
  kind: FileKind,
  given: z.infer<typeof inputFile> | undefined,
): StoredFile {
  if (given === undefined || given === '') throw badRequest(`there is no ${kind} in the request`);
  const file = typeof given === 'string' ? state.files.get(given) : given;
  if (file === undefined) throw badRequest('wrong remote file identifier specified');
  CHECKS[kind](file.content);
  return { fileName: file.fileName, mimeType: file.mimeType, content: file.content };
}

type Content = Parameters<typeof addMessage>[2];

/** Adds a message with a file, which getFile knows from then on. */
function addFile(
  state: State,
  chat: number,
  kind: FileKind,
  content: Omit<Content, 'document' | 'photo' | 'voice' | 'from' | 'byBot'> & { file: StoredFile },
): StoredMessage {
  const { file, ...rest } = content;
  const place = { from: state.bot, byBot: true, document: null, [kind]: file };
  const message = addMessage(state, chat, { ...rest, ...place });
  const id = fileIdOf(message);
  state.files.set(id, { ...file, path: `${kind}s/${id}` });
  return message;
}

interface FileParams extends z.infer<typeof fileFields> {
  readonly file?: z.infer<typeof inputFile> | undefined;
}

const fileFields = z.object({ ...sendFields, ...captionFields });

function sendFile(state: State, kind: FileKind, params: FileParams): { result: unknown } {
  const chat = writableChat(params.chat_id);
  const message = addFile(state, chat, kind, {
    file: fileOf(state, kind, params.file),
    ...captionOf(params),
    threadId: topicIn(state, chat, params.message_thread_id),
    replyTo: repliedTo(state, chat, params.reply_parameters),
    replyMarkup: keyboard(params.reply_markup),
    silent: params.disable_notification === true,
  });
  return { result: wireMessage(state, message) };
}

/** https://core.telegram.org/bots/api#senddocument */
export const sendDocument = method(
  'sendDocument',
  z.strictObject({
    ...fileFields.shape,
    document: inputFile.optional(),
    thumbnail: inputFile.optional(),
    disable_content_type_detection: boolean.optional(),
  }),
  (state, { document, ...params }) => sendFile(state, 'document', { ...params, file: document }),
);

/** https://core.telegram.org/bots/api#sendphoto */
export const sendPhoto = method(
  'sendPhoto',
  z.strictObject({
    ...fileFields.shape,
    photo: inputFile.optional(),
    show_caption_above_media: boolean.optional(),
    has_spoiler: boolean.optional(),
  }),
  (state, { photo, ...params }) => sendFile(state, 'photo', { ...params, file: photo }),
);

/** https://core.telegram.org/bots/api#sendvoice */
export const sendVoice = method(
  'sendVoice',
  z.strictObject({
    ...fileFields.shape,
    voice: inputFile.optional(),
    duration: integer.optional(),
  }),
  (state, { voice, ...params }) => sendFile(state, 'voice', { ...params, file: voice }),
);

const albumItem = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.enum(['photo', 'video']),
    media: z.string(),
    ...captionFields,
    show_caption_above_media: z.boolean().optional(),
    has_spoiler: z.boolean().optional(),
  } satisfies FieldsOf<InputMediaPhoto<Upload> | InputMediaVideo<Upload>>),
  z.strictObject({
    type: z.enum(['document', 'audio']),
    media: z.string(),
    ...captionFields,
    disable_content_type_detection: z.boolean().optional(),
  } satisfies FieldsOf<InputMediaDocument<Upload> | InputMediaAudio<Upload>>),
]);

/** Photos and videos may stand in one album; documents and audio files only among their like. */
function checkMixture(types: readonly string[]): void {
  const kinds = new Set(types.map((type) => (type === 'video' ? 'photo' : type)));
  if (kinds.size === 1) return;
  const alone = kinds.has('document') ? 'document' : 'audio';
  throw badRequest(`${alone} can't be mixed with other media types`);
}

/** https://core.telegram.org/bots/api#sendmediagroup, as far as photos and documents go */
export const sendMediaGroup = method(
  'sendMediaGroup',
  z
    .object({ ...albumFields, media: json(z.array(albumItem)).optional() })
    // What is attached stands beside the parameters, under names of the caller's choice.
    .catchall(z.instanceof(Upload)),
  (state, { media = [], ...params }) => {
    const chat = writableChat(params.chat_id);
    if (media.length < MIN_ALBUM_COUNT) {
      throw badRequest('media group must include from 2 to 10 items');
    }
    if (media.length > MAX_ALBUM_COUNT) throw badRequest('too many messages to send as an album');
    checkMixture(media.map(({ type }) => type));
    const attachments: Readonly<Record<string, unknown>> = params;
    const items = media.map((item) => {
      if (item.type === 'video' || item.type === 'audio') {
        throw badRequest(`the stand-in knows no ${item.type}`);
      }
      const attached = item.media.startsWith(ATTACHED)
        ? attachments[item.media.slice(ATTACHED.length)]
        : item.media;
      const given = inputFile.safeParse(attached);
      return {
        kind: item.type,
        file: fileOf(state, item.type, given.success ? given.data : undefined),
        ...captionOf(item),
      };
    });
    const place = {
      threadId: topicIn(state, chat, params.message_thread_id),
      replyTo: repliedTo(state, chat, params.reply_parameters),
      albumId: `album-${state.messageCount}`,
      silent: params.disable_notification === true,
    };
    const messages = items.map(({ kind, ...item }) =>
      addFile(state, chat, kind, { ...item, ...place }),
    );
    return { result: messages.map((message) => wireMessage(state, message)) };
  },
);

/** https://core.telegram.org/bots/api#getfile */
export const getFile = method(
  'getFile',
  z.strictObject({ file_id: z.string() }),
  (state, params) => {
    const file = state.files.get(params.file_id);
    if (file === undefined) {
      throw badRequest('wrong file_id or the file is temporarily unavailable');
    }
    const sizeBytes = file.sizeBytes ?? file.content.byteLength;
    if (sizeBytes > MAX_DOWNLOAD_BYTES) throw badRequest('file is too big');
    return {
      result: {
        file_id: params.file_id,
        file_unique_id: params.file_id,
        file_size: sizeBytes,
        file_path: file.path,
      },
    };
  },
);
