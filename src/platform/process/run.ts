import { messageOf } from '../../core/error.ts';
import { start, type Command } from './spawn.ts';
import { within } from './within.ts';

const MAX_LINE_COUNT = 100_000;

/** How a program that was run to its end came out. */
export type RunOutcome =
  | {
      readonly kind: 'exited';
      readonly code: number;
      readonly stdout: string;
      /** The last 64 KiB of it. */
      readonly stderr: string;
    }
  /** It was killed: by a signal from elsewhere, or because its time was over. */
  | { readonly kind: 'killed'; readonly reason: string; readonly stderr: string }
  | { readonly kind: 'not-started'; readonly reason: string };

/**
 * Runs a program to its end and tells everything about it. Never throws.
 *
 * @param limitMs After this, or when `signal` aborts, it is killed.
 * @param onLine Called for each line of its standard output as it comes.
 * @param onErrorOutput Gets each piece of its standard error as it comes.
 */
export async function run(
  command: Command,
  limitMs: number,
  options: {
    readonly signal?: AbortSignal;
    readonly onLine?: (line: string) => void;
    readonly onErrorOutput?: (chunk: Uint8Array) => void;
  } = {},
): Promise<RunOutcome> {
  const { signal, onLine } = options;
  if (signal?.aborted === true) return { kind: 'not-started', reason: 'stopped before it began' };
  const child = start(command, undefined, options.onErrorOutput);
  const aborted = Promise.withResolvers<void>();
  let isAborted = false;
  const onAbort = (): void => {
    isAborted = true;
    // At once: whoever aborts may be about to end this process.
    child.signal('SIGKILL');
    aborted.resolve();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  const lines: string[] = [];
  const reading = (async () => {
    for await (const line of child.lines) {
      if (line.kind !== 'line' || lines.length >= MAX_LINE_COUNT) continue;
      lines.push(line.text);
      onLine?.(line.text);
    }
    const end = await child.ended;
    await child.stderrEnded;
    return end;
  })();
  try {
    const inTime = await within(limitMs, Promise.race([reading, aborted.promise]));
    if (isAborted) return killed('it was stopped', child.stderrTail());
    if (!inTime) return killed(`it did not end within ${limitMs / 1000} s`, child.stderrTail());
    const end = await reading;
    if (end.kind === 'spawn-failed') return { kind: 'not-started', reason: end.message };
    if (end.kind === 'signalled')
      return killed(`it was ended by ${end.signal}`, child.stderrTail());
    return {
      kind: 'exited',
      code: end.code,
      stdout: lines.join('\n'),
      stderr: child.stderrTail().trim(),
    };
  } catch (thrown) {
    return killed(messageOf(thrown), child.stderrTail());
  } finally {
    signal?.removeEventListener('abort', onAbort);
    child.signal('SIGKILL');
    child.stopReading();
  }
}

function killed(reason: string, stderr: string): RunOutcome {
  return { kind: 'killed', reason, stderr: stderr.trim() };
}

/** An outcome as the rest of a sentence: `exit code 1: no such unit`. */
export function describeRun(outcome: RunOutcome): string {
  switch (outcome.kind) {
    case 'exited': {
      const said = lastLineOf(outcome.stderr) || lastLineOf(outcome.stdout);
      return `exit code ${outcome.code}${said === '' ? '' : `: ${said}`}`;
    }
    case 'killed': {
      const said = lastLineOf(outcome.stderr);
      return `${outcome.reason}${said === '' ? '' : `: ${said}`}`;
    }
    case 'not-started':
      return outcome.reason;
  }
}

function lastLineOf(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
