import type { AgentRequest } from '../core/agent.ts';
import type { Conversation } from '../core/conversation.ts';
import { messageOf } from '../core/error.ts';
import { quotedWords } from '../core/inbound.ts';
import { SHELL_PERSON } from '../core/role.ts';
import { NO_USAGE } from '../core/turn.ts';
import type { ClaimedTurn } from '../inbox/claim.ts';
import type { Logger } from '../platform/log.ts';
import { broken, type TurnOutcome } from './answer.ts';
import { readAsked } from './asked.ts';
import { commit, type TurnEnding } from './ending.ts';
import { openTurnFolder, type TurnFolder } from './folder.ts';
import { remindedOf } from './memories.ts';
import type { TurnParts } from './parts.ts';
import { createProgress, type Progress } from './progress.ts';
import { createProgressMessage, type ProgressMessage } from './progress-message.ts';
import type { TurnPlace } from './place.ts';
import { buildPrompt, type PromptMessage } from './prompt.ts';
import { systemPrompt } from './system-prompt.ts';
import type { OpenTools } from './tools.ts';
import { createTyping, type Typing } from './typing.ts';

/** The verb of the button below the message that shows what a turn is doing. */
export const HALT = 'halt';

/** What can end a turn early. */
export interface TurnSignals {
  /** A person wants it stopped. */
  readonly stop: AbortSignal;
  /** The service ends, and does not wait for it any longer. */
  readonly shutdown: AbortSignal;
}

/**
 * Runs one claimed turn to its end: what came with its message, prompt, agent, and then the outcome and
 * the reply's rows in one commit. Never throws. Stopped by a shutdown it leaves the turn running in the
 * database, where the next start finds it interrupted; an answer that came first is kept.
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
  const run: Run = {
    turn,
    parts,
    log,
    progress: createProgress(parts.database, log),
    signal: AbortSignal.any([signals.stop, signals.shutdown]),
    ending: { isSpoken: false, isPlan: false, unusable: [], reactions: { ids: [], lines: [] } },
    opened: [],
    typing: null,
    message: null,
    tools: null,
  };
  log.info({ attempt: turn.attempt, model: turn.requestedModel }, 'turn.started');
  const outcome = await work(run).catch((error: unknown): TurnOutcome => {
    // What waits by a signal throws its reason.
    if (run.signal.aborted) return { kind: 'stopped', usage: NO_USAGE };
    log.error({ err: error }, 'turn.broken');
    return broken(turn, messageOf(error));
  });
  run.message?.close();
  const shownId = run.message?.messageId ?? null;
  // Nothing may be said by a tool once the answer is.
  run.tools?.close();
  // Nor is anybody to be seen typing behind it.
  run.typing?.end();
  if (outcome.kind === 'stopped' && !signals.stop.aborted) {
    log.warn({ reason: 'the service is stopping' }, 'turn.left');
  } else {
    await commit(turn, outcome, run.ending, parts, run.progress, log, signals.shutdown);
    parts.said();
  }
  for (const close of run.opened.toReversed()) await closeQuietly(close, log);
  const lateId = (await run.message?.pending()) ?? null;
  if (lateId !== shownId) removeLateMessage(run, lateId);
}

/** All that belongs to one run of a turn. What was opened is closed in the opposite order. */
interface Run {
  readonly turn: ClaimedTurn;
  readonly parts: TurnParts;
  readonly log: Logger;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly opened: (() => unknown)[];
  ending: TurnEnding;
  typing: Typing | null;
  message: ProgressMessage | null;
  tools: OpenTools | null;
}

async function work(run: Run): Promise<TurnOutcome> {
  const { turn, parts, signal } = run;
  const conversation = parts.conversations.get(turn.conversationId);
  const placed = parts.places(parts.records.turn(turn.turnId), conversation);
  if (placed.kind === 'refused') return refused(placed.sentence);
  const { place } = placed;
  const channel = parts.channels.of(conversation);
  const typing = createTyping(() => channel.signs.working(conversation));
  run.typing = typing;
  const message = createProgressMessage({
    signs: channel.signs,
    conversation,
    turnId: turn.turnId,
    clock: parts.clock,
    level: parts.conversations.progress(conversation.id) ?? parts.progressLevel,
    streaming: parts.streaming,
    mask: parts.mask,
    isPaused: () => run.tools?.isWaitingForPerson() ?? false,
    log: run.log,
    stopButton: { label: '⏹ Stop', data: `${HALT}:${turn.turnId}` },
    onShown: (messageId) => {
      run.progress.note(() => parts.records.progressShown(turn, messageId));
    },
  });
  run.message = message;
  const folder = await openTurnFolder(parts.tempDir, turn);
  run.opened.push(() => folder.remove());

  const asked = await readAsked(turn, { conversation, channel, folder: folder.path }, parts, {
    log: run.log,
    tell: (words) => message.say(words),
    signal,
  });
  // Who may only look can have nothing carried out either.
  const isPlan = place.mode === 'plan' && place.role !== 'viewer';
  run.ending = { ...run.ending, isSpoken: asked.isSpoken, isPlan };
  if (asked.isHopeless) {
    const { unusable, mayWorkLater } = asked;
    return { kind: 'unusable', sentences: unusable, mayWorkLater };
  }
  const refusal = ruleAgainst(asked.messages, run, conversation, place);
  if (refusal !== null) return refused(refusal);
  const reactions = parts.reactions.untold(turn.conversationId);
  run.ending = { ...run.ending, unusable: asked.unusable, reactions };
  const { memory } = parts;
  const hasMemory = memory !== null && parts.conversations.hasMemory(conversation.id);
  const source = {
    folder: folder.path,
    history: parts.history.before(turn, place.maxHistoryCount),
    messages: asked.messages,
    reactions: reactions.lines,
    interruptedWork: parts.records.toolLines(turn.turnId),
    questions: parts.questions.answersOf(turn.turnId),
  };
  const addition = await systemPrompt(place.instructionsPaths, {
    hasMemory,
    isPlan: place.mode === 'plan',
  });
  const reminded = { turnId: turn.turnId, scope: conversation.destination };
  // The program starts while it is remembered.
  const prompt = hasMemory
    ? remindedOf(asked.messages, reminded, { memory, log: run.log, signal }).then((memories) =>
        buildPrompt({ ...source, memories }),
      )
    : buildPrompt({ ...source, memories: [] });
  return await runAgent(
    run,
    { prompt, systemPrompt: addition },
    { place, folder },
    message,
    typing,
  );
}

