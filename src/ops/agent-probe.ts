import type { Agent, AgentReadiness } from '../core/agent.ts';
import type { Clock } from '../core/clock.ts';

/** A look at the agent's program is good for this long, if nothing was wrong. */
const FRESH_MS = 5 * 60_000;
const PROBE_LIMIT_MS = 20_000;

/** Knows how the agent's program is, without starting it each time it is asked. */
export interface AgentProbe {
  /** What is known, or what a look finds out; a look goes on when nobody waits for it any more. */
  readiness(): Promise<AgentReadiness>;
}

export function createAgentProbe(agent: Agent, clock: Clock): AgentProbe {
  let known: { readonly readiness: AgentReadiness; readonly atMs: number } | undefined;
  let look: Promise<AgentReadiness> | undefined;

  const probe = async (): Promise<AgentReadiness> => {
    const readiness = await agent.readiness(AbortSignal.timeout(PROBE_LIMIT_MS));
    known = { readiness, atMs: clock.now() };
    return readiness;
  };

  return {
    readiness: async () => {
      const fresh = known !== undefined && clock.now() - known.atMs < FRESH_MS;
      if (known !== undefined && fresh && known.readiness.remedy === null) return known.readiness;
      look ??= probe().finally(() => {
        look = undefined;
      });
      return await look;
    },
  };
}
