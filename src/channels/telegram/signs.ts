import type { Signs } from '../../core/channel.ts';
import type { Clock } from '../../core/clock.ts';
import type { Conversation } from '../../core/conversation.ts';
import { messageOf } from '../../core/error.ts';
import { beginning } from '../../core/format.ts';
import type { Logger } from '../../platform/log.ts';
import { createBudget } from './budget.ts';
import type { BotApi, CallOptions, CallOutcome } from './client.ts';
import { createDrafts } from './drafts.ts';
import { createNotices } from './notices.ts';
import { doneSchema } from './schema.ts';
import { messageIdOf, targetOf } from './target.ts';

/** A chat action shows for five seconds: https://core.telegram.org/bots/api#sendchataction */
const TYPING_EVERY_MS = 4_000;
/** Less than the interval, so that two typing calls of one conversation are never under way. */
const COSMETIC_TIMEOUT_MS = 3_500;
/** https://core.telegram.org/bots/api#answercallbackquery */
const MAX_PRESS_TEXT_LENGTH = 200;

/** Telegram's signs of life, which keep still in a chat that Telegram asked to leave alone. */
export interface TelegramSigns extends Signs {
  /** Shows nothing in this chat for a while; the answers to presses excepted. */
  pause(destination: string, durationMs: number): void;
  /** Shows no more of an answer in the making: the answer itself is on its way. */
  settle(conversation: Conversation): void;
}

/** A conversation in which at least one turn is being worked on. */
interface Place {
  readonly conversation: Conversation;
  turnCount: number;
  underWay: AbortController | null;
  /** When its sign was last shown; 0 before that. */
  shownAtMs: number;
}

/** One chat with the conversations in it that share its budget. */
interface Chat {
  /** By the id of the conversation. */
  readonly places: Map<string, Place>;
  readonly timer: NodeJS.Timeout;
}

/**
 * Makes Telegram's signs of life: setMessageReaction, sendChatAction, answerCallbackQuery, and what
 * `notices.ts` and `drafts.ts` show at a pace of their own.
 *
 * Calls that the budget does not allow are dropped, not kept for later. Where one of them meets the
 * flood limit all keep still in that chat. Failures are logged at debug and end nothing.
 */
export function createSigns(options: {
  api: BotApi;
  clock: Clock;
  log: Pick<Logger, 'debug'>;
}): TelegramSigns {
  const { api, clock, log } = options;
  const budget = createBudget(clock);
  const notices = createNotices({ ...options, budget });
  const drafts = createDrafts({ ...options, budget });
  const chats = new Map<string, Chat>();

  const make = async (
    sign: string,
    destination: string | null,
    call: (options: CallOptions) => Promise<CallOutcome<true>>,
    signal?: AbortSignal,
  ): Promise<void> => {
    try {
      const outcome = await call({
        timeoutMs: COSMETIC_TIMEOUT_MS,
        ...(signal === undefined ? {} : { signal }),
      });
      if (outcome.kind === 'ok' || signal?.aborted === true) return;
      if (outcome.kind === 'rate-limited' && destination !== null) {
        budget.pause(destination, outcome.retryAfterMs);
      }
      log.debug({ sign, destination, outcome }, 'telegram.sign-failed');
    } catch (thrown) {
      log.debug({ sign, destination, reason: messageOf(thrown) }, 'telegram.sign-failed');
    }
  };

  const showTyping = async (place: Place): Promise<void> => {
    const controller = new AbortController();
    place.underWay = controller;
    place.shownAtMs = clock.now();
    await make(
      'typing',
      place.conversation.destination,
      (call) =>
        api.call(
          'sendChatAction',
          { ...targetOf(place.conversation), action: 'typing' },
          doneSchema,
          call,
        ),
      controller.signal,
    );
    if (place.underWay === controller) place.underWay = null;
  };

  /** Where the budget is not enough for all, it goes to those that have waited longest. */
  const showTypingIn = (chat: Chat): void => {
    const waiting = [...chat.places.values()].filter(({ underWay }) => underWay === null);
    for (const place of waiting.sort((a, b) => a.shownAtMs - b.shownAtMs)) {
      if (!budget.take(place.conversation.destination, 'typing')) return;
      void showTyping(place);
    }
  };

  const chatOf = (destination: string): Chat => {
    const known = chats.get(destination);
    if (known !== undefined) return known;
    const chat: Chat = {
      places: new Map(),
      timer: setInterval(() => showTypingIn(chat), TYPING_EVERY_MS).unref(),
    };
    chats.set(destination, chat);
    return chat;
  };

  const leave = (chat: Chat, place: Place): void => {
    place.turnCount -= 1;
    if (place.turnCount > 0) return;
    place.underWay?.abort();
    chat.places.delete(place.conversation.id);
    if (chat.places.size > 0) return;
    clearInterval(chat.timer);
    chats.delete(place.conversation.destination);
  };

  return {
    seen(conversation, messageId) {
      const id = messageIdOf(messageId);
      if (id === null || !budget.take(conversation.destination, 'seen')) return;
      void make('seen', conversation.destination, (call) =>
        api.call(
          'setMessageReaction',
          {
            chat_id: conversation.chat,
            message_id: id,
            reaction: [{ type: 'emoji', emoji: '👀' }],
          },
          doneSchema,
          call,
        ),
      );
    },

    working(conversation) {
      const chat = chatOf(conversation.destination);
      const known = chat.places.get(conversation.id);
      const place: Place = known ?? {
        conversation,
        turnCount: 0,
        underWay: null,
        shownAtMs: 0,
      };
      place.turnCount += 1;
      if (known === undefined) {
        chat.places.set(conversation.id, place);
        if (budget.take(conversation.destination, 'typing')) void showTyping(place);
      }
      let stopped = false;
      return () => {
        if (stopped) return;
        stopped = true;
        leave(chat, place);
      };
    },

    pressed(pressId, text) {
      void make('pressed', null, (call) =>
        api.call(
          'answerCallbackQuery',
          {
            callback_query_id: pressId,
            ...(text === '' ? {} : { text: beginning(text, MAX_PRESS_TEXT_LENGTH) }),
          },
          doneSchema,
          call,
        ),
      );
    },

    show: notices.show,
    draft: drafts.draft,
    settle: drafts.settle,

    pause: (destination, durationMs) => budget.pause(destination, durationMs),
  };
}
