import type { InputRichMessage } from '@grammyjs/types';
import { z } from 'zod';
import { keyboard, repliedTo, topicIn, writableChat } from '../content.ts';
import { json, sendFields, type FieldsOf, type Upload } from '../fields.ts';
import { badRequest } from '../refusal.ts';
import { addMessage } from '../state.ts';
import { wireMessage } from '../wire.ts';
import { method } from './method.ts';

const MAX_LENGTH = 32_768;

/** https://core.telegram.org/bots/api#sendrichmessage, as far as Markdown goes */
export const sendRichMessage = method(
  'sendRichMessage',
  z.strictObject({
    ...sendFields,
    rich_message: json(
      z.strictObject({
        markdown: z.string(),
        is_rtl: z.boolean().optional(),
        skip_entity_detection: z.boolean().optional(),
      } satisfies FieldsOf<InputRichMessage<Upload>>),
    ).optional(),
  }),
  (state, params) => {
    const chat = writableChat(params.chat_id);
    const markdown = params.rich_message?.markdown ?? '';
    if (markdown.trim() === '') throw badRequest('rich message must be non-empty');
    if (Array.from(markdown).length > MAX_LENGTH) throw badRequest('rich message is too long');
    const message = addMessage(state, chat, {
      text: markdown,
      rich: true,
      from: state.bot,
      byBot: true,
      document: null,
      threadId: topicIn(state, chat, params.message_thread_id),
      replyTo: repliedTo(state, chat, params.reply_parameters),
      replyMarkup: keyboard(params.reply_markup),
      silent: params.disable_notification === true,
    });
    return { result: wireMessage(state, message) };
  },
);
