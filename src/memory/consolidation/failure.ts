import type { AgentFailure } from '../../core/agent.ts';

const MINUTE_MS = 60_000;
/** How long everything waits that an outage kept from being done. */
const OUTAGE_PAUSE_MS = 10 * MINUTE_MS;
const LIMIT_PAUSE_MS = 60 * MINUTE_MS;
/** However far away a limit says that it ends. */
const LONGEST_PAUSE_MS = 24 * 60 * MINUTE_MS;

/** How long a batch waits after its first failure and its second, and what comes after it when it was given up. */
export const BACK_OFF_MS = [MINUTE_MS, 5 * MINUTE_MS, 25 * MINUTE_MS] as const;

/**
 * How long to call nothing after a failure that is not the fault of what was asked, but of the program, the
 * account or the network; `null` where what was asked may be at fault.
 */
export function outagePauseMs(failure: AgentFailure, nowMs: number): number | null {
  switch (failure.code) {
    case 'usage-limit': {
      const pauseMs =
        failure.resetsAtMs === null
          ? LIMIT_PAUSE_MS
          : Math.max(failure.resetsAtMs - nowMs, MINUTE_MS);
      return Math.min(pauseMs, LONGEST_PAUSE_MS);
    }
    case 'not-found':
    case 'no-folder':
    case 'cannot-start':
    case 'not-logged-in':
    case 'invalid-credentials':
    case 'forbidden':
    case 'rate-limited':
    case 'overloaded':
    case 'server-error':
    case 'unreachable':
    case 'unknown-model':
    case 'bad-invocation':
    case 'killed':
      return OUTAGE_PAUSE_MS;
    case 'prompt-too-long':
    case 'bad-request':
    case 'max-turns':
    case 'max-budget':
    case 'execution-error':
    case 'idle':
    case 'no-answer':
      return null;
  }
}
