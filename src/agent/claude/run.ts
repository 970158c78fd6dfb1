import type { AgentOutcome } from '../../core/agent.ts';
import { messageOf } from '../../core/error.ts';
import { start, type Child, type Command } from '../../platform/process/spawn.ts';
import type { ProcessEntry } from '../../platform/process/entry.ts';
import { createProcessTable } from '../../platform/process/table.ts';
import { createTree, type ProcessTree } from '../../platform/process/tree.ts';
import { within } from '../../platform/process/within.ts';
import { MARKER_VARIABLE } from './environment.ts';
import { createTeller, type EarlyEvent } from './events.ts';
import { createIdleTimer } from './idle.ts';
import type { Logger } from './log.ts';
import { outcomeOf, type RunEnd } from './outcome.ts';
import { createReader } from './reading.ts';
import { parseStreamLine, type ResultMessage, type StreamMessage } from './stream.ts';

/** After its result the program gets this long to leave by itself. */
const EXIT_GRACE_MS = 2000;
/** On SIGINT it stops its own commands and reports what was used: seen to take 1.3 s. */
const INTERRUPT_GRACE_MS = 2000;

export interface RunOptions {
  readonly command: Command;
  /** Whether the command only runs the program, as the first child of its only child: a sandbox. */
  readonly isWrapped?: boolean;
  /** The value of {@link MARKER_VARIABLE} in the command's environment. */
  readonly marker: string;
  readonly model: string;
  readonly idleLimitMs: number;
  /** While it says true, the run may be silent. */
  readonly isWaitingForPerson: () => boolean;
  /** Whether to yield `started`: a turn tells it once, however many runs it takes. */
  readonly tellsStart: boolean;
  readonly log: Logger;
  /** Gets {@link RunReport.settled}, also when the events are no longer wanted and none is returned. */
  readonly onEnding: (settled: Promise<void>) => void;
}

/** What one run of the program came to. */
export interface RunReport {
  readonly outcome: AgentOutcome;
  readonly usedTools: readonly string[];
  /** The ids of the uses of tools that were told to have begun, and not to have ended. */
  readonly openToolUseIds: readonly string[];
  /** Resolves when no process of the run is left. */
  readonly settled: Promise<void>;
}

type Interruption = 'idle' | 'stopped';

/**
 * Runs the program once and yields what it tells on the way. An answer is returned as soon as it is
 * known, while the processes still end behind it; a run that was stopped or fell silent is returned
 * after all of its processes are gone. Never throws.
 */
export async function* runOnce(
  options: RunOptions,
  signal: AbortSignal,
): AsyncGenerator<EarlyEvent, RunReport, undefined> {
  const { command, marker, log } = options;
  const reader = createReader();
  const teller = createTeller({ tellsStart: options.tellsStart, workDir: command.cwd });
  const interruption = Promise.withResolvers<Interruption>();
  let interrupted: Interruption | null = null;
  const idle = createIdleTimer(options.idleLimitMs, options.isWaitingForPerson, () =>
    interrupt('idle'),
  );
  const child = start(command, () => idle.touch());
  const root = await rootOf(child, log);
  const tree = createTree({ root, variable: MARKER_VARIABLE, isOurs: (value) => value === marker });

  function interrupt(why: Interruption): void {
    if (interrupted !== null) return;
    interrupted = why;
    interruption.resolve(why);
  }
  const onAbort = (): void => interrupt('stopped');
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const politeStop = interruption.promise.then(() => stopPolitely(child, tree, options));

  const lines = child.lines[Symbol.asyncIterator]();
  let result: ResultMessage | null = null;
  let isOver = false;
  let ending: Promise<void> = Promise.resolve();
  try {
    while (result === null) {
      const next = await lines.next();
      if (next.done === true) break;
      const message: StreamMessage =
        next.value.kind === 'line' ? parseStreamLine(next.value.text) : { type: 'malformed' };
      reader.take(message);
      if (message.type === 'result') result = message;
      if (message.type === 'retry') log.info(message, 'agent.retry');
      if (interrupted !== null) continue;
      idle.pause();
      yield* teller.eventsOf(message);
      idle.resume();
    }
    if (result === null) await Promise.race([child.ended, interruption.promise]);
    isOver = true;
  } finally {
    idle.stop();
    teller.stop();
    signal.removeEventListener('abort', onAbort);
    // The consumer walked away in the middle: nothing may go on behind its back.
    if (!isOver) interrupt('stopped');
    ending = finish(child, tree, lines, interrupted === null ? null : politeStop, log);
    options.onEnding(ending);
    if (interrupted !== null || result === null) await ending;
  }

  const end = await endOf(result, interrupted, child, options.idleLimitMs);
  const reading = reader.reading();
  if (reading.malformedCount > 0) {
    log.warn({ count: reading.malformedCount }, 'agent.unreadable-output');
  }
  return {
    outcome: outcomeOf(end, reading, options.model, child.stderrTail()),
    usedTools: reading.usedTools,
    openToolUseIds: teller.openToolUseIds(),
    settled: ending,
  };
}

