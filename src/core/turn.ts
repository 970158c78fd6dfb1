import type { Mode } from './mode.ts';

/**
 * Where a turn stands. `joined`: another turn answers its message too. `interrupted`: it ran when the service died or was stopped, and only a person
 * can set it going again.
 */
export const TURN_STATUSES = [
  'queued',
  'running',
  'done',
  'failed',
  'interrupted',
  'cancelled',
  'joined',
] as const;

export type TurnStatus = (typeof TURN_STATUSES)[number];

/** The failure of a turn whose message could not be used then, and may be another time. */
export const UNUSABLE_NOW = 'unusable-now';

/** What one turn used, summed over all requests to the model. Tokens are counts, cost in US dollars. */
export interface Usage {
  readonly inputTokenCount: number;
  readonly outputTokenCount: number;
  readonly cacheReadTokenCount: number;
  readonly cacheWriteTokenCount: number;
  readonly costUsd: number;
}

export const NO_USAGE: Usage = {
  inputTokenCount: 0,
  outputTokenCount: 0,
  cacheReadTokenCount: 0,
  cacheWriteTokenCount: 0,
  costUsd: 0,
};

/** How a turn is to be run, where it is not as everything else in its conversation. */
export interface TurnOptions {
  /** What Claude is told in place of the message's text: a template, filled in and defused. */
  readonly instruction?: string | null;
  /** The name of a project. */
  readonly project?: string | null;
  readonly mode?: Mode | null;
  /** The only tools for it, of those that there are anyway: `Bash(git log:*)`. */
  readonly tools?: readonly string[] | null;
  /** Somebody who may do so wants it in spite of a rule. */
  readonly insisted?: boolean;
}
