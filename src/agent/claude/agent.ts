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
import { APART_ENVIRONMENT, claudeEnvironment, STRICT_ENVIRONMENT } from './environment.ts';
import { failureText } from './failure-text.ts';
import { FALLBACK_MODEL, mayFallBack, mergeAttempts } from './fallback.ts';
import { stopLeftovers } from './leftovers.ts';
import { locateClaude } from './locate.ts';
import type { Logger } from './log.ts';
import { permissionsOf } from './permissions.ts';
import { defusePrompt } from './prompt-safety.ts';
import { readinessOf } from './readiness.ts';
import { placeRunFiles } from './run-files.ts';
import { runOnce, type RunReport } from './run.ts';
import { sandboxRemedy, type Sandbox } from './sandbox.ts';

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
  /** Every run goes into it, or is refused where it cannot be had; `null` or left out: none does. */
  readonly sandbox?: Sandbox | null;
  /** Set over the environment of every run: `{ CLAUDE_CODE_MAX_RETRIES: '0' }`. */
  readonly extraEnvironment?: Environment;
}

/**
 * The {@link Agent} that runs the Claude Code program, a process for each run. Runs share nothing, so
 * any number may go on at a time.
 */
export function createClaudeAgent(options: ClaudeAgentOptions): Agent {
  const { extraEnvironment = {}, tools, tempDir, isApart = false, sandbox = null } = options;
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
    const fault = (await sandbox?.fault()) ?? null;
    if (fault !== null) return notRun(failed({ code: 'no-sandbox' }, fault, model));
    const { toolServer, readableDirs, workDir, systemPrompt } = request;
    const permissions = permissionsOf({
      tools,
      limit: request.tools ?? null,
      mode: request.mode ?? 'auto',
      deniedFiles: request.deniedFiles ?? [],
      folders: request.isConfined === true ? [workDir, ...readableDirs] : null,
      toolServer,
    });
    const { isStrict, settings } = permissions;
    const given = { systemPrompt, toolServer, settings };
    const files = await placeRunFiles(given, request.marker, tempDir);
    const args = claudeArguments({
      model,
      permissions,
      isApart,
      systemPromptPath: files.systemPromptPath,
      settingsPath: files.settingsPath,
      // The folder's CLAUDE.md went with its settings, and comes back as that of a further folder.
      readableDirs: isStrict ? [workDir, ...readableDirs] : readableDirs,
      toolServer:
        toolServer === null || files.toolServerPath === null
          ? null
          : { ...toolServer, configPath: files.toolServerPath },
    });
    const env = claudeEnvironment(options.env, request.marker, {
      ...(isApart ? APART_ENVIRONMENT : {}),
      ...(isStrict ? STRICT_ENVIRONMENT : {}),
      ...extraEnvironment,
    });
    const { prompt } = request;
    const stdin = typeof prompt === 'string' ? defusePrompt(prompt) : prompt.then(defusePrompt);
    const command = { file: programPath, args, cwd: workDir, env, stdin };
    const { systemPromptPath, toolServerPath, settingsPath } = files;
    const readable = [systemPromptPath, toolServerPath, settingsPath].filter(
      (path) => path !== null,
    );
    const view = { writable: [workDir, ...readableDirs], readable };
    return yield* runOnce(
      {
        command: sandbox === null ? command : sandbox.wrap(command, view),
        isWrapped: sandbox !== null,
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
    async readiness(signal) {
      const programPath = locateClaude(options.programPath, options.env);
      const env = claudeEnvironment(options.env, 'readiness', extraEnvironment);
      const ready = await readinessOf(programPath, env, tempDir, signal);
      const fault = (await sandbox?.fault()) ?? null;
      return fault === null ? ready : { ...ready, remedy: ready.remedy ?? sandboxRemedy(fault) };
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
