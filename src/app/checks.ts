import type { AgentReadiness } from '../core/agent.ts';
import type { Clock } from '../core/clock.ts';
import type { Check } from '../http/health.ts';
import type { Queue } from '../inbox/queue.ts';
import { diskCheck, waitingCheck } from '../ops/checks.ts';
import type { Deliverer } from '../outbox/deliverer.ts';
import type { Boot } from '../turns/boot.ts';

/** The checks of `GET /health`, by name. */
export function createChecks(parts: {
  readonly boot: Boot;
  readonly clock: Clock;
  readonly home: string;
  readonly queue: Queue;
  readonly deliverer: Deliverer;
  readonly agentReadiness: () => Promise<AgentReadiness>;
  readonly webhook: Check;
  /** Where the service runs one. */
  readonly tunnel: Check | null;
}): Readonly<Record<string, Check>> {
  return {
    database: () => {
      parts.boot.seen();
      return { ok: true };
    },
    webhook: parts.webhook,
    ...(parts.tunnel === null ? {} : { tunnel: parts.tunnel }),
    claude: async () => {
      const { found, version, loggedIn, remedy } = await parts.agentReadiness();
      return {
        ok: remedy === null,
        found,
        version,
        loggedIn,
        ...(remedy === null ? {} : { remedy }),
      };
    },
    queue: () => {
      const { waitingCount, oldestQueuedAtMs } = parts.queue.depth();
      return waitingCheck(parts.clock, waitingCount, oldestQueuedAtMs);
    },
    deliveries: () => {
      const { waitingCount, oldestCreatedAtMs } = parts.deliverer.waiting();
      return waitingCheck(parts.clock, waitingCount, oldestCreatedAtMs);
    },
    disk: () => diskCheck(parts.home),
  };
}
