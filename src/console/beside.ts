import type { Clock } from '../core/clock.ts';
import type { Finding } from '../core/finding.ts';
import { backupFinding } from '../ops/backup/finding.ts';
import { createScheduler } from '../ops/schedule/create.ts';
import { healthCheckFinding } from '../ops/status/health-check.ts';
import { inTime } from '../ops/status/site.ts';
import type { Subscribe } from '../pages/live.ts';
import { inspectConfiguration, type Environment } from '../platform/configuration/load.ts';
import { createHost } from '../platform/host.ts';

/** Other programs are asked, so it takes a while, and seldom changes. */
const FRESH_MS = 60_000;
const LIMIT_MS = 3000;

/** What looks after the service from beside it: the backup, and the health check that cron runs. */
export interface Beside {
  /** What was found the last time; `null` before that. */
  latest(): readonly Finding[] | null;
  /** Takes a look, where the last one is a minute old. Returns at once. */
  look(): void;
  /** Tells when a look came to an end. */
  readonly subscribe: Subscribe;
}

export function createBeside(parts: {
  readonly environment: Environment;
  readonly clock: Clock;
}): Beside {
  const { environment, clock } = parts;
  const listeners = new Set<() => void>();
  let latest: readonly Finding[] | null = null;
  let lookedAtMs = Number.NEGATIVE_INFINITY;

  const find = async (): Promise<void> => {
    latest = await Promise.all([
      inTime('backup', LIMIT_MS, () => {
        const { settings } = inspectConfiguration(environment);
        return backupFinding(createHost(environment), settings, clock);
      }),
      inTime('health check', LIMIT_MS, () =>
        healthCheckFinding({ scheduler: createScheduler(createHost(environment)) }),
      ),
    ]);
    for (const tell of listeners) tell();
  };

  return {
    latest: () => latest,
    look: () => {
      if (clock.elapsed() - lookedAtMs < FRESH_MS) return;
      lookedAtMs = clock.elapsed();
      void find();
    },
    subscribe: (changed) => {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
  };
}
