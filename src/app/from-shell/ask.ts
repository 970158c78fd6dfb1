import { and, eq, lt, sql } from 'drizzle-orm';
import { messages, turns } from '../../../drizzle/schema.ts';
import { beginning, escapeMarkdown } from '../../core/format.ts';
import { ClaudioError } from '../../core/error.ts';
import { SHELL_PERSON } from '../../core/role.ts';
import { systemClock } from '../../platform/clock.ts';
import type { Refusal } from '../../policy/gate.ts';
import type { Shell } from './open.ts';
import { seen } from './seen.ts';

/** So much of a question is shown in the chat. */
const SHOWN_LENGTH = 1000;
const LOOK_AT_SERVICE_EVERY_MS = 5000;

/** What became of a question. */
export type Asked =
  | { readonly kind: 'full'; readonly waitingCount: number }
  /** A limit stands against it. `text` says which, and when it is free again. */
  | { readonly kind: 'refused'; readonly text: string }
  | Answered
  /** It did not come to an answer. `text` is Markdown: what the person is told. */
  | {
      readonly kind: 'failed' | 'interrupted' | 'cancelled';
      readonly turnId: number;
      readonly text: string;
    }
  /** Nobody waits for it any more; the turn goes on. */
  | { readonly kind: 'left'; readonly turnId: number }
  /** The service went away and did not come back; the turn stays. */
  | { readonly kind: 'service-gone'; readonly turnId: number };

export interface Answered {
  readonly kind: 'answered';
  readonly turnId: number;
  /** Markdown. */
  readonly text: string;
  readonly model: string;
  readonly tokens: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
  };
  readonly costUsd: number;
  readonly durationMs: number;
}

/** What a turn does meanwhile. */
export interface AskProgress {
  readonly isRunning: boolean;
  /** How many of the conversation are before it. */
  readonly beforeCount: number;
  /** The latest use of a tool, in words. */
  readonly activity: string | null;
}

/**
 * Makes a question a turn in the owner's conversation, shows it in the chat, and waits for its end.
 *
 * @param options.signal Ends the waiting, and nothing else.
 * @param options.goneAfterMs A service that was silent for so long is gone.
 * @throws ClaudioError `service.unreachable` where the service is not there: nothing was written then;
 * and what {@link Shell.commit} throws.
 */
export async function askFromShell(
  shell: Shell,
  question: { readonly text: string; readonly author: string },
  options: {
    readonly signal: AbortSignal;
    readonly goneAfterMs: number;
    readonly onProgress: (progress: AskProgress) => void;
  },
): Promise<Asked> {
  if (!(await shell.isServiceUp())) {
    throw new ClaudioError({
      code: 'service.unreachable',
      message: 'The service is not running, so nobody would answer. Nothing was asked.',
      hint: '`claudio status` tells how it stands; `claudio restart` starts it.',
    });
  }
  const outcome = await shell.commit(() => put(shell, question));
  if (outcome.kind !== 'queued') return outcome;
  const { turnId } = outcome;
  const isGone = createGoneWatch(shell, options.goneAfterMs);
  const look = async (): Promise<Asked | null> => {
    const turn = answeringTurn(shell, turnId);
    const end = endOf(shell, turn);
    if (end !== null) return end;
    options.onProgress(progressOf(shell, turn));
    return (await isGone()) ? { kind: 'service-gone', turnId } : null;
  };
  return (await seen(look, options)) ?? { kind: 'left', turnId };
}

function put(shell: Shell, question: { readonly text: string; readonly author: string }) {
  const { conversation, conversations, queue, outbox, bot } = shell;
  conversations.ensure(conversation);
  const refusal = refusalOf(shell, question.text);
  if (refusal !== null) return { kind: 'refused' as const, text: refusal.markdown };
  const outcome = queue.enqueue(
    {
      conversation,
      sender: { id: SHELL_PERSON, name: question.author },
      messageId: null,
      text: question.text,
      albumId: null,
      quote: null,
      forwardedFrom: null,
    },
    conversations.model(conversation.id) ?? bot.model,
  );
  // Before the turn can say anything: the answer in the chat is to be understood there.
  if (outcome.kind === 'queued') {
    outbox.say(conversation, { markdown: shown(question.text), replyTo: null, buttons: [] });
  }
  return outcome;
}

