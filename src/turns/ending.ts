import { setTimeout } from 'node:timers/promises';
import type { Button } from '../core/channel.ts';
import { messageOf } from '../core/error.ts';
import { beginning } from '../core/format.ts';
import { quotedWords } from '../core/inbound.ts';
import { UNUSABLE_NOW } from '../core/turn.ts';
import type { ClaimedTurn } from '../inbox/claim.ts';
import type { StoredMessage } from '../inbox/messages.ts';
import { isDatabaseFault } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import { answerOf, broken, type TurnOutcome } from './answer.ts';
import { carryOutButton, retryButton } from './buttons.ts';
import type { TurnParts } from './parts.ts';
import { offerPlan } from './plans.ts';
import type { Progress } from './progress.ts';
import type { Untold } from './reactions.ts';
import type { TurnEnd } from './records.ts';

/** How often the outcome of a turn is offered to a database that refuses it. */
const COMMIT_RETRY_MS = 2000;
/** So much of what a program said when it failed is in the log; all of it at `debug`. */
const DETAIL_LENGTH = 300;

/** What matters at the end of a turn beside its outcome. */
export interface TurnEnding {
  /** Whether the answer is to be spoken. */
  readonly isSpoken: boolean;
  /** Whether the answer is a plan that can be carried out. Whoever decides about it reads it. */
  readonly isPlan: boolean;
  /** What of the message could not be used, a sentence of Markdown each. */
  readonly unusable: readonly string[];
  /** The reactions that Claude was told of. */
  readonly reactions: Untold;
}

/** An answer exists now: nothing but the end of the process may keep it out of the database. */
export async function commit(
  turn: ClaimedTurn,
  outcome: TurnOutcome,
  ending: TurnEnding,
  parts: TurnParts,
  progress: Progress,
  log: Logger,
  shutdown: AbortSignal,
): Promise<void> {
  let told = outcome;
  let end: TurnEnd | 'restarted' | undefined;
  while (end === undefined) {
    try {
      end = parts.database.transaction(() => {
        progress.settle();
        return record(turn, told, ending, parts);
      });
    } catch (error) {
      log.error({ err: error }, 'turn.not-recorded');
      if (shutdown.aborted) return;
      if (isDatabaseFault(error)) {
        await setTimeout(COMMIT_RETRY_MS, undefined, { signal: shutdown }).catch(() => undefined);
      } else if (told === outcome) {
        // Waiting mends nothing here: the person is told so much at least.
        told = broken(turn, messageOf(error));
      } else {
        return;
      }
    }
  }
  if (end === 'restarted') {
    log.info('turn.restarted');
    return;
  }
  // What a program printed may hold anything.
  const safeDetail = outcome.kind === 'failed' ? parts.mask(outcome.detail).text : '';
  if (safeDetail.length > DETAIL_LENGTH) log.debug({ detail: safeDetail }, 'turn.failed-with');
  log[outcome.kind === 'failed' ? 'warn' : 'info'](
    {
      model: end.model,
      costUsd: end.usage.costUsd,
      ...(outcome.kind === 'failed'
        ? { failure: outcome.failure, detail: beginning(safeDetail, DETAIL_LENGTH) }
        : {}),
      ...(outcome.kind === 'answered' && outcome.fallback !== null
        ? { fallback: outcome.fallback }
        : {}),
    },
    `turn.${end.status}`,
  );
}

