import { createScheduler } from '../ops/schedule/create.ts';
import { createServiceManager } from '../ops/service/create.ts';
import type { Site } from '../ops/status/site.ts';
import { systemClock } from '../platform/clock.ts';
import { inspectConfiguration } from '../platform/configuration/load.ts';
import { createHttpClient } from '../platform/http-client.ts';
import { EXIT, type CliContext } from './context.ts';

/** Does something with the installation that the environment names. */
export async function withSite<T>(
  { host, environment }: CliContext,
  work: (site: Site) => Promise<T>,
): Promise<T> {
  const http = createHttpClient();
  try {
    return await work({
      host,
      clock: systemClock,
      http,
      configuration: inspectConfiguration(environment),
      services: createServiceManager(host),
      scheduler: createScheduler(host),
    });
  } finally {
    await http.close();
  }
}

/** The exit code for what an installation was found to be. */
export const EXIT_OF = {
  ok: EXIT.ok,
  failed: EXIT.failed,
  'not-running': EXIT.unavailable,
  configuration: EXIT.config,
} as const;
