import type { ReactionTypeEmoji } from '@grammyjs/types';
import { z } from 'zod';
import { systemClock } from '../../../platform/clock.ts';
import { topicIn, writableChat } from '../content.ts';
import { boolean, chatId, integer, json } from '../fields.ts';
import { badRequest } from '../refusal.ts';
import { findMessage } from '../state.ts';
import { method, TRUE } from './method.ts';

const ACTIONS: ReadonlySet<string> = new Set([
  'typing',
  'upload_photo',
  'record_video',
  'upload_video',
  'record_voice',
  'upload_voice',
  'upload_document',
  'choose_sticker',
  'find_location',
  'record_video_note',
  'upload_video_note',
]);

// prettier-ignore
const REACTIONS: readonly ReactionTypeEmoji['emoji'][] = [
  '👍', '👎', '❤', '🔥', '🥰', '👏', '😁', '🤔', '🤯', '😱', '🤬', '😢', '🎉', '🤩', '🤮', '💩',
  '🙏', '👌', '🕊', '🤡', '🥱', '🥴', '😍', '🐳', '❤‍🔥', '🌚', '🌭', '💯', '🤣', '⚡', '🍌', '🏆',
  '💔', '🤨', '😐', '🍓', '🍾', '💋', '🖕', '😈', '😴', '😭', '🤓', '👻', '👨‍💻', '👀', '🎃', '🙈',
  '😇', '😨', '🤝', '✍', '🤗', '🫡', '🎅', '🎄', '☃', '💅', '🤪', '🗿', '🆒', '💘', '🙉', '🦄',
  '😘', '💊', '🙊', '😎', '👾', '🤷‍♂', '🤷', '🤷‍♀', '😡',
];
const KNOWN_REACTIONS: ReadonlySet<string> = new Set(REACTIONS);

/** https://core.telegram.org/bots/api#sendchataction */
export const sendChatAction = method(
  'sendChatAction',
  z.strictObject({
    chat_id: chatId.optional(),
    message_thread_id: integer.optional(),
    action: z.string().optional(),
  }),
  (state, params) => {
    const chat = writableChat(params.chat_id);
    const action = params.action ?? '';
    if (!ACTIONS.has(action)) throw badRequest('wrong parameter action in request');
    const thread = topicIn(state, chat, params.message_thread_id);
    state.chatActions.push({ chat, thread, action, atMs: systemClock.now() });
    return TRUE;
  },
);

/** https://core.telegram.org/bots/api#setmessagereaction */
export const setMessageReaction = method(
  'setMessageReaction',
  z.strictObject({
    chat_id: chatId.optional(),
    message_id: integer.optional(),
    reaction: json(
      z.array(z.strictObject({ type: z.literal('emoji'), emoji: z.string() })),
    ).optional(),
    is_big: boolean.optional(),
  }),
  (state, params) => {
    const chat = writableChat(params.chat_id);
    const message = findMessage(state, chat, params.message_id ?? 0);
    if (message === undefined) throw badRequest('message to react not found');
    const reaction = (params.reaction ?? []).map(({ emoji }) => emoji);
    if (!reaction.every((emoji) => KNOWN_REACTIONS.has(emoji))) {
      throw badRequest('REACTION_INVALID');
    }
    // A bot has one reaction to a message.
    if (reaction.length > 1) throw badRequest('REACTIONS_TOO_MANY');
    message.reaction = reaction;
    return TRUE;
  },
);
