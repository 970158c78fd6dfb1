import type { Clock } from '../core/clock.ts';
import type { Mask } from '../core/mask.ts';
import type { Recall } from '../memory/recall.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Outbox } from '../outbox/append.ts';
import type { OutgoingFiles } from '../outbox/outgoing.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import type { Approvals } from '../turns/approvals.ts';
import type { Questions } from '../turns/questions.ts';
import type { Restarts } from '../turns/restarts.ts';
import type { Search } from '../turns/search.ts';
import type { ToolUser } from '../turns/tools.ts';

/** Below this name Claude knows the tools: `mcp__claudio__send_message`. */
export const TOOLS_NAME = 'claudio';

/** The one of them that decides about uses of others. It is Claude Code's, and hidden from the model. */
export const APPROVAL_TOOL = 'approve';

/** What the tools about memories work with. */
export interface ToolMemory {
  readonly store: MemoryStore;
  readonly recall: Recall;
}

/** What tools work with, whichever turn they are for. */
export interface ToolParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly outgoing: OutgoingFiles;
  readonly questions: Questions;
  readonly approvals: Approvals;
  readonly restarts: Restarts;
  readonly search: Search;
  /** `null` where it is turned off: its tools are not offered then. */
  readonly memory: ToolMemory | null;
  readonly log: Logger;
  /** What Claude has of its own tools, unasked in `auto`: a part of one is all that is there of it. */
  readonly agentTools: readonly string[];
  /** Claudio's own folder, absolute. */
  readonly home: string;
  /** Knows only kinds of keys unless given. */
  readonly mask?: Mask;
  /** Called after each commit that put something into the outbox. */
  readonly said: () => void;
  /** How often a sign of life goes to a program that waits for an answer. */
  readonly keepAliveMs?: number;
}

/** What the tools of one attempt at a turn work with. They see this turn and nothing else. */
export interface ToolContext extends ToolParts {
  readonly user: ToolUser;
  readonly keepAliveMs: number;
  /** Aborted when the tools are closed: nothing may be done for this turn any more. */
  readonly closed: AbortSignal;
  /** How many calls wait for a person. */
  readonly waiting: { count: number };
  /** The questions of this attempt that are waited for. */
  readonly asking: Set<number>;
  /** Those that were answered in this attempt. */
  readonly answered: Set<number>;
  /** How often this attempt asked that something be remembered. */
  readonly remembering: { callCount: number };
}
