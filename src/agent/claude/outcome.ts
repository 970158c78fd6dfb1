import type { AgentFailure, AgentOutcome } from '../../core/agent.ts';
import type { ProcessEnd } from '../../platform/process/spawn.ts';
import { failureOfEnd, failureOfResult, usageLimit, type RateLimit } from './failure.ts';
import type { Reading } from './reading.ts';
import type { ResultMessage } from './stream.ts';

/** How the watching of a run came to its end. */
export type RunEnd =
  | { readonly kind: 'result'; readonly result: ResultMessage }
  /** The output ended without one. */
  | { readonly kind: 'ended'; readonly end: ProcessEnd }
  | { readonly kind: 'idle'; readonly idleLimitMs: number }
  | { readonly kind: 'stopped' };

/**
 * Turns all that is known of a run into its outcome.
 *
 * @param askedModel Stands in where the program never named the model it runs.
 * @param stderr The end of standard error: goes into `detail` only.
 */
export function outcomeOf(
  end: RunEnd,
  reading: Reading,
  askedModel: string,
  stderr: string,
): AgentOutcome {
  const model = reading.model ?? askedModel;
  const failed = (failure: AgentFailure, words = ''): AgentOutcome => ({
    kind: 'failed',
    failure,
    detail: detailOf(words, stderr, reading),
    model,
    usage: reading.usage,
  });
  const answered = (text: string, deniedTools: readonly string[]): AgentOutcome => ({
    kind: 'answered',
    text,
    model,
    usage: reading.usage,
    deniedTools,
    fallback: null,
  });

  switch (end.kind) {
    case 'stopped':
      return { kind: 'stopped', usage: reading.usage };
    case 'idle':
      return failed({ code: 'idle', idleLimitMs: end.idleLimitMs });
    case 'ended': {
      const failure = failureOfEnd(end.end, stderr);
      if (failure !== null) return failed(failure, wordsOf(end.end));
      // It left in peace and its result never came: what the model said last is its answer.
      if (reading.lastText.trim() !== '') return answered(reading.lastText, []);
      return failed({ code: 'no-answer' }, 'exit 0 without a result');
    }
    case 'result': {
      const { result } = end;
      const words = [result.subtype, result.text, ...result.errors].join('\n');
      if (result.isError) {
        return failed(failureOfResult(result, reading.rateLimit, askedModel), words);
      }
      const limit = disguisedLimit(result, reading.isLastSynthetic, reading.rateLimit);
      if (limit !== null) return failed(limit, words);
      const text = result.text.trim() === '' ? reading.lastText : result.text;
      return text.trim() === ''
        ? failed({ code: 'no-answer' }, words)
        : answered(text, result.deniedTools);
    }
  }
}

/** Some versions report a used-up subscription as a success. */
function disguisedLimit(
  result: ResultMessage,
  isSynthetic: boolean,
  rateLimit: RateLimit,
): AgentFailure | null {
  const isSuspect = isSynthetic || rateLimit?.isRejected === true || /\|\d{10}$/.test(result.text);
  return isSuspect ? usageLimit(result.text, result.httpStatus, rateLimit) : null;
}

function wordsOf(end: ProcessEnd): string {
  switch (end.kind) {
    case 'exited':
      return `exit ${end.code}`;
    case 'signalled':
      return `signal ${end.signal}`;
    case 'spawn-failed':
      return `${end.reason}: ${end.message}`;
  }
}

const MAX_DETAIL_CHARS = 4000;

function detailOf(words: string, stderr: string, reading: Reading): string {
  const malformed = reading.malformedCount > 0 ? `unreadable lines: ${reading.malformedCount}` : '';
  return [words, stderr, malformed]
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join('\n')
    .slice(-MAX_DETAIL_CHARS);
}
