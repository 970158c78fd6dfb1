import { getMe, getMyCommands, setMyCommands } from './bot.ts';
import { sendMessageDraft } from './drafts.ts';
import { getFile, sendDocument, sendMediaGroup, sendPhoto, sendVoice } from './files.ts';
import { deleteMessage, editMessageReplyMarkup, editMessageText, sendMessage } from './messages.ts';
import type { Method, MethodName } from './method.ts';
import { answerCallbackQuery } from './presses.ts';
import { sendRichMessage } from './rich.ts';
import { sendChatAction, setMessageReaction } from './signs.ts';
import { deleteWebhook, getUpdates, getWebhookInfo, setWebhook } from './webhook.ts';

const METHODS = {
  getMe,
  setMyCommands,
  getMyCommands,
  sendMessage,
  editMessageText,
  editMessageReplyMarkup,
  deleteMessage,
  sendDocument,
  sendPhoto,
  sendVoice,
  sendMediaGroup,
  sendRichMessage,
  sendMessageDraft,
  getFile,
  sendChatAction,
  setMessageReaction,
  answerCallbackQuery,
  setWebhook,
  deleteWebhook,
  getWebhookInfo,
  getUpdates,
} satisfies { readonly [M in MethodName]?: Method<M> };

const BY_LOWER_CASE = new Map(
  Object.entries<Method>(METHODS).map(([name, method]) => [name.toLowerCase(), { name, method }]),
);

/** Finds a method; the Bot API does not mind the case of its name. */
export function findMethod(name: string): { name: string; method: Method } | undefined {
  return BY_LOWER_CASE.get(name.toLowerCase());
}
