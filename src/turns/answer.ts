import type { Agent, AgentOutcome } from '../core/agent.ts';
import { escapeMarkdown, excerpt } from '../core/format.ts';
import { NO_USAGE, UNUSABLE_NOW } from '../core/turn.ts';
import type { TurnEnd } from './records.ts';

/** So many of the last tools are listed to the person. */
const SHOWN_LINE_COUNT = 10;
const QUESTION_LENGTH = 200;

/** How a turn ended: like the run of its agent, or before there was one. */
export type TurnOutcome =
  | AgentOutcome
  /** Nothing of the message could be used. `sentences` are Markdown. */
  | {
      readonly kind: 'unusable';
      readonly sentences: readonly string[];
      /** Whether another try may well work. */
      readonly mayWorkLater: boolean;
    };

/** The outcome of a turn that broke for a reason of our own. */
export function broken(turn: { readonly requestedModel: string }, detail: string): TurnOutcome {
  return {
    kind: 'failed',
    failure: { code: 'execution-error' },
    detail,
    model: turn.requestedModel,
    usage: NO_USAGE,
  };
}

/**
 * Puts the outcome of a run into what the turn's row keeps and the person reads.
 *
 * @param known `toolLines`: what was done, a line a tool, shown where there is no answer that would tell.
 * `unusable`: what came with the message and was not used, a sentence each.
 */
export function answerOf(
  outcome: TurnOutcome,
  known: {
    readonly toolLines: readonly string[];
    readonly unusable?: readonly string[];
    readonly explain: Agent['explain'];
  },
): TurnEnd {
  const { toolLines, unusable = [], explain } = known;
  switch (outcome.kind) {
    case 'answered':
      return {
        status: 'done',
        usage: outcome.usage,
        model: outcome.model,
        failure: null,
        text: [
          ...unusable.map(warning),
          fallbackNote(outcome, explain),
          outcome.text,
          deniedNote(outcome.deniedTools),
        ]
          .filter((part) => part !== '')
          .join('\n\n'),
      };
    case 'failed':
      return {
        status: 'failed',
        usage: outcome.usage,
        model: outcome.model,
        failure: outcome.failure.code,
        text: `⚠️ ${explain(outcome.failure)}${doneSoFar(toolLines)}`,
      };
    case 'unusable':
      return {
        status: 'failed',
        usage: NO_USAGE,
        model: null,
        failure: outcome.mayWorkLater ? UNUSABLE_NOW : 'unusable',
        text: outcome.sentences.map(warning).join('\n\n'),
      };
    case 'stopped':
      return {
        status: 'cancelled',
        usage: outcome.usage,
        model: null,
        failure: null,
        text: `⏹ Stopped.${doneSoFar(toolLines)}`,
      };
  }
}

/** What the person reads about a turn that was found running by a new instance. */
export function interruptedAnswer(
  turn: {
    readonly activity: string | null;
    readonly wasLastTry: boolean;
    /** What it waited to be answered. */
    readonly question: string | null;
    /** Whether what it did last waited to be allowed, and so was not done. */
    readonly waitedForLeave?: boolean;
  },
  toolLines: readonly string[],
): TurnEnd {
  const activity = turn.activity === null ? null : escapeMarkdown(turn.activity);
  const waited = turn.waitedForLeave === true;
  const leave = `while I waited for your leave${activity === null ? '' : ` (${activity})`}, so that was not done`;
  const doing = waited ? ` ${leave}` : activity === null ? '' : ` while: ${activity}`;
  const during =
    turn.question === null
      ? doing
      : ` while I waited for your answer to: “${escapeMarkdown(excerpt(turn.question, QUESTION_LENGTH))}”`;
  const waitsFor = turn.question === null && !waited ? null : 'Press Retry, and I ask again.';
  const next = turn.wasLastTry
    ? 'That was the third time, so I will not offer another try. Send the message again if you still want it.'
    : (waitsFor ?? 'I have not restarted it myself, because it may have changed things already.');
  return {
    status: turn.wasLastTry ? 'failed' : 'interrupted',
    usage: NO_USAGE,
    model: null,
    failure: 'interrupted',
    text: `⚡ I was interrupted${during}. ${next}${doneSoFar(toolLines)}`,
  };
}

/** What the person reads about a turn that waited when the backup was taken that was put back since. */
export function restoredAnswer(): TurnEnd {
  return {
    status: 'interrupted',
    usage: NO_USAGE,
    model: null,
    failure: 'interrupted',
    text: '⚡ I was put back from a backup, and this waited when it was taken. I may have answered it since, so I have not started it myself.',
  };
}

function warning(sentence: string): string {
  return `⚠️ ${sentence}`;
}

function doneSoFar(toolLines: readonly string[]): string {
  if (toolLines.length === 0) return '';
  const shown = toolLines.slice(-SHOWN_LINE_COUNT).map((line) => `- ${escapeMarkdown(line)}`);
  const earlier = toolLines.length - shown.length;
  const head = earlier === 0 ? '' : `- … and ${earlier} earlier\n`;
  return `\n\nSteps so far:\n\n${head}${shown.join('\n')}`;
}

function fallbackNote(
  outcome: Extract<AgentOutcome, { kind: 'answered' }>,
  explain: Agent['explain'],
): string {
  if (outcome.fallback === null) return '';
  const { from, failure } = outcome.fallback;
  return `*Answered by ${escapeMarkdown(outcome.model)}, because ${escapeMarkdown(from)} failed: ${explain(failure)}*`;
}

function deniedNote(tools: readonly string[]): string {
  if (tools.length === 0) return '';
  return `*Claude was not allowed to use: ${[...new Set(tools)].map(escapeMarkdown).join(', ')}.*`;
}
