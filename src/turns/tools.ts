import type { ToolServer } from '../core/agent.ts';
import type { Conversation } from '../core/conversation.ts';
import type { Mode } from '../core/mode.ts';
import type { Role } from '../core/role.ts';

/** The turn that tools are opened for, and what they may touch. */
export interface ToolUser {
  readonly turnId: number;
  /** From 1. */
  readonly attempt: number;
  readonly conversation: Conversation;
  /** Who asked, and what they are; `null`: nobody knows any more. */
  readonly personId: string | null;
  readonly role: Role;
  readonly mode: Mode;
  /** Absolute, with links resolved: where Claude works. */
  readonly folder: string;
  /** The only tools that Claude gets, of those that there are; `null`: all of them. */
  readonly tools: readonly string[] | null;
  /** The message that the turn answers. */
  readonly messageId: number;
  /** Absolute paths of the folders whose files may be sent: the working folder, the turn's own. */
  readonly sendableDirs: readonly string[];
  /** Patterns of the files that Claude may not touch: see `AgentRequest.deniedFiles`. */
  readonly deniedFiles: readonly string[];
  /** Whether the tools for files keep to {@link sendableDirs}. */
  readonly isConfined: boolean;
  /** Called when the turn begins to wait for a person, and when it goes on. */
  readonly waits: (isWaiting: boolean) => void;
}

/** Tools that are open for one attempt at a turn. */
export interface OpenTools {
  readonly server: ToolServer;
  /** Whether a question of this turn waits for its answer, or a use of a tool for leave. */
  isWaitingForPerson(): boolean;
  /** Ends the calls under way and makes the token worthless. May be called twice. */
  close(): void;
}

/** The port to the tools that Claude gets from Claudio. */
export interface TurnTools {
  open(user: ToolUser): OpenTools;
}
