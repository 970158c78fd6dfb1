import { NO_USAGE, type Usage } from '../../core/turn.ts';
import type { RateLimit } from './failure.ts';
import type { StreamMessage } from './stream.ts';

/** What the stream of one run has told so far. */
export interface Reading {
  /** As the program names it; `null` before it has. */
  readonly model: string | null;
  /** The model's last words outside of sub-agents; blank when there were none. */
  readonly lastText: string;
  /** Whether the last message was written by Claude Code in the model's place. */
  readonly isLastSynthetic: boolean;
  readonly rateLimit: RateLimit;
  /** Of the result once there is one, else the sum over the messages seen; those know no cost. */
  readonly usage: Usage;
  /** Tools used, by name, in order of first use. */
  readonly usedTools: readonly string[];
  readonly malformedCount: number;
}

/** Gathers {@link Reading}, one message at a time. */
export interface Reader {
  take(message: StreamMessage): void;
  reading(): Reading;
}

export function createReader(): Reader {
  let model: string | null = null;
  let lastText = '';
  let isLastSynthetic = false;
  let rateLimit: RateLimit = null;
  let resultUsage: Usage | null = null;
  let malformedCount = 0;
  const usedTools = new Set<string>();
  // One message of the model comes as several lines, each with the usage of the whole.
  const usages = new Map<string, Usage>();

  return {
    take(message) {
      switch (message.type) {
        case 'init':
          model ??= message.model;
          return;
        case 'rate-limit':
          rateLimit = message;
          return;
        case 'result':
          resultUsage = message.usage;
          return;
        case 'malformed':
          malformedCount += 1;
          return;
        case 'assistant':
          isLastSynthetic = message.isSynthetic;
          usages.set(message.messageId, message.usage);
          for (const use of message.toolUses) usedTools.add(use.name);
          if (!message.isSynthetic && !message.isSubAgent && message.text.trim() !== '') {
            lastText = message.text;
          }
          return;
        case 'tool-results':
        case 'message-start':
        case 'text-start':
        case 'text-delta':
        case 'block-end':
        case 'retry':
        case 'other':
      }
    },
    reading: () => ({
      model,
      lastText,
      isLastSynthetic,
      rateLimit,
      usage: resultUsage ?? [...usages.values()].reduce(addUsage, NO_USAGE),
      usedTools: [...usedTools],
      malformedCount,
    }),
  };
}

export function addUsage(one: Usage, other: Usage): Usage {
  return {
    inputTokenCount: one.inputTokenCount + other.inputTokenCount,
    outputTokenCount: one.outputTokenCount + other.outputTokenCount,
    cacheReadTokenCount: one.cacheReadTokenCount + other.cacheReadTokenCount,
    cacheWriteTokenCount: one.cacheWriteTokenCount + other.cacheWriteTokenCount,
    costUsd: one.costUsd + other.costUsd,
  };
}
