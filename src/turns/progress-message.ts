import type { AgentProgress } from '../core/agent.ts';
import type { Button, Notice, ShowOutcome, Signs } from '../core/channel.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import { messageOf } from '../core/error.ts';
import { type Mask, maskKeys } from '../core/mask.ts';
import type { ProgressLevel } from '../core/progress.ts';
import type { Logger } from '../platform/log.ts';
import { noProgress, renderProgress, withOwnStep, withProgress } from './steps.ts';

/** A turn that ends sooner shows nothing. */
const APPEARS_AFTER_MS = 5_000;
const MINUTE_MS = 60_000;
/** The older a turn, the less a few seconds tell: the age up to which it changes so often. */
const PACE = [
  { untilMs: MINUTE_MS, everyMs: 3_000 },
  { untilMs: 5 * MINUTE_MS, everyMs: 5_000 },
  { untilMs: 15 * MINUTE_MS, everyMs: 10_000 },
  { untilMs: 60 * MINUTE_MS, everyMs: 30_000 },
];
const OLDEST_EVERY_MS = MINUTE_MS;
const MIN_WAIT_MS = 100;
/** After so many in a row it is tried as seldom as for the oldest turn: the message may be gone. */
const MAX_FAILURES = 3;
/** A first message that failed may be there all the same, with a button: one more is tried, later. */
const MAX_FIRST_TRIES = 2;
const SECOND_TRY_AFTER_MS = 20_000;

/** The passing message that shows what a turn does. Nothing here throws or holds the turn up. */
export interface ProgressMessage {
  note(progress: AgentProgress): void;
  /** What Claudio itself does before Claude begins: `Transcribing`; empty when that is done. */
  say(words: string): void;
  /** Shows nothing more; a change under way is broken off. May be called twice. */
  close(): void;
  /** The platform's id; `null` before there is a message. */
  readonly messageId: string | null;
  /** The id once no call is under way: after {@link ProgressMessage.close}, the one to be removed. */
  pending(): Promise<string | null>;
}

/**
 * Starts the time of a turn.
 *
 * @param options.streaming Whether what is being written is shown: not at all, in this message, or as
 *   the platform's own draft.
 * @param options.onShown Told once, when there is a message.
 * @param options.isPaused While it says true, nothing is shown or changed: a person is waited for, who
 *   has a question to look at.
 */
export function createProgressMessage(options: {
  readonly signs: Pick<Signs, 'show' | 'draft'>;
  readonly conversation: Conversation;
  /** Above 0: it names the draft as well. */
  readonly turnId: number;
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly level: ProgressLevel;
  readonly streaming: 'off' | 'edits' | 'draft';
  readonly stopButton: Button;
  readonly onShown: (messageId: string) => void;
  readonly isPaused: () => boolean;
  readonly mask?: Mask;
  readonly log: Pick<Logger, 'debug' | 'warn'>;
}): ProgressMessage {
  const { signs, conversation, clock, level, streaming, log, isPaused, mask = maskKeys } = options;
  const startedAtMs = clock.elapsed();
  const closing = new AbortController();
  let state = noProgress(startedAtMs);
  let messageId: string | null = null;
  let shownMarkdown = '';
  let failureCount = 0;
  let underWay: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const next = (waitMs: number): void => {
    if (closing.signal.aborted) return;
    timer = setTimeout(() => {
      underWay = look();
    }, waitMs).unref();
  };

  const look = async (): Promise<void> => {
    const showsText = streaming === 'edits';
    const markdown = renderProgress(state, { level, showsText }, clock.elapsed());
    if (markdown === '' || markdown === shownMarkdown || isPaused()) {
      next(pace(clock.elapsed() - startedAtMs));
      return;
    }
    const outcome = await show({ messageId, markdown, buttons: [[options.stopButton]] });
    take(outcome, markdown);
    const waitMs = waitAfter(outcome);
    if (waitMs !== null) next(waitMs);
  };

  /** When to show again; `null`: no more. */
  const waitAfter = (outcome: ShowOutcome): number | null => {
    if (outcome.kind === 'wait') return Math.max(outcome.retryAfterMs, MIN_WAIT_MS);
    const usualMs = pace(clock.elapsed() - startedAtMs);
    if (outcome.kind === 'shown') return usualMs;
    if (messageId === null) return failureCount < MAX_FIRST_TRIES ? SECOND_TRY_AFTER_MS : null;
    return failureCount < MAX_FAILURES ? usualMs : OLDEST_EVERY_MS;
  };

  const show = async (notice: Notice): Promise<ShowOutcome> => {
    // A new message that is broken off may be there all the same, and nobody would know its id.
    const signal = notice.messageId === null ? new AbortController().signal : closing.signal;
    try {
      return await signs.show(conversation, notice, signal);
    } catch (error) {
      log.warn({ err: error }, 'progress.sign-broken');
      return { kind: 'failed' };
    }
  };

  const take = (outcome: ShowOutcome, markdown: string): void => {
    if (outcome.kind === 'failed') {
      failureCount += 1;
      log.debug({ messageId, failureCount }, 'progress.not-shown');
    }
    if (outcome.kind !== 'shown') return;
    failureCount = 0;
    shownMarkdown = markdown;
    const isNew = messageId === null;
    messageId = outcome.messageId;
    if (!isNew) return;
    try {
      options.onShown(messageId);
    } catch (error) {
      log.warn({ messageId, reason: messageOf(error) }, 'progress.not-recorded');
    }
  };

  if (level !== 'off' || streaming === 'edits') next(APPEARS_AFTER_MS);

  return {
    note(given) {
      if (closing.signal.aborted) return;
      const progress = streaming === 'off' && given.kind === 'text' ? given : safe(given, mask);
      state = withProgress(state, progress, clock.elapsed());
      if (streaming === 'draft' && progress.kind === 'text') {
        signs.draft(conversation, options.turnId, progress.text);
      }
    },
    say(words) {
      state = withOwnStep(state, words, clock.elapsed());
    },
    close() {
      closing.abort();
      clearTimeout(timer);
    },
    get messageId() {
      return messageId;
    },
    async pending() {
      await underWay;
      return messageId;
    },
  };
}

/** What is still being written may end in the middle of a secret, and so may what was cut. */
function safe(progress: AgentProgress, mask: Mask): AgentProgress {
  switch (progress.kind) {
    case 'text':
      return { ...progress, text: mask(progress.text, true).text };
    case 'tool-began': {
      const { summary } = progress.toolUse;
      const masked = mask(summary, summary.endsWith('…')).text;
      return { ...progress, toolUse: { ...progress.toolUse, summary: masked } };
    }
    case 'tool-ended':
      return progress;
  }
}

function pace(ageMs: number): number {
  return PACE.find(({ untilMs }) => ageMs < untilMs)?.everyMs ?? OLDEST_EVERY_MS;
}
