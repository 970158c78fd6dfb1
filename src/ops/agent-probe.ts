import type { Agent, AgentReadiness } from '../core/agent.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../platform/log.ts';
import { createLook } from './look.ts';

const PROBE_LIMIT_MS = 20_000;
const FRESH_MS = 5 * 60_000;
const KEPT_MS = 15 * 60_000;
const WAIT_MS = 500;

/**
 * Makes what knows how the agent's program is, without starting it each time it is asked. The first
 * look begins at once; a change is logged.
 */
export function createAgentProbe(
  agent: Agent,
  clock: Clock,
  log: Logger,
): () => Promise<AgentReadiness> {
  let lastRemedy: string | null = null;
  const readiness = createLook({
    clock,
    look: async () => {
      const found = await agent.readiness(AbortSignal.timeout(PROBE_LIMIT_MS));
      if (found.remedy !== lastRemedy) {
        if (found.remedy === null) log.info(found, 'agent.ready');
        else log.warn(found, 'agent.not-ready');
      }
      lastRemedy = found.remedy;
      return found;
    },
    isWell: ({ remedy }) => remedy === null,
    freshMs: FRESH_MS,
    keptMs: KEPT_MS,
    waitMs: WAIT_MS,
  });
  void readiness();
  return readiness;
}
