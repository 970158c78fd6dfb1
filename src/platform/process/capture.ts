import { start, type Command } from './spawn.ts';
import { within } from './within.ts';

/** More than any program prints that is only asked a question. */
const MAX_LINE_COUNT = 1000;

/**
 * Runs a program that only prints something and ends.
 *
 * @param limitMs After this, or when `signal` aborts, it is killed.
 * @returns Its standard output whatever its exit code, or `null` when it did not end by itself.
 */
export async function runToEnd(
  command: Command,
  limitMs: number,
  signal: AbortSignal,
): Promise<string | null> {
  if (signal.aborted) return null;
  const child = start(command);
  const aborted = Promise.withResolvers<void>();
  const onAbort = (): void => aborted.resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  const texts: string[] = [];
  const reading = (async () => {
    for await (const line of child.lines) {
      if (line.kind === 'line' && texts.length < MAX_LINE_COUNT) texts.push(line.text);
    }
    return child.ended;
  })();
  try {
    const isOver = await within(limitMs, Promise.race([reading, aborted.promise]));
    if (!isOver || signal.aborted) return null;
    const end = await child.ended;
    return end.kind === 'exited' ? texts.join('\n') : null;
  } finally {
    signal.removeEventListener('abort', onAbort);
    child.signal('SIGKILL');
    child.stopReading();
  }
}
