import type { Agent, AgentReadiness } from '../core/agent.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../platform/log.ts';

/** A look at the agent's program is good for this long. */
const FRESH_MS = 5 * 60_000;
const PROBE_LIMIT_MS = 20_000;

/** Knows how the agent's program is, without starting it each time it is asked. */
export interface AgentProbe {
  /**
   * What is known. Where that is old, a new look begins behind it; where nothing is known, or something
   * was wrong, the new look is waited for. A look goes on when nobody waits for it any more.
   */
  readiness(): Promise<AgentReadiness>;
}

/** The first look begins at once. */
export function createAgentProbe(agent: Agent, clock: Clock, log: Logger): AgentProbe {
  let known: { readonly readiness: AgentReadiness; readonly atMs: number } | undefined;
  let look: Promise<AgentReadiness> | undefined;

  const probe = async (): Promise<AgentReadiness> => {
    const readiness = await agent.readiness(AbortSignal.timeout(PROBE_LIMIT_MS));
    if (readiness.remedy !== (known?.readiness.remedy ?? null)) {
      if (readiness.remedy === null) log.info(readiness, 'agent.ready');
      else log.warn(readiness, 'agent.not-ready');
    }
    known = { readiness, atMs: clock.now() };
    return readiness;
  };
  const begin = () =>
    (look ??= probe().finally(() => {
      look = undefined;
    }));
  void begin();

  return {
    readiness: async () => {
      if (known === undefined || known.readiness.remedy !== null) return await begin();
      if (clock.now() - known.atMs >= FRESH_MS) void begin();
      return known.readiness;
    },
  };
}
