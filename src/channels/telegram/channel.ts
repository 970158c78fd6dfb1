import type { InlineKeyboardMarkup, MessageEntity } from '@grammyjs/types';
import type { Button, Channel, Edit, Part, Reply, SendOutcome } from '../../core/channel.ts';
import type { Conversation } from '../../core/conversation.ts';
import type { BotApi, CallFailure, CallOptions, CallOutcome } from './client.ts';
import { CHANNEL } from './parse.ts';
import {
  type DocumentPart,
  type EditPart,
  partSchema,
  type TelegramPart,
  type TextPart,
} from './part.ts';
import { renderMarkdown } from './render/markdown.ts';
import { renderReply, TEXT_LIMIT } from './render/reply.ts';
import { splitText } from './render/split.ts';
import { sentMessageSchema } from './schema.ts';
import type { TelegramSigns } from './signs.ts';
import { messageIdOf, type Target, targetOf } from './target.ts';

/** For all the calls of one attempt: below the half minute that the port allows. */
const SEND_TIMEOUT_MS = 28_000;
const ELLIPSIS = '…';

type Buttons = readonly (readonly Button[])[];

function keyboardOf(buttons: Buttons): { reply_markup?: InlineKeyboardMarkup } {
  if (buttons.length === 0) return {};
  return {
    reply_markup: {
      inline_keyboard: buttons.map((row) =>
        row.map(({ label, data }) => ({ text: label, callback_data: data })),
      ),
    },
  };
}

/** A message that was deleted meanwhile is no reason to keep the answer back. */
function answering(replyTo: number | null): {
  reply_parameters?: { message_id: number; allow_sending_without_reply: true };
} {
  return replyTo === null
    ? {}
    : { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } };
}

/** Whether the Bot API refused a text for its entities: "can't parse entities", "ENTITY_…". */
function refusesMarkup(outcome: CallOutcome<unknown>): boolean {
  return (
    outcome.kind === 'rejected' && outcome.status === 400 && /entit(?:y|ies)/i.test(outcome.reason)
  );
}

/** What Telegram says of a token that is wrong or was revoked. */
const TOKEN_REFUSED: ReadonlySet<number> = new Set([401, 404]);

function failed(outcome: CallFailure): SendOutcome {
  if (outcome.kind !== 'rejected') return outcome;
  const reason = `${outcome.status}: ${outcome.reason}`;
  // That is nothing against the message: it can go out once the owner has set the right token.
  return { kind: TOKEN_REFUSED.has(outcome.status) ? 'unreachable' : 'rejected', reason };
}

/** What an edit says, cut to one message: an edit cannot become two. */
function oneMessage(markdown: string): {
  text: string;
  entities: readonly MessageEntity[];
} {
  const whole = renderMarkdown(markdown);
  const [first, ...more] = splitText(whole, TEXT_LIMIT - ELLIPSIS.length);
  if (first === undefined) return { text: ELLIPSIS, entities: [] };
  return more.length === 0 ? first : { ...first, text: first.text + ELLIPSIS };
}

function renderParts(reply: Reply): readonly Part[] {
  const { texts, document } = renderReply(reply.markdown);
  const contents: Part[] = texts.map(({ text, entities }) => ({ kind: 'text', text, entities }));
  if (document !== null) contents.push({ kind: 'document', ...document });
  return contents.map((content, index) => ({
    ...content,
    replyTo: index === 0 && reply.replyTo !== null ? messageIdOf(reply.replyTo) : null,
    buttons: index === contents.length - 1 ? reply.buttons : [],
  }));
}

/**
 * Telegram as a channel. The parts are those of `part.ts`; a reply goes out through sendMessage and
 * sendDocument, an edit through editMessageText, always without link previews.
 */
export function createTelegramChannel(options: {
  api: BotApi;
  signs: TelegramSigns;
  /** For one attempt; 28 seconds unless given. */
  sendTimeoutMs?: number;
}): Channel {
  const { api, signs, sendTimeoutMs = SEND_TIMEOUT_MS } = options;

  const sendText = async (
    target: Target,
    part: TextPart,
    call: CallOptions,
  ): Promise<SendOutcome> => {
    const attempt = (entities: MessageEntity[]): Promise<CallOutcome<string | null>> =>
      api.call(
        'sendMessage',
        {
          ...target,
          text: part.text,
          entities,
          link_preview_options: { is_disabled: true },
          ...answering(part.replyTo),
          ...keyboardOf(part.buttons),
        },
        sentMessageSchema,
        call,
      );
    const formatted = await attempt(part.entities);
    const outcome = refusesMarkup(formatted) ? await attempt([]) : formatted;
    return outcome.kind === 'ok' ? { kind: 'sent', messageId: outcome.result } : failed(outcome);
  };

  const sendDocument = async (
    target: Target,
    part: DocumentPart,
    call: CallOptions,
  ): Promise<SendOutcome> => {
    const outcome = await api.call(
      'sendDocument',
      {
        ...target,
        document: new File([part.content], part.fileName),
        ...answering(part.replyTo),
        ...keyboardOf(part.buttons),
      },
      sentMessageSchema,
      call,
    );
    return outcome.kind === 'ok' ? { kind: 'sent', messageId: outcome.result } : failed(outcome);
  };

  const sendEdit = async (
    chat: string,
    part: EditPart,
    call: CallOptions,
  ): Promise<SendOutcome> => {
    const attempt = (entities: MessageEntity[]): Promise<CallOutcome<string | null>> =>
      api.call(
        'editMessageText',
        {
          chat_id: chat,
          message_id: part.messageId,
          text: part.text,
          entities,
          link_preview_options: { is_disabled: true },
          ...keyboardOf(part.buttons),
        },
        sentMessageSchema,
        call,
      );
    const formatted = await attempt(part.entities);
    const outcome = refusesMarkup(formatted) ? await attempt([]) : formatted;
    const stands =
      outcome.kind === 'ok' ||
      (outcome.kind === 'rejected' && outcome.reason.includes('message is not modified'));
    return stands ? { kind: 'sent', messageId: String(part.messageId) } : failed(outcome);
  };

  const sendPart = (conversation: Conversation, part: TelegramPart): Promise<SendOutcome> => {
    const call: CallOptions = { signal: AbortSignal.timeout(sendTimeoutMs) };
    if (part.kind === 'edit') return sendEdit(conversation.chat, part, call);
    const target = targetOf(conversation);
    return part.kind === 'text' ? sendText(target, part, call) : sendDocument(target, part, call);
  };

  return {
    name: CHANNEL,
    signs,
    render: renderParts,
    renderEdit: ({ messageId, markdown, buttons }: Edit) => {
      const { text, entities } = oneMessage(markdown);
      return { kind: 'edit', messageId: messageIdOf(messageId), text, entities, buttons };
    },
    async send(conversation, part) {
      // The numbers of chats and messages mean something to the bot that they were given to, no other.
      if (conversation.destination !== `${CHANNEL}:${api.botId}:${conversation.chat}`) {
        return { kind: 'rejected', reason: 'it belongs to a conversation with another bot' };
      }
      const stored = partSchema.safeParse(part);
      if (!stored.success) {
        const faults = stored.error.issues.map(
          ({ path, message }) => `${path.join('.') || 'kind'}: ${message}`,
        );
        return { kind: 'rejected', reason: `not a part of this channel (${faults.join('; ')})` };
      }
      const outcome = await sendPart(conversation, stored.data);
      if (outcome.kind === 'rate-limited') {
        signs.pause(conversation.destination, outcome.retryAfterMs);
      }
      return outcome;
    },
  };
}
