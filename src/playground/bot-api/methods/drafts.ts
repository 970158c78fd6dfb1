import { z } from 'zod';
import { formattedText, topicIn, writableChat } from '../content.ts';
import { boolean, chatId, entities, integer } from '../fields.ts';
import { badRequest } from '../refusal.ts';
import { chatOf } from '../state.ts';
import { method, TRUE } from './method.ts';

const MAX_TEXT_LENGTH = 4_096;

/** https://core.telegram.org/bots/api#sendmessagedraft */
export const sendMessageDraft = method(
  'sendMessageDraft',
  z.strictObject({
    chat_id: chatId.optional(),
    message_thread_id: integer.optional(),
    draft_id: integer.optional(),
    text: z.string().optional(),
    parse_mode: z.string().optional(),
    entities: entities.optional(),
    can_stop: boolean.optional(),
    keep_on_stop: boolean.optional(),
  }),
  (state, params) => {
    const chatNumber = writableChat(params.chat_id);
    const { chat, drafts } = chatOf(state, chatNumber);
    if (chat.type !== 'private') throw badRequest('PEER_ID_INVALID');
    const draftId = params.draft_id ?? 0;
    if (draftId === 0) throw badRequest('RANDOM_ID_INVALID');
    const threadId = topicIn(state, chatNumber, params.message_thread_id);
    const { text = '', entities: given, parse_mode: parseMode } = params;
    const shown =
      text === ''
        ? { text, entities: [] }
        : formattedText({ text, entities: given, parseMode }, MAX_TEXT_LENGTH);
    drafts.set(threadId, { draftId, threadId, ...shown });
    state.events.notify();
    return TRUE;
  },
);
