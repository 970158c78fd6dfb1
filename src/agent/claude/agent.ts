import type {
  Agent,
  AgentEvent,
  AgentFailure,
  AgentOutcome,
  AgentRequest,
} from '../../core/agent.ts';
import { messageOf } from '../../core/error.ts';
import { NO_USAGE } from '../../core/turn.ts';
import type { Environment } from '../../platform/process/environment.ts';
import { claudeArguments } from './arguments.ts';
import { APART_ENVIRONMENT, claudeEnvironment } from './environment.ts';
import { failureText } from './failure-text.ts';
import { FALLBACK_MODEL, mayFallBack, mergeAttempts } from './fallback.ts';
import { stopLeftovers } from './leftovers.ts';
import { locateClaude } from './locate.ts';
import type { Logger } from './log.ts';
import { defusePrompt } from './prompt-safety.ts';
import { readinessOf } from './readiness.ts';
import { placeRunFiles } from './run-files.ts';
import { runOnce, type RunReport } from './run.ts';

/** What the agent has to be told. It reads no environment of its own. */
export interface ClaudeAgentOptions {
  /** `CLAUDE_BIN`; `null` looks in the usual places at each run. */
  readonly programPath: string | null;
  /** The service's environment: what Claude gets of it is picked from an allow-list. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * A run that puts nothing out for this long is stopped. A tool at work shows life every 30 s, an answer
   * being written every 2 s; a model that thinks may show none for minutes.
   */
  readonly idleLimitMs: number;
  /** An existing folder: what a run is given is put there for its length, in a folder of its own. */
  readonly tempDir: string;
  readonly log: Logger;
  /** What Claude may use, unasked. */
  readonly tools: readonly string[];
  /**
   * Whether it runs apart from what the person has set up for their own work: no servers of theirs, no
   * settings of the folder, no `CLAUDE.md` and no hooks; and the system prompt of a run is all that there
   * is of one. How they log in stays.
   */
  readonly isApart?: boolean;
  /** Set over the environment of every run: `{ CLAUDE_CODE_MAX_RETRIES: '0' }`. */
  readonly extraEnvironment?: Environment;
}

/**
 * The {@link Agent} that runs the Claude Code program, a process for each run. Runs share nothing, so
 * any number may go on at a time.
 */
export function createClaudeAgent(options: ClaudeAgentOptions): Agent {
  const { extraEnvironment = {}, tools, tempDir, isApart = false } = options;
  const endings = new Set<Promise<void>>();

  function track(ending: Promise<void>, log: Logger): void {
    const tracked = ending
      .catch((error: unknown) => log.warn({ error: messageOf(error) }, 'agent.cleanup-failed'))
      .finally(() => endings.delete(tracked));
    endings.add(tracked);
  }

  async function settled(): Promise<void> {
    await Promise.all(endings);
  }

  async function* attempt(
    request: AgentRequest,
    model: string,
    log: Logger,
    signal: AbortSignal,
  ): AsyncGenerator<Exclude<AgentEvent, { type: 'completed' }>, RunReport, undefined> {
    if (signal.aborted) return notRun({ kind: 'stopped', usage: NO_USAGE });
    const programPath = locateClaude(options.programPath, options.env);
    if (programPath === null) return notRun(failed({ code: 'not-found' }, 'no program', model));
    const { toolServer, readableDirs } = request;
    const files = await placeRunFiles(request, request.marker, tempDir);
    const args = claudeArguments({
      model,
      tools,
      isApart,
      systemPromptPath: files.systemPromptPath,
      readableDirs,
      toolServer:
        toolServer === null || files.toolServerPath === null
          ? null
          : { name: toolServer.name, configPath: files.toolServerPath },
    });
    const env = claudeEnvironment(options.env, request.marker, {
      ...(isApart ? APART_ENVIRONMENT : {}),
      ...extraEnvironment,
    });
    const { prompt } = request;
    const stdin = typeof prompt === 'string' ? defusePrompt(prompt) : prompt.then(defusePrompt);
    return yield* runOnce(
      {
        command: { file: programPath, args, cwd: request.workDir, env, stdin },
        marker: request.marker,
        model,
        idleLimitMs: options.idleLimitMs,
        isWaitingForPerson: request.isWaitingForPerson,
        tellsStart: model === request.model,
        log,
        onEnding: (ending) => track(ending.then(files.remove), log),
      },
      signal,
    );
  }

  async function* attempts(
    request: AgentRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Exclude<AgentEvent, { type: 'completed' }>, AgentOutcome, undefined> {
    const log = options.log.child({ marker: request.marker });
    const first = yield* attempt(request, request.model, log, signal);
    const { outcome, usedTools } = first;
    if (outcome.kind !== 'failed' || signal.aborted) return outcome;
    if (!mayFallBack(outcome.failure, request.model, usedTools)) return outcome;
    // Both attempts bear the same mark: what is left of the first must be gone before the second.
    await first.settled;
    log.warn(
      { from: request.model, to: FALLBACK_MODEL, failure: outcome.failure, detail: outcome.detail },
      'agent.fallback',
    );
    // They ended with the program that used them.
    for (const toolUseId of first.openToolUseIds) {
      yield { type: 'progress', progress: { kind: 'tool-ended', toolUseId } };
    }
    const second = yield* attempt(request, FALLBACK_MODEL, log, signal);
    return mergeAttempts(request.model, outcome, second.outcome);
  }

  return {
    settled,
    explain: failureText,
    stopLeftovers: (prefixes) => stopLeftovers(prefixes, tempDir, options.log),
    readiness(signal) {
      const programPath = locateClaude(options.programPath, options.env);
      const env = claudeEnvironment(options.env, 'readiness', extraEnvironment);
      return readinessOf(programPath, env, tempDir, signal);
    },
    async *run(request, signal) {
      let outcome: AgentOutcome;
      try {
        outcome = yield* attempts(request, signal);
      } catch (error) {
        // The port never throws. What comes here is the machine's: no room for a temporary file.
        outcome = failed({ code: 'cannot-start' }, messageOf(error), request.model);
      }
      yield { type: 'completed', outcome };
    },
  };
}

function notRun(outcome: AgentOutcome): RunReport {
  return { outcome, usedTools: [], openToolUseIds: [], settled: Promise.resolve() };
}

function failed(failure: AgentFailure, detail: string, model: string): AgentOutcome {
  return { kind: 'failed', failure, detail, model, usage: NO_USAGE };
}
