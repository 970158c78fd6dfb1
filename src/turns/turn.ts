import { setTimeout } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { messages } from '../../drizzle/schema.ts';
import type { Agent, AgentOutcome } from '../core/agent.ts';
import { messageOf } from '../core/error.ts';
import { NO_USAGE } from '../core/turn.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { ClaimedTurn } from '../inbox/queue.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Channels } from '../outbox/channels.ts';
import { isDatabaseFault, type Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import { answerOf } from './answer.ts';
import type { History } from './history.ts';
import { createProgress, type Progress } from './progress.ts';
import { buildPrompt } from './prompt.ts';
import type { TurnEnd, TurnRecords } from './records.ts';
import { systemPrompt } from './system-prompt.ts';

/** How often the outcome of a turn is offered to a database that refuses it. */
const COMMIT_RETRY_MS = 2000;

/** What can end a turn early. */
export interface TurnSignals {
  /** A person wants it stopped. */
  readonly stop: AbortSignal;
  /** The service ends, and does not wait for it any longer. */
  readonly shutdown: AbortSignal;
}

/** What it takes to run turns. */
export interface TurnParts {
  readonly database: Database;
  readonly agent: Agent;
  readonly channels: Channels;
  readonly outbox: Outbox;
  readonly conversations: ConversationStore;
  readonly history: History;
  readonly records: TurnRecords;
  readonly log: Logger;
  readonly home: string;
  readonly workDir: string;
  readonly maxHistoryCount: number;
}

/**
 * Runs one claimed turn to its end: prompt, agent, and then the outcome and the reply's rows in one
 * commit. Never throws. Stopped by a shutdown it leaves the turn running in the database, where the
 * next start finds it interrupted; an answer that came first is kept.
 */
export async function runTurn(
  turn: ClaimedTurn,
  parts: TurnParts,
  signals: TurnSignals,
): Promise<void> {
  const log = parts.log.child({
    conversation: turn.conversationId,
    turn: turn.turnId,
    marker: turn.marker,
  });
  const progress = createProgress(parts.database, log);
  let stopSign: (() => void) | undefined;
  const work = async (): Promise<AgentOutcome> => {
    const conversation = parts.conversations.get(turn.conversationId);
    stopSign = parts.channels.of(conversation).signs.working(conversation);
    const signal = AbortSignal.any([signals.stop, signals.shutdown]);
    return await runAgent(turn, parts, progress, log, signal);
  };
  log.info({ attempt: turn.attempt, model: turn.requestedModel }, 'turn.started');
  const outcome = await work().catch((error: unknown) => {
    log.error({ err: error }, 'turn.broken');
    return broken(turn, messageOf(error));
  });
  if (outcome.kind === 'stopped' && !signals.stop.aborted) {
    log.warn({ reason: 'the service is stopping' }, 'turn.left');
  } else {
    await commit(turn, outcome, parts, progress, log, signals.shutdown);
  }
  stopSign?.();
}

async function runAgent(
  turn: ClaimedTurn,
  parts: TurnParts,
  progress: Progress,
  log: Logger,
  signal: AbortSignal,
): Promise<AgentOutcome> {
  const { text, author } = question(parts.database, turn.messageId);
  const prompt = buildPrompt({
    history: parts.history.before(turn.conversationId, turn.messageId, parts.maxHistoryCount),
    message: { text, author },
    interruptedWork: parts.records.toolLines(turn.turnId),
  });
  const events = parts.agent.run(
    {
      marker: turn.marker,
      prompt,
      systemPrompt: await systemPrompt(parts.home),
      model: turn.requestedModel,
      workDir: parts.workDir,
    },
    signal,
  );
  for await (const event of events) {
    switch (event.type) {
      case 'started':
        progress.keep(() => parts.records.started(turn.turnId, event.sessionId));
        break;
      case 'progress':
        progress.note(() => parts.records.toolUsed(turn.turnId, turn.attempt, event.toolUse));
        log.debug({ tool: event.toolUse.tool }, 'turn.progress');
        break;
      case 'completed':
        return event.outcome;
    }
  }
  throw new Error('the agent ended without an outcome');
}

/** An answer exists now: nothing but the end of the process may keep it out of the database. */
async function commit(
  turn: ClaimedTurn,
  outcome: AgentOutcome,
  parts: TurnParts,
  progress: Progress,
  log: Logger,
  shutdown: AbortSignal,
): Promise<void> {
  let told = outcome;
  let end: TurnEnd | undefined;
  while (end === undefined) {
    try {
      end = parts.database.transaction(() => {
        progress.settle();
        return record(turn, told, parts);
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
  log[outcome.kind === 'failed' ? 'warn' : 'info'](
    {
      model: end.model,
      costUsd: end.usage.costUsd,
      ...(outcome.kind === 'failed' ? { failure: outcome.failure, detail: outcome.detail } : {}),
      ...(outcome.kind === 'answered' && outcome.fallback !== null
        ? { fallback: outcome.fallback }
        : {}),
    },
    `turn.${end.status}`,
  );
}

/** Writes how the turn ended, and what the person is told of it. */
function record(turn: ClaimedTurn, outcome: AgentOutcome, parts: TurnParts): TurnEnd {
  const { platformMessageId } = question(parts.database, turn.messageId);
  const end = answerOf(outcome, parts.records.toolLines(turn.turnId), parts.agent.explain);
  parts.records.ended(turn, end);
  parts.outbox.say(
    parts.conversations.get(turn.conversationId),
    { markdown: end.text, replyTo: platformMessageId, buttons: [] },
    turn.turnId,
  );
  return end;
}

function question(database: Database, messageId: number) {
  const row = database.orm.select().from(messages).where(eq(messages.id, messageId)).get();
  if (row === undefined) throw new Error(`no message ${messageId}`);
  return row;
}

function broken(turn: ClaimedTurn, detail: string): AgentOutcome {
  return {
    kind: 'failed',
    failure: { code: 'execution-error' },
    detail,
    model: turn.requestedModel,
    usage: NO_USAGE,
  };
}
