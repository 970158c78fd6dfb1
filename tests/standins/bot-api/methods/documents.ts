import { z } from 'zod';
import { formattedText, keyboard, repliedTo, topicIn, writableChat } from '../content.ts';
import { boolean, entities, inputFile, sendFields } from '../fields.ts';
import { badRequest } from '../refusal.ts';
import { addMessage } from '../state.ts';
import { wireMessage } from '../wire.ts';
import { method } from './method.ts';

const MAX_CAPTION_LENGTH = 1_024;
const MAX_UPLOAD_BYTES = 50 * 1_024 * 1_024;

/** https://core.telegram.org/bots/api#senddocument */
export const sendDocument = method(
  z.strictObject({
    ...sendFields,
    document: inputFile.optional(),
    thumbnail: inputFile.optional(),
    caption: z.string().optional(),
    parse_mode: z.string().optional(),
    caption_entities: entities.optional(),
    disable_content_type_detection: boolean.optional(),
  }),
  (state, params) => {
    const chat = writableChat(params.chat_id);
    if (params.document === undefined || params.document === '') {
      throw badRequest('there is no document in the request');
    }
    const file =
      typeof params.document === 'string' ? state.files.get(params.document) : params.document;
    if (file === undefined) throw badRequest('wrong remote file identifier specified');
    if (file.content.byteLength === 0) throw badRequest('file must be non-empty');
    if (file.content.byteLength > MAX_UPLOAD_BYTES) throw badRequest('file is too big');
    const caption =
      params.caption === undefined || params.caption === ''
        ? { text: '', entities: [] }
        : formattedText(
            {
              text: params.caption,
              entities: params.caption_entities,
              parseMode: params.parse_mode,
            },
            MAX_CAPTION_LENGTH,
          );
    const message = addMessage(state, chat, {
      ...caption,
      from: state.bot,
      byBot: true,
      document: { fileName: file.fileName, mimeType: file.mimeType, content: file.content },
      threadId: topicIn(state, chat, params.message_thread_id),
      replyTo: repliedTo(state, chat, params.reply_parameters),
      replyMarkup: keyboard(params.reply_markup),
    });
    return { result: wireMessage(state, message) };
  },
);

/** https://core.telegram.org/bots/api#getfile */
export const getFile = method(z.strictObject({ file_id: z.string() }), (state, params) => {
  const file = state.files.get(params.file_id);
  if (file === undefined) {
    throw badRequest('wrong file_id or the file is temporarily unavailable');
  }
  return {
    result: {
      file_id: params.file_id,
      file_unique_id: params.file_id,
      file_size: file.content.byteLength,
      file_path: file.path,
    },
  };
});
