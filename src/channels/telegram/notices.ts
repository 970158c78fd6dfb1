import type { Notice, ShowOutcome, Signs } from '../../core/channel.ts';
import type { Clock } from '../../core/clock.ts';
import type { Conversation } from '../../core/conversation.ts';
import type { Logger } from '../../platform/log.ts';
import { type Budget, createPace } from './budget.ts';
import type { BotApi, CallOptions, CallOutcome } from './client.ts';
import { keyboardOf, plainLinks } from './message-fields.ts';
import { refuses } from './outcome.ts';
import { renderMessage } from './render/message.ts';
import { sentMessageSchema } from './schema.ts';
import { formattedOrPlain } from './send-text.ts';
import { isGroup, messageIdOf, targetOf } from './target.ts';

/** A chat takes about a message a second and a group 20 a minute, and replies need most of that. */
const PRIVATE_EVERY_MS = 3_000;
const GROUP_EVERY_MS = 10_000;
const TIMEOUT_MS = 10_000;

/** Passing messages, at a pace of their own. */
export interface Notices {
  readonly show: Signs['show'];
}

/** Makes the messages that come without a sound and change: sendMessage, editMessageText. */
export function createNotices(options: {
  api: BotApi;
  clock: Clock;
  budget: Budget;
  log: Pick<Logger, 'debug'>;
}): Notices {
  const { api, clock, budget, log } = options;
  const pace = createPace(clock, budget);

  const put = (
    conversation: Conversation,
    messageId: number | null,
    { markdown, buttons }: Notice,
    call: CallOptions,
  ): Promise<CallOutcome<string | null>> => {
    const { text, entities: formatting } = renderMessage(markdown);
    return formattedOrPlain([...formatting], (entities) => {
      const content = { ...plainLinks(text, entities), ...keyboardOf(buttons) };
      if (messageId === null) {
        const params = { ...targetOf(conversation), ...content, disable_notification: true };
        return api.call('sendMessage', params, sentMessageSchema, call);
      }
      const params = { chat_id: conversation.chat, message_id: messageId, ...content };
      return api.call('editMessageText', params, sentMessageSchema, call);
    });
  };

  const show = async (
    conversation: Conversation,
    notice: Notice,
    signal: AbortSignal,
  ): Promise<ShowOutcome> => {
    const messageId = notice.messageId === null ? null : messageIdOf(notice.messageId);
    if (signal.aborted || (notice.messageId !== null && messageId === null)) {
      return { kind: 'failed' };
    }
    const { destination } = conversation;
    const everyMs = isGroup(conversation) ? GROUP_EVERY_MS : PRIVATE_EVERY_MS;
    const waitMs = pace.take(destination, everyMs);
    if (waitMs > 0) return { kind: 'wait', retryAfterMs: waitMs };
    const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const outcome = await put(conversation, messageId, notice, { signal: within });
    if (outcome.kind === 'ok' || refuses(outcome, /message is not modified/)) {
      const shown = notice.messageId ?? (outcome.kind === 'ok' ? outcome.result : null);
      return shown === null ? { kind: 'failed' } : { kind: 'shown', messageId: shown };
    }
    if (!signal.aborted) log.debug({ sign: 'show', destination, outcome }, 'telegram.sign-failed');
    if (outcome.kind !== 'rate-limited') return { kind: 'failed' };
    budget.pause(destination, outcome.retryAfterMs);
    return { kind: 'wait', retryAfterMs: outcome.retryAfterMs };
  };

  return { show };
}
