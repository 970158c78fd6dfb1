import type { Channel, SendOutcome } from '../../core/channel.ts';
import { type Conversation, sourceOf } from '../../core/conversation.ts';
import type { BotApi, CallOptions } from './client.ts';
import { composeReply } from './compose.ts';
import { CHANNEL } from './parse.ts';
import { partSchema, type SeriesPart, type TelegramPart, uprooted } from './part.ts';
import { renderMessage } from './render/message.ts';
import { sendFiles } from './send-files.ts';
import { sendDocument, sendEdit, sendRemoval, sendText } from './send-text.ts';
import type { TelegramSigns } from './signs.ts';
import { messageIdOf, targetOf } from './target.ts';

/** For all the calls of one attempt: below the half minute that the port allows. */
const SEND_TIMEOUT_MS = 28_000;
/** The same where files go up: below its five minutes. */
const UPLOAD_TIMEOUT_MS = 290_000;

/**
 * Telegram as a channel. The parts are those of `part.ts`; a reply goes out through sendMessage,
 * sendPhoto, sendDocument, sendVoice and sendMediaGroup, an edit through editMessageText, a removal
 * through deleteMessage; always without link previews.
 */
export function createTelegramChannel(options: {
  api: BotApi;
  signs: TelegramSigns;
  /** How a file that a person sent is got. */
  fetch: Channel['fetch'];
  /** Whether tables and wide code go as rich messages, which some apps do not show; not unless given. */
  richMessages?: boolean;
  /** For one attempt; 28 seconds unless given. */
  sendTimeoutMs?: number;
}): Channel {
  const { api, signs, richMessages = false, sendTimeoutMs = SEND_TIMEOUT_MS } = options;

  const sendPart = (conversation: Conversation, part: TelegramPart): Promise<SendOutcome> => {
    const timeoutMs = part.kind === 'files' ? UPLOAD_TIMEOUT_MS : sendTimeoutMs;
    const call: CallOptions = { signal: AbortSignal.timeout(timeoutMs), timeoutMs };
    if (part.kind === 'edit') return sendEdit(api, conversation.chat, part, call);
    if (part.kind === 'removal') return sendRemoval(api, conversation.chat, part, call);
    if (part.kind === 'series') return sendFirst(conversation, part);
    // A message takes the drafts before it away, and none may come behind it.
    signs.settle(conversation);
    const target = targetOf(conversation);
    if (part.kind === 'text') return sendText(api, target, part, call);
    if (part.kind === 'document') return sendDocument(api, target, part, call);
    return sendFiles(api, target, part, call);
  };

  /** The first of a series; the others are what is left to do, whatever became of it. */
  const sendFirst = async (
    conversation: Conversation,
    { parts: [first, ...others] }: SeriesPart,
  ): Promise<SendOutcome> => {
    if (first === undefined) throw new Error('a series without parts');
    const outcome = await sendPart(conversation, first);
    if (others.length === 0) return outcome;
    const rest: SeriesPart = { kind: 'series', parts: others };
    if (outcome.kind === 'sent') return { ...outcome, rest };
    return outcome.kind === 'rejected' ? { ...outcome, instead: rest } : outcome;
  };

  return {
    name: CHANNEL,
    signs,
    fetch: options.fetch,
    render: (reply) => composeReply(reply, richMessages),
    renderEdit: ({ messageId, markdown, buttons }) => {
      const { text, entities } = renderMessage(markdown);
      return { kind: 'edit', messageId: messageIdOf(messageId), text, entities, buttons };
    },
    renderRemoval: (messageId) => ({ kind: 'removal', messageId: messageIdOf(messageId) }),
    uproot: (part) => {
      const stored = partSchema.safeParse(part);
      return stored.success ? uprooted(stored.data) : part;
    },
    async send(conversation, part) {
      // The numbers of chats and messages mean something to the bot that they were given to, no other.
      if (sourceOf(conversation) !== `${CHANNEL}:${api.botId}`) {
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
