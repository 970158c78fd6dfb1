import { join } from 'node:path';
import { formatLine } from '../ops/log-reader/line.ts';
import { levelNamed, readLog } from '../ops/log-reader/read-log.ts';
import { claudioHomePath } from '../platform/configuration/load.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';
import { wantsColours } from './findings.ts';

/** Prints the log, until Ctrl-C with `--follow`, or until nobody reads it any more. */
export async function log(
  context: CliContext,
  options: CommonOptions & {
    readonly follow?: boolean;
    readonly lines: number;
    readonly level?: string;
    readonly turn?: number;
  },
): Promise<number> {
  const { environment } = context;
  const { stdout } = process;
  const level = options.level === undefined ? null : levelNamed(options.level);
  const path = join(claudioHomePath(environment), 'claudio.log');
  const colours = wantsColours(stdout, environment);
  const over = new AbortController();
  const end = () => over.abort();
  // EPIPE: `claudio log | head` has seen enough.
  stdout.on('error', end);
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  await readLog(
    path,
    {
      count: options.lines,
      follow: options.follow === true,
      filter: { level, turn: options.turn ?? null },
    },
    (line) => {
      if (!over.signal.aborted) {
        context.print(options.json === true ? line : formatLine(line, colours));
      }
    },
    (sentence) => void process.stderr.write(`${sentence}\n`),
    over.signal,
  );
  if (!over.signal.aborted) await new Promise<void>((resolve) => stdout.write('', () => resolve()));
  return EXIT.ok;
}