/** Writes how the turn ended, and what the person is told of it. */
function record(
  turn: ClaimedTurn,
  outcome: TurnOutcome,
  ending: TurnEnding,
  parts: TurnParts,
): TurnEnd | 'restarted' {
  const { records } = parts;
  const { restartRequestedAtMs } = records.turn(turn.turnId);
  const isRestartWanted = restartRequestedAtMs !== null;
  if (isRestartWanted && outcome.kind === 'stopped') {
    records.used(turn.turnId, outcome.usage);
    restart(turn, parts);
    return 'restarted';
  }
  const answer = answerOf(outcome, {
    toolLines: records.toolLines(turn.turnId),
    unusable: ending.unusable,
    explain: parts.agent.explain,
  });
  const end = records.ended(turn, answer);
  if (outcome.kind === 'answered') parts.reactions.told(ending.reactions, turn.turnId);
  parts.questions.withdraw(turn.turnId);
  parts.approvals.withdraw(turn.turnId);
  const isPlan = ending.isPlan && outcome.kind === 'answered';
  if (ending.isSpoken && !isPlan && outcome.kind === 'answered' && parts.speech !== null) {
    records.speechWanted(turn.turnId);
  } else {
    const buttons = [
      ...(end.failure === UNUSABLE_NOW ? [[retryButton(turn.turnId)]] : []),
      ...(isPlan ? [[carryOutButton(turn.turnId)]] : []),
    ];
    if (isPlan) offerPlan({ ...turn, personId: records.turn(turn.turnId).personId }, parts);
    tellEnd(turn, { ...end, buttons }, parts);
  }
  if (isRestartWanted) askAnew(turn, parts);
  return end;
}

/** Sends the reply of a turn, and takes away what showed its progress behind that. */
export function tellEnd(
  turn: Pick<ClaimedTurn, 'turnId' | 'conversationId' | 'messageId'>,
  end: { readonly text: string; readonly buttons?: readonly (readonly Button[])[] },
  parts: Pick<TurnParts, 'conversations' | 'records' | 'outbox'>,
): void {
  const conversation = parts.conversations.get(turn.conversationId);
  const { platformMessageId } = parts.records.message(turn.messageId);
  const reply = { markdown: end.text, replyTo: platformMessageId, buttons: end.buttons ?? [] };
  parts.outbox.say(conversation, reply, turn.turnId);
  removeProgress(turn, parts);
}

/** Takes away the message that shows the progress of a turn, where there is one. */
export function removeProgress(
  turn: Pick<ClaimedTurn, 'turnId' | 'conversationId'>,
  { conversations, records, outbox }: Pick<TurnParts, 'conversations' | 'records' | 'outbox'>,
): void {
  const { progressMessageId } = records.turn(turn.turnId);
  if (progressMessageId === null) return;
  records.forgetProgress(turn.turnId, progressMessageId);
  outbox.remove(conversations.get(turn.conversationId), progressMessageId);
}

/** Puts a turn back to where it waited, with the changed text of what it answers. */
export function restart(
  turn: Pick<ClaimedTurn, 'turnId' | 'conversationId' | 'messageId'>,
  parts: Pick<
    TurnParts,
    'conversations' | 'records' | 'outbox' | 'messages' | 'queue' | 'questions' | 'approvals'
  >,
): void {
  for (const { id, changedText } of parts.messages.changedDuring(turn.turnId)) {
    parts.messages.change(id, changedText);
  }
  parts.questions.withdraw(turn.turnId);
  parts.approvals.withdraw(turn.turnId);
  removeProgress(turn, parts);
  parts.queue.restart(turn.turnId);
}

/**
 * The answer came before the run could be stopped: the changed text becomes a message of its own, within
 * the limits and rules that there are now.
 */
function askAnew(turn: ClaimedTurn, parts: TurnParts): void {
  for (const original of parts.messages.changedDuring(turn.turnId)) {
    parts.messages.keepChange(original.id, null);
    const { changedText, personId } = original;
    const refusal = refusalOf(turn, original, changedText, parts);
    if (refusal !== null) {
      parts.outbox.say(parts.conversations.get(turn.conversationId), {
        markdown: `${refusal}\n\nSo the text from before your edit is the one that I answered.`,
        replyTo: original.platformMessageId,
        buttons: [],
      });
      continue;
    }
    parts.queue.enqueueChange(original, changedText, personId, turn.requestedModel, true);
  }
}

/** Why a changed text is not taken; `null`: it is. Markdown. */
function refusalOf(
  turn: ClaimedTurn,
  original: StoredMessage,
  text: string,
  parts: TurnParts,
): string | null {
  const conversation = parts.conversations.get(turn.conversationId);
  const placed = parts.places(parts.records.turn(turn.turnId), conversation);
  if (placed.kind === 'refused') return placed.sentence;
  const { role } = placed.place;
  const quoted = quotedWords(original.quote);
  const request = { conversation, personId: original.personId ?? '', role, text, quoted };
  return parts.gate.check(request)?.markdown ?? null;
}
