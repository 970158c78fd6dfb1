import { lookAround } from '../ops/status/status.ts';
import type { CliContext, CommonOptions } from './context.ts';
import { formatFindings, wantsColours } from './findings.ts';
import { EXIT_OF, withSite } from './site.ts';

/** Prints how everything is, in a line each: 0 where all is well, 69 where the service does not run. */
export async function status(context: CliContext, options: CommonOptions): Promise<number> {
  const { home, verdict, findings } = await withSite(context, async (site) => ({
    home: site.configuration.home,
    ...(await lookAround(site)),
  }));
  context.print(
    options.json === true
      ? JSON.stringify({ home, verdict, findings }, null, 2)
      : formatFindings(findings, {
          isColoured: wantsColours(process.stdout, context.environment),
        }),
  );
  return EXIT_OF[verdict];
}
