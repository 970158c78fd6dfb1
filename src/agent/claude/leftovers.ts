import { messageOf } from '../../core/error.ts';
import { createTree } from '../../platform/process/tree.ts';
import { MARKER_VARIABLE } from './environment.ts';
import type { Logger } from './log.ts';
import { removeRunFiles } from './run-files.ts';

/** The system tells the time of a process's start from that of its own start, in whole seconds. */
const START_TOLERANCE_MS = 2000;

/**
 * Stops what the runs of an earlier, dead instance left behind, with everything that those processes
 * started, and the files they were given. May be called while runs of this instance go on: their
 * markers are others.
 *
 * @param prefixes A marker that starts with `prefix` counts from `sinceMs` (since the epoch) on.
 * @returns How many processes were stopped.
 */
export async function stopLeftovers(
  prefixes: readonly { readonly prefix: string; readonly sinceMs: number }[],
  tempDir: string,
  log: Logger,
): Promise<number> {
  if (prefixes.length === 0) return 0;
  const tree = createTree({
    root: null,
    variable: MARKER_VARIABLE,
    isOurs: (value, entry) =>
      prefixes.some(
        ({ prefix, sinceMs }) =>
          value.startsWith(prefix) && entry.startedAtMs >= sinceMs - START_TOLERANCE_MS,
      ),
  });
  const report = await tree.stop();
  if (report.leftCount > 0) log.warn(report, 'agent.leftovers-alive');
  try {
    await removeRunFiles(
      prefixes.map(({ prefix }) => prefix),
      tempDir,
    );
  } catch (error) {
    log.warn({ error: messageOf(error) }, 'agent.leftovers-kept');
  }
  return report.stoppedCount;
}
