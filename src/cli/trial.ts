import { createTrial } from '../app/service.ts';
import { ClaudioError } from '../core/error.ts';
import { awaitHealth } from '../ops/update/health.ts';
import { createHttpClient } from '../platform/http-client.ts';
import { packageVersion } from '../platform/package.ts';
import { EXIT, type CliContext } from './context.ts';

const WELL_WITHIN_MS = 30_000;

/**
 * `claudio trial`, which `claudio update` runs with the new program: starts the service on the home so
 * that it takes nothing in, and prints how it is, as JSON on one line. The one that asks is older than
 * this, so neither its options nor what it prints may change.
 *
 * @param options.expect The checks that have to be well, with commas between them.
 */
export async function trial(
  context: CliContext,
  options: { readonly expect?: string },
): Promise<number> {
  const version = packageVersion();
  const tell = (reason: string | null, report: unknown): number => {
    context.print(JSON.stringify({ version, reason, report }));
    return reason === null ? EXIT.ok : EXIT.failed;
  };
  const http = createHttpClient();
  try {
    const service = await createTrial(context.environment);
    try {
      const found = await awaitHealth(http, service.port, {
        home: service.home,
        version,
        checks: (options.expect ?? 'database').split(','),
        withinMs: WELL_WITHIN_MS,
      });
      return tell(found.kind === 'well' ? null : found.reason, found.report);
    } finally {
      await service.stop();
    }
  } catch (error) {
    if (!(error instanceof ClaudioError)) throw error;
    return tell(error.message.replace(/\.$/u, ''), null);
  } finally {
    await http.close();
  }
}
