import type { Mode } from './mode.ts';
import type { Usage } from './turn.ts';

/** What an agent needs to know to run one turn. */
export interface AgentRequest {
  /**
   * Unique to this attempt at this turn. It stands in the environment of every process the run starts,
   * so that {@link Agent.stopLeftovers} can find them after a crash.
   */
  readonly marker: string;
  /**
   * May still be on its way while the program starts, for two seconds at most: a program that gets
   * nothing to read for three gives up. A promise must not reject.
   */
  readonly prompt: string | Promise<string>;
  /** Added to the agent's own system prompt. */
  readonly systemPrompt: string;
  /** An alias (`haiku`) or a full model name. */
  readonly model: string;
  /** Absolute path of the folder to work in. */
  readonly workDir: string;
  /** Absolute paths of folders outside of it that may be read. */
  readonly readableDirs: readonly string[];
  /** Where the run finds the tools that Claudio itself offers; `null`: none. */
  readonly toolServer: ToolServer | null;
  /**
   * What it may do unasked; left out: `auto`. `ask`: before anything is changed, the approval tool of
   * {@link toolServer} decides, and without one it is refused. `plan`: nothing is changed at all.
   */
  readonly mode?: Mode;
  /** The only tools for this run, of those that the agent has: `Bash(git log:*)`. Left out: all of them. */
  readonly tools?: readonly string[];
  /**
   * What the tools that read and write files may not touch, as patterns in the form of gitignore; absolute
   * ones begin with `//`.
   */
  readonly deniedFiles?: readonly string[];
  /**
   * Whether the tools that read and write files keep to {@link workDir} and {@link readableDirs}. What a
   * command does, this does not limit.
   */
  readonly isConfined?: boolean;
  /** While it says true, the run waits for a person, and may be silent for as long as it likes. */
  readonly isWaitingForPerson: () => boolean;
}

/** A Model Context Protocol server over streamable HTTP, for one run alone. */
export interface ToolServer {
  /** Below which its tools are named: `mcp__<name>__<tool>`. */
  readonly name: string;
  readonly url: string;
  /** To be shown as `Authorization: Bearer <token>`; good for this run only. */
  readonly token: string;
  /** The one of its tools that decides about uses of other tools, and is asked what Claude asks people. */
  readonly approvalTool?: string;
  /** Whether there is nobody who could answer what Claude asks people: then it cannot ask. */
  readonly isUnanswered?: boolean;
}

/** One use of a tool, as a person would put it: `Running npm test`. */
export interface ToolUse {
  readonly id: string;
  /** The tool's own name: `Bash`. */
  readonly tool: string;
  /** One line of at most 200 characters, without line breaks. */
  readonly summary: string;
  /** Of what it was given, as JSON: SHA-256 in hexadecimal. */
  readonly inputDigest: string;
}

/** Why a run gave no answer. The sentence that the person reads is made from this and nothing else. */
export type AgentFailure =
  | { readonly code: 'not-found' }
  /** The folder to work in is not there. */
  | { readonly code: 'no-folder' }
  /** It may run in a sandbox alone, and there is none to be had. */
  | { readonly code: 'no-sandbox' }
  /** The machine could not start the program: out of memory, processes, open files, disk. */
  | { readonly code: 'cannot-start' }
  | { readonly code: 'not-logged-in' }
  | { readonly code: 'invalid-credentials' }
  | { readonly code: 'forbidden' }
  | {
      readonly code: 'usage-limit';
      readonly resetsAtMs: number | null;
      readonly resetsAtText: string | null;
    }
  | { readonly code: 'rate-limited' }
  | { readonly code: 'overloaded' }
  | { readonly code: 'server-error'; readonly httpStatus: number | null }
  | { readonly code: 'unreachable' }
  | { readonly code: 'unknown-model'; readonly model: string }
  | { readonly code: 'prompt-too-long' }
  | { readonly code: 'bad-request' }
  | { readonly code: 'bad-invocation' }
  | { readonly code: 'max-turns' }
  | { readonly code: 'max-budget' }
  | { readonly code: 'execution-error' }
  | { readonly code: 'killed'; readonly signal: string }
  | { readonly code: 'idle'; readonly idleLimitMs: number }
  | { readonly code: 'no-answer' };

/** How a run ended. */
export type AgentOutcome =
  | {
      readonly kind: 'answered';
      /** Markdown, as the model wrote it; never blank. */
      readonly text: string;
      readonly model: string;
      readonly usage: Usage;
      /** Tools that Claude wanted and was refused, by name. */
      readonly deniedTools: readonly string[];
      /** Set when the wanted model failed and another one answered. */
      readonly fallback: { readonly from: string; readonly failure: AgentFailure } | null;
    }
  | {
      readonly kind: 'failed';
      readonly failure: AgentFailure;
      /** For the log only: may hold paths and raw output. */
      readonly detail: string;
      readonly model: string;
      readonly usage: Usage;
    }
  | { readonly kind: 'stopped'; readonly usage: Usage };

/** What a run is doing. */
export type AgentProgress =
  | { readonly kind: 'tool-began'; readonly toolUse: ToolUse }
  | { readonly kind: 'tool-ended'; readonly toolUseId: string }
  /** What is being written now, all of it so far: may or may not turn out to be the answer. */
  | { readonly kind: 'text'; readonly text: string };

/** What an agent tells while it runs. */
export type AgentEvent =
  | { readonly type: 'started'; readonly sessionId: string; readonly model: string }
  | { readonly type: 'progress'; readonly progress: AgentProgress }
  | { readonly type: 'completed'; readonly outcome: AgentOutcome };

/** The state of the agent's program on this machine. */
export interface AgentReadiness {
  readonly found: boolean;
  readonly version: string | null;
  /** `null` where it could not be told. */
  readonly loggedIn: boolean | null;
  /** What is wrong and what to do, or `null` when nothing is. */
  readonly remedy: string | null;
}

/** The port to the program that answers. */
export interface Agent {
  /**
   * Runs one turn. Yields `started` at most once, `progress` any number of times and `completed`
   * exactly once, last; it never throws. `completed` comes as soon as the answer is known: what is
   * left of the processes is then stopped behind it, see {@link Agent.settled}.
   *
   * @param signal Aborting stops the whole tree of processes; the outcome is then `stopped`.
   */
  run(request: AgentRequest, signal: AbortSignal): AsyncIterable<AgentEvent>;
  /** Resolves when no process of any run that has completed is left. */
  settled(): Promise<void>;
  /**
   * Stops processes that an earlier, dead instance left behind: those whose marker starts with one of
   * the given prefixes and that started no earlier than its `sinceMs`. What its runs left in files goes
   * too.
   *
   * @returns How many processes were stopped.
   */
  stopLeftovers(
    prefixes: readonly { readonly prefix: string; readonly sinceMs: number }[],
  ): Promise<number>;
  /** Says in a sentence or two of Markdown what a failure means and what the person can do about it. */
  explain(failure: AgentFailure): string;
  /**
   * Looks at the program. Takes up to a few seconds; gives up when `signal` aborts. Never throws: what
   * cannot be told is `null`.
   */
  readiness(signal: AbortSignal): Promise<AgentReadiness>;
}
