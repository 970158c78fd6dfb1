import type { Signs } from '../../core/channel.ts';
import type { Clock } from '../../core/clock.ts';
import type { Conversation } from '../../core/conversation.ts';
import type { Logger } from '../../platform/log.ts';
import { createPace } from './budget.ts';
import type { BotApi } from './client.ts';
import { renderMessage } from './render/message.ts';
import { doneSchema } from './schema.ts';
import { isGroup, targetOf } from './target.ts';

const EVERY_MS = 1_000;
const TIMEOUT_MS = 10_000;
/** As long as Telegram shows a draft: https://core.telegram.org/bots/api#sendmessagedraft */
const FRESH_MS = 30_000;

/** Answers in the making, in private chats alone: there are no drafts elsewhere. */
export interface Drafts {
  readonly draft: Signs['draft'];
  /** Shows no more of what is waiting for a conversation: its answer is there. */
  settle(conversation: Conversation): void;
  /** Shows nothing in this chat for a while. */
  pause(destination: string, durationMs: number): void;
}

interface Draft {
  readonly conversation: Conversation;
  readonly draftId: number;
  readonly markdown: string;
  readonly atMs: number;
}

/** The conversations of one chat, which share its budget. */
interface Line {
  /** The newest draft of each, by the id of the conversation. */
  readonly waiting: Map<string, Draft>;
  underWay: { readonly id: string; readonly controller: AbortController } | null;
  timer: NodeJS.Timeout | null;
}

/**
 * Makes the drafts: sendMessageDraft. Of what comes faster than the budget allows only the newest is
 * kept, and shown in its time unless it has grown old by then.
 */
export function createDrafts(options: {
  api: BotApi;
  clock: Clock;
  log: Pick<Logger, 'debug'>;
}): Drafts {
  const { api, clock, log } = options;
  const pace = createPace(clock);
  const lines = new Map<string, Line>();

  const send = async (
    { conversation, draftId, markdown }: Draft,
    signal: AbortSignal,
  ): Promise<void> => {
    const { text, entities } = renderMessage(markdown);
    const outcome = await api.call(
      'sendMessageDraft',
      {
        ...targetOf(conversation),
        chat_id: Number(conversation.chat),
        draft_id: draftId,
        text,
        entities: [...entities],
      },
      doneSchema,
      { signal, timeoutMs: TIMEOUT_MS },
    );
    if (outcome.kind === 'ok' || signal.aborted) return;
    const { destination } = conversation;
    if (outcome.kind === 'rate-limited') pace.pause(destination, outcome.retryAfterMs);
    log.debug({ sign: 'draft', destination, outcome }, 'telegram.sign-failed');
  };

  const advance = (destination: string, line: Line): void => {
    if (line.timer !== null || line.underWay !== null) return;
    for (const [id, { atMs }] of line.waiting) {
      if (clock.elapsed() - atMs > FRESH_MS) line.waiting.delete(id);
    }
    const [next] = line.waiting.values();
    if (next === undefined) {
      lines.delete(destination);
      return;
    }
    const waitMs = pace.take(destination, EVERY_MS);
    if (waitMs > 0) {
      line.timer = setTimeout(() => {
        line.timer = null;
        advance(destination, line);
      }, waitMs).unref();
      return;
    }
    const { id } = next.conversation;
    const controller = new AbortController();
    line.waiting.delete(id);
    line.underWay = { id, controller };
    void send(next, controller.signal).finally(() => {
      line.underWay = null;
      advance(destination, line);
    });
  };

  return {
    draft(conversation, draftId, markdown) {
      if (isGroup(conversation)) return;
      const { destination } = conversation;
      const line = lines.get(destination) ?? { waiting: new Map(), underWay: null, timer: null };
      lines.set(destination, line);
      line.waiting.set(conversation.id, {
        conversation,
        draftId,
        markdown,
        atMs: clock.elapsed(),
      });
      advance(destination, line);
    },
    settle({ id, destination }) {
      const line = lines.get(destination);
      line?.waiting.delete(id);
      if (line?.underWay?.id === id) line.underWay.controller.abort();
    },
    pause: (destination, durationMs) => pace.pause(destination, durationMs),
  };
}