function refused(sentence: string): TurnOutcome {
  return { kind: 'unusable', sentences: [sentence], mayWorkLater: false };
}

/** What was said aloud, or changed since it was taken, the rules see only now. */
function ruleAgainst(
  messages: readonly PromptMessage[],
  { turn, parts }: Run,
  conversation: Conversation,
  { role }: TurnPlace,
): string | null {
  const { personId, insisted } = parts.records.turn(turn.turnId);
  if (personId === SHELL_PERSON) return null;
  for (const { text, instruction, quote } of messages) {
    const how = { isTemplate: instruction !== null, quoted: quotedWords(quote), insisted };
    const request = { conversation, personId: personId ?? '', role, text, ...how };
    const refusal = parts.gate.checkText(request);
    if (refusal !== null) return refusal.markdown;
  }
  return null;
}

async function runAgent(
  run: Run,
  prompts: Pick<AgentRequest, 'prompt' | 'systemPrompt'>,
  { place, folder }: { readonly place: TurnPlace; readonly folder: TurnFolder },
  message: ProgressMessage,
  typing: Typing,
): Promise<TurnOutcome> {
  const { turn, parts, progress, log, signal } = run;
  const tools = parts.tools.open({
    turnId: turn.turnId,
    attempt: turn.attempt,
    conversation: parts.conversations.get(turn.conversationId),
    messageId: turn.messageId,
    personId: parts.records.turn(turn.turnId).personId,
    role: place.role,
    mode: place.mode,
    folder: place.workDir,
    tools: place.tools,
    sendableDirs: [place.workDir, ...place.folders, folder.path],
    deniedFiles: place.deniedFiles,
    isConfined: place.isConfined,
    // Nobody types at a person who is being asked.
    waits: (isWaiting) => (isWaiting ? typing.rest() : typing.goOn()),
  });
  run.tools = tools;
  // Before the program goes: what it asked is kept over a restart, and not taken for given up.
  signal.addEventListener('abort', () => tools.close(), { once: true });
  const events = parts.agent.run(
    {
      marker: turn.marker,
      ...prompts,
      model: turn.requestedModel,
      workDir: place.workDir,
      readableDirs: [...place.folders, folder.path],
      mode: place.mode,
      ...(place.tools === null ? {} : { tools: place.tools }),
      deniedFiles: place.deniedFiles,
      isConfined: place.isConfined,
      toolServer: tools.server,
      isWaitingForPerson: () => tools.isWaitingForPerson(),
    },
    signal,
  );
  for await (const event of events) {
    switch (event.type) {
      case 'started':
        progress.keep(() => parts.records.started(turn.turnId, event.sessionId));
        break;
      case 'progress':
        message.note(event.progress);
        if (event.progress.kind === 'tool-began') {
          const { toolUse } = event.progress;
          progress.note(() => parts.records.toolUsed(turn.turnId, turn.attempt, toolUse));
          log.debug({ tool: toolUse.tool }, 'turn.progress');
        }
        break;
      case 'completed':
        return event.outcome;
    }
  }
  throw new Error('the agent ended without an outcome');
}

/** A message that was still on its way when the turn ended is taken away as soon as its id is known. */
function removeLateMessage({ turn, parts, log }: Run, messageId: string | null): void {
  if (messageId === null) return;
  try {
    parts.database.transaction(() => {
      parts.records.forgetProgress(turn.turnId, messageId);
      parts.outbox.remove(parts.conversations.get(turn.conversationId), messageId);
    });
    parts.said();
  } catch (error) {
    log.warn({ err: error }, 'turn.progress-kept');
  }
}

async function closeQuietly(close: () => unknown, log: Logger): Promise<void> {
  try {
    await close();
  } catch (error) {
    log.warn({ err: error }, 'turn.not-cleared-up');
  }
}
