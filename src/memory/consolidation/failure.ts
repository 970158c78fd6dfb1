import type { AgentFailure } from '../../core/agent.ts';

type Code = AgentFailure['code'];

const MINUTE_MS = 60_000;
/** How long everything waits that an outage kept from being done. */
const OUTAGE_PAUSE_MS = 10 * MINUTE_MS;
const LIMIT_PAUSE_MS = 60 * MINUTE_MS;
/** However far away a limit says that it ends. */
const LONGEST_PAUSE_MS = 24 * 60 * MINUTE_MS;

/** How long a batch waits after its first failure and its second, and what comes after it when it was given up. */
export const BACK_OFF_MS = [MINUTE_MS, 5 * MINUTE_MS, 25 * MINUTE_MS] as const;

/** So many outages over one batch count as a failure of it, where it may be what brings them about. */
export const OUTAGE_COUNT = 6;

/**
 * Who is at fault. `outage`: the program, the account or the network; `unclear`: one of these, it seems, but
 * a batch may bring it about, such as one that the server or a filter on the way chokes on; `asked`: what
 * was asked.
 */
const FAULTS: Readonly<Record<Code, 'outage' | 'unclear' | 'asked'>> = {
  'not-found': 'outage',
  'no-folder': 'outage',
  'no-sandbox': 'outage',
  'cannot-start': 'outage',
  'not-logged-in': 'outage',
  'invalid-credentials': 'outage',
  'usage-limit': 'outage',
  'rate-limited': 'outage',
  unreachable: 'outage',
  'unknown-model': 'outage',
  forbidden: 'unclear',
  overloaded: 'unclear',
  'server-error': 'unclear',
  'bad-invocation': 'unclear',
  killed: 'unclear',
  'prompt-too-long': 'asked',
  'bad-request': 'asked',
  'max-turns': 'asked',
  'max-budget': 'asked',
  'execution-error': 'asked',
  idle: 'asked',
  'no-answer': 'asked',
};
const FAULT_OF: ReadonlyMap<string, string> = new Map(Object.entries(FAULTS));

/** The codes of the outages that a batch may bring about. */
export const UNCLEAR_CODES: readonly string[] = Object.keys(FAULTS).filter(
  (code) => FAULT_OF.get(code) === 'unclear',
);

/**
 * How long to call nothing after a failure that is not the fault of what was asked, but of the program, the
 * account or the network; `null` where what was asked is at fault.
 */
export function outagePauseMs(failure: AgentFailure, nowMs: number): number | null {
  const pauseMs = pauseMsAfter(failure.code);
  if (failure.code !== 'usage-limit' || failure.resetsAtMs === null) return pauseMs;
  return Math.min(Math.max(failure.resetsAtMs - nowMs, MINUTE_MS), LONGEST_PAUSE_MS);
}

/** The same for a call of which nothing but its outcome is known. */
export function pauseMsAfter(outcome: string): number | null {
  const fault = FAULT_OF.get(outcome);
  if (fault !== 'outage' && fault !== 'unclear') return null;
  return outcome === 'usage-limit' ? LIMIT_PAUSE_MS : OUTAGE_PAUSE_MS;
}

/** Whether what was asked may have to do with a failure. */
export function mayBeAsked(failure: AgentFailure): boolean {
  return FAULTS[failure.code] !== 'outage';
}
