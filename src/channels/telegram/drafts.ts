import type { Signs } from '../../core/channel.ts';
import type { Clock } from '../../core/clock.ts';
import type { Conversation } from '../../core/conversation.ts';
import type { Logger } from '../../platform/log.ts';
import { type Budget, createPace } from './budget.ts';
import type { BotApi } from './client.ts';
import { renderEnd } from './render/message.ts';
import { doneSchema } from './schema.ts';
import { isGroup, targetOf } from './target.ts';

const EVERY_MS = 2_000;
const TIMEOUT_MS = 10_000;
/** As long as Telegram shows a draft: https://core.telegram.org/bots/api#sendmessagedraft */
const FRESH_MS = 30_000;

/** Answers in the making, in private chats alone: there are no drafts elsewhere. */
export interface Drafts {
  readonly draft: Signs['draft'];
  /** Shows no more of what is waiting for a conversation: its answer is there. */
  settle(conversation: Conversation): void;
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
 * Makes the drafts: sendMessageDraft. Of an answer too long for one its end is shown. Of what comes
 * faster than the budget allows only the newest is kept, and shown in its time unless it has grown old
 * by then; what can be seen already is not sent again.
 */
export function createDrafts(options: {
  api: BotApi;
  clock: Clock;
  budget: Budget;
  log: Pick<Logger, 'debug'>;
}): Drafts {
  const { api, clock, budget, log } = options;
  const pace = createPace(clock, budget);
  const lines = new Map<string, Line>();
  /** The newest of each conversation, shown or waiting, by its id. */
  const newest = new Map<string, Draft>();

  const isStale = ({ atMs }: Draft): boolean => clock.elapsed() - atMs > FRESH_MS;

  const send = async (
    { conversation, draftId, markdown }: Draft,
    signal: AbortSignal,
  ): Promise<void> => {
    const { text, entities } = renderEnd(markdown);
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
    newest.delete(conversation.id);
    const { destination } = conversation;
    if (outcome.kind === 'rate-limited') budget.pause(destination, outcome.retryAfterMs);
    log.debug({ sign: 'draft', destination, outcome }, 'telegram.sign-failed');
  };

  const advance = (destination: string, line: Line): void => {
    if (line.timer !== null || line.underWay !== null) return;
    for (const [id, draft] of line.waiting) if (isStale(draft)) line.waiting.delete(id);
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
      const { destination, id } = conversation;
      const draft = { conversation, draftId, markdown: markdown.trimEnd(), atMs: clock.elapsed() };
      const before = newest.get(id);
      const isKnown = before?.draftId === draftId && before.markdown === draft.markdown;
      if (isKnown && !isStale(before)) return;
      for (const [other, old] of newest) if (isStale(old)) newest.delete(other);
      newest.set(id, draft);
      const line = lines.get(destination) ?? { waiting: new Map(), underWay: null, timer: null };
      lines.set(destination, line);
      line.waiting.set(id, draft);
      advance(destination, line);
    },
    settle({ id, destination }) {
      newest.delete(id);
      const line = lines.get(destination);
      line?.waiting.delete(id);
      if (line?.underWay?.id === id) line.underWay.controller.abort();
    },
  };
}