/** The mark alone tells the tree where the table cannot be read. */
async function rootOf(child: Child, log: Logger): Promise<ProcessEntry | null> {
  try {
    return child.pid === null ? null : await createProcessTable().find(child.pid);
  } catch (error) {
    log.warn({ pid: child.pid, error: messageOf(error) }, 'agent.tree-unknown');
    return null;
  }
}

/** An answer that came in spite of an idle limit is still an answer; a stopped run stays stopped. */
async function endOf(
  result: ResultMessage | null,
  interrupted: Interruption | null,
  child: Child,
  idleLimitMs: number,
): Promise<RunEnd> {
  if (interrupted === 'stopped') return { kind: 'stopped' };
  if (result !== null && (interrupted === null || !result.isError))
    return { kind: 'result', result };
  if (interrupted === 'idle') return { kind: 'idle', idleLimitMs };
  return { kind: 'ended', end: await child.ended };
}

/** Learns the tree while its links are whole, then asks the program to stop, and waits for that. */
async function stopPolitely(
  child: Child,
  tree: ProcessTree,
  { isWrapped = false, log }: RunOptions,
): Promise<void> {
  let program: ProcessEntry | null = null;
  try {
    const members = await tree.look();
    if (isWrapped) program = wrappedIn(child, members);
  } catch (error) {
    log.warn({ pid: child.pid, error: messageOf(error) }, 'agent.tree-unknown');
  }
  // A sandbox does not pass it on, but ends with all that is in it.
  if (program === null) child.signal('SIGINT');
  else await createProcessTable().signal(program, 'SIGINT');
  await within(INTERRUPT_GRACE_MS, child.ended);
  child.stopReading();
}

/** The oldest: what lost its parent in there is a child of the same one. */
function wrappedIn(child: Child, members: readonly ProcessEntry[]): ProcessEntry | null {
  const first = members.find(({ parentPid }) => parentPid === child.pid);
  const inside = members.filter(({ parentPid }) => parentPid === first?.pid);
  return inside.toSorted((one, other) => one.startedAtMs - other.startedAtMs)[0] ?? null;
}

/** Sees a run's processes out: reads on so that none blocks on a full pipe, then stops what is left. */
async function finish(
  child: Child,
  tree: ProcessTree,
  lines: AsyncIterator<unknown>,
  politeStop: Promise<void> | null,
  log: Logger,
): Promise<void> {
  try {
    const drained = drain(lines);
    await tree.look();
    await (politeStop ?? within(EXIT_GRACE_MS, child.ended));
    const report = await tree.stop();
    child.stopReading();
    await drained;
    if (report.stoppedCount > 0) log.info({ ...report, pid: child.pid }, 'agent.leftovers-stopped');
    if (report.leftCount > 0) log.warn({ ...report, pid: child.pid }, 'agent.leftovers-alive');
  } catch (error) {
    log.warn({ pid: child.pid, error: messageOf(error) }, 'agent.cleanup-failed');
    child.signal('SIGKILL');
    child.stopReading();
  }
}

async function drain(lines: AsyncIterator<unknown>): Promise<void> {
  for (;;) {
    const next = await lines.next();
    if (next.done === true) return;
  }
}
