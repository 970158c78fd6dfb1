import type { AgentEvent } from '../../core/agent.ts';
import { digestOf } from '../../platform/digest.ts';
import { describeToolUse } from './activity.ts';
import type { StreamMessage } from './stream.ts';

/** An answer is told at most so often while it is written; its end is told at once. */
const TEXT_EVERY_MS = 250;

/** What is told before a run has completed. */
export type EarlyEvent = Exclude<AgentEvent, { type: 'completed' }>;

/** Turns what the stream of one run says into events, one message at a time. */
export interface Teller {
  eventsOf(message: StreamMessage): Generator<EarlyEvent, void, undefined>;
  /** The uses of tools that were told to have begun, and not to have ended. */
  openToolUseIds(): readonly string[];
  /** Must be called in the end: it holds a timer. */
  stop(): void;
}

/**
 * @param options.tellsStart Whether to tell `started`.
 * @param options.workDir Absolute; paths below it are shown relative to it.
 */
export function createTeller(options: {
  readonly tellsStart: boolean;
  readonly workDir: string;
}): Teller {
  const atWork = new Set<string>();
  let text = '';
  let toldText = '';
  let pause: NodeJS.Timeout | undefined;

  function* tellText(): Generator<EarlyEvent, void, undefined> {
    if (text === toldText) return;
    toldText = text;
    if (text.trim() !== '') yield { type: 'progress', progress: { kind: 'text', text } };
  }

  return {
    *eventsOf(message) {
      switch (message.type) {
        case 'init':
          if (!options.tellsStart) return;
          yield { type: 'started', sessionId: message.sessionId, model: message.model };
          return;
        case 'assistant':
          for (const use of message.toolUses) {
            const summary = describeToolUse(use, options.workDir);
            const inputDigest = digestOf(use.input);
            const toolUse = { id: use.id, tool: use.name, summary, inputDigest };
            atWork.add(use.id);
            yield { type: 'progress', progress: { kind: 'tool-began', toolUse } };
          }
          return;
        case 'tool-results':
          for (const toolUseId of message.toolUseIds) {
            if (!atWork.delete(toolUseId)) continue;
            yield { type: 'progress', progress: { kind: 'tool-ended', toolUseId } };
          }
          return;
        case 'message-start':
          text = '';
          toldText = '';
          return;
        case 'text-start':
          if (text.trim() !== '') text += '\n\n';
          return;
        case 'text-delta':
          text += message.text;
          if (pause !== undefined) return;
          pause = setTimeout(() => {
            pause = undefined;
          }, TEXT_EVERY_MS);
          yield* tellText();
          return;
        case 'block-end':
          yield* tellText();
          return;
        case 'result':
        case 'retry':
        case 'rate-limit':
        case 'other':
        case 'malformed':
      }
    },
    openToolUseIds: () => [...atWork],
    stop: () => clearTimeout(pause),
  };
}