/** Whoever has a shell is asked for no role and held to no rule; what all may spend is not theirs alone. */
function refusalOf({ limits, audit, conversation }: Shell, text: string): Refusal | null {
  const refusal = limits.budgets({ personId: SHELL_PERSON });
  if (refusal === null) return null;
  audit.write({
    event: 'gate.refused',
    conversationId: conversation.id,
    personId: SHELL_PERSON,
    decision: 'refused',
    details: { rule: refusal.rule },
    text,
  });
  return refusal;
}

function shown(text: string): string {
  const cut = text.length <= SHOWN_LENGTH ? text : `${beginning(text, SHOWN_LENGTH)}…`;
  const lines = cut.trim().split('\n');
  return `🖥 Asked from the shell:\n\n${lines.map((line) => `> ${escapeMarkdown(line)}`).join('\n')}`;
}

type Turn = typeof turns.$inferSelect;

/** The turn itself, or the one that answers its message too. */
function answeringTurn(shell: Shell, turnId: number): Turn {
  const turn = shell.database.orm.select().from(turns).where(eq(turns.id, turnId)).get();
  if (turn === undefined) throw new Error(`no turn ${turnId}`);
  return turn.joinedTurnId === null ? turn : answeringTurn(shell, turn.joinedTurnId);
}

function endOf(shell: Shell, turn: Turn): Asked | null {
  const { status, id: turnId } = turn;
  if (status === 'queued' || status === 'running' || status === 'joined') return null;
  const said = shell.database.orm
    .select({ text: messages.text })
    .from(messages)
    .where(eq(messages.answersMessageId, turn.messageId))
    .get();
  if (status !== 'done') {
    const text = said?.text ?? 'It was taken out of the queue before it began.';
    return { kind: status, turnId, text };
  }
  return {
    kind: 'answered',
    turnId,
    text: said?.text ?? '',
    model: turn.model ?? turn.requestedModel,
    tokens: {
      input: turn.inputTokenCount,
      output: turn.outputTokenCount,
      cacheRead: turn.cacheReadTokenCount,
      cacheWrite: turn.cacheWriteTokenCount,
    },
    costUsd: turn.costUsd,
    durationMs: Math.max(0, (turn.endedAtMs ?? 0) - (turn.startedAtMs ?? 0)),
  };
}

function progressOf(shell: Shell, turn: Turn): AskProgress {
  const isRunning = turn.status === 'running';
  if (isRunning) return { isRunning, beforeCount: 0, activity: turn.activity };
  const before = shell.database.orm
    .select({ count: sql<number>`count(*)` })
    .from(turns)
    .where(
      and(
        eq(turns.conversationId, turn.conversationId),
        lt(turns.id, turn.id),
        sql`${turns.status} in ('queued', 'running')`,
      ),
    )
    .get();
  return { isRunning, beforeCount: before?.count ?? 0, activity: null };
}

/** Asks the service now and then; resolves with whether it has been silent for too long. */
function createGoneWatch(shell: Shell, goneAfterMs: number): () => Promise<boolean> {
  const everyMs = Math.min(LOOK_AT_SERVICE_EVERY_MS, goneAfterMs);
  let askedAtMs = systemClock.elapsed();
  let seenAtMs = askedAtMs;
  return async () => {
    if (systemClock.elapsed() - askedAtMs < everyMs) return false;
    askedAtMs = systemClock.elapsed();
    if (await shell.isServiceUp()) {
      seenAtMs = systemClock.elapsed();
      return false;
    }
    return systemClock.elapsed() - seenAtMs >= goneAfterMs;
  };
}
