import type { Stage } from './stage.ts';
import { readTraceRows } from './trace-rows.ts';
import { stateOf, type Step, stepsOf, type TraceState } from './trace-steps.ts';
import { waysOf } from './trace-ways.ts';

export { STAGES, type StageName, type Step, type TraceState } from './trace-steps.ts';

/** The way of one message of the person, or of one album. */
export interface Trace {
  /** Of an album: its first. */
  readonly messageId: number;
  readonly text: string;
  readonly state: TraceState;
  /** In the order in which they happened; empty where they were not asked for. */
  readonly steps: readonly Step[];
}

/**
 * The ways of the newest messages of the person in their private chat, newest first.
 *
 * @param stepsOfCount So many of them come with their steps: all unless given.
 * @throws what the database throws when it cannot be read.
 */
export function tracesOf(stage: Stage, count: number, stepsOfCount = count): readonly Trace[] {
  const ways = waysOf(stage.api, count);
  const rows = readTraceRows(stage.database(), stage.api, ways);
  return ways.map((way, index) => ({
    messageId: way.messageId,
    text: way.text,
    state: stateOf(way, rows),
    steps: index < stepsOfCount ? stepsOf(way, rows) : [],
  }));
}
