import type { AgentFailure, AgentOutcome } from '../../core/agent.ts';
import { addUsage } from './reading.ts';
import { canChangeThings } from './tools.ts';

/** The model that steps in. */
export const FALLBACK_MODEL = 'haiku';

/**
 * Whether a failed run may be tried once more with {@link FALLBACK_MODEL}. Only where the model itself
 * is the trouble, and never after a tool that can change things was used: the same prompt is not run
 * twice behind anyone's back.
 *
 * @param model The one that failed, alias or full name.
 */
export function mayFallBack(
  failure: AgentFailure,
  model: string,
  usedTools: readonly string[],
): boolean {
  return !/haiku/i.test(model) && isAboutModel(failure) && !usedTools.some(canChangeThings);
}

function isAboutModel(failure: AgentFailure): boolean {
  switch (failure.code) {
    case 'unknown-model':
    case 'overloaded':
    case 'server-error':
    case 'rate-limited':
    case 'no-answer':
      return true;
    case 'not-found':
    case 'no-folder':
    case 'no-sandbox':
    case 'cannot-start':
    case 'not-logged-in':
    case 'invalid-credentials':
    case 'forbidden':
    case 'usage-limit':
    case 'unreachable':
    case 'prompt-too-long':
    case 'bad-request':
    case 'bad-invocation':
    case 'max-turns':
    case 'max-budget':
    case 'execution-error':
    case 'killed':
    case 'idle':
      return false;
  }
}

/**
 * Makes one outcome of two attempts, with the usage of both. Where both failed for want of a model, the
 * wanted one's failure counts; any other second failure is the one to act on.
 *
 * @param from The model that was wanted.
 */
export function mergeAttempts(
  from: string,
  first: Extract<AgentOutcome, { kind: 'failed' }>,
  second: AgentOutcome,
): AgentOutcome {
  const usage = addUsage(first.usage, second.usage);
  switch (second.kind) {
    case 'answered':
      return { ...second, usage, fallback: { from, failure: first.failure } };
    case 'stopped':
      return { kind: 'stopped', usage };
    case 'failed': {
      const detail = `${first.detail}\nthen, with ${FALLBACK_MODEL}: ${second.detail}`;
      const told = isAboutModel(second.failure) ? first : second;
      return { ...told, detail, usage };
    }
  }
}
