import { constants } from 'node:os';
import type { AgentFailure } from '../../core/agent.ts';
import type { ProcessEnd } from '../../platform/process/spawn.ts';
import type { ResultMessage } from './stream.ts';
import { readUsageLimit, readWording, saysUnknownModel } from './wordings.ts';

/** What was said about the subscription before the end, or `null`. */
export type RateLimit = { readonly isRejected: boolean; readonly resetsAtMs: number | null } | null;

/**
 * Finds out why a run failed that has a result.
 *
 * @param model The one that was asked for.
 */
export function failureOfResult(
  result: ResultMessage,
  rateLimit: RateLimit,
  model: string,
): AgentFailure {
  switch (result.subtype) {
    case 'error_max_turns':
      return { code: 'max-turns' };
    case 'error_max_budget_usd':
      return { code: 'max-budget' };
    default: {
      const words = [result.text, ...result.errors].join('\n');
      return (
        usageLimit(words, result.httpStatus, rateLimit) ??
        failureOfWords(words, result.httpStatus, model)
      );
    }
  }
}

/** Reads a used-up subscription from its words, or from the event that comes before a bare 429. */
export function usageLimit(
  words: string,
  httpStatus: number | null,
  rateLimit: RateLimit,
): Extract<AgentFailure, { code: 'usage-limit' }> | null {
  const isRejected = rateLimit?.isRejected ?? false;
  const resetsAtMs = isRejected ? (rateLimit?.resetsAtMs ?? null) : null;
  const said = readUsageLimit(words);
  if (said !== null) return { ...said, resetsAtMs: said.resetsAtMs ?? resetsAtMs };
  if (httpStatus !== 429 || !isRejected) return null;
  return { code: 'usage-limit', resetsAtMs, resetsAtText: null };
}

function failureOfWords(words: string, httpStatus: number | null, model: string): AgentFailure {
  if (saysUnknownModel(words)) return { code: 'unknown-model', model };
  const known = readWording(words);
  if (known !== null) return known;
  if (httpStatus === null) return { code: 'execution-error' };
  if (httpStatus === 401) return { code: 'invalid-credentials' };
  if (httpStatus === 403) return { code: 'forbidden' };
  if (httpStatus === 413) return { code: 'prompt-too-long' };
  if (httpStatus === 429) return { code: 'rate-limited' };
  if (httpStatus === 529) return { code: 'overloaded' };
  return httpStatus >= 500 ? { code: 'server-error', httpStatus } : { code: 'bad-request' };
}

const SPAWN_FAILURES = {
  'not-found': 'not-found',
  'not-executable': 'not-found',
  'no-folder': 'no-folder',
  'too-long': 'bad-invocation',
  other: 'cannot-start',
} as const;

/**
 * Finds out why a run ended without a result, from how its process ended and what it left on standard
 * error. `null` for a clean exit.
 */
export function failureOfEnd(end: ProcessEnd, stderr: string): AgentFailure | null {
  switch (end.kind) {
    case 'spawn-failed':
      return { code: SPAWN_FAILURES[end.reason] };
    case 'signalled':
      return { code: 'killed', signal: end.signal };
    case 'exited': {
      if (end.code === 0) return null;
      const signal = signalOfCode(end.code);
      if (signal !== null) return { code: 'killed', signal };
      const words = stderr.trim();
      if (words === '') return { code: 'execution-error' };
      return readUsageLimit(words) ?? readWording(words) ?? { code: 'bad-invocation' };
    }
  }
}

/** Claude Code ends with 128 and the signal's number when it is told to stop. */
function signalOfCode(code: number): string | null {
  const entry = Object.entries(constants.signals).find(([, number]) => code === 128 + number);
  return entry?.[0] ?? null;
}
