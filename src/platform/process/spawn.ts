import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { messageOf } from '../../core/error.ts';
import { afterSilence, readChunks } from './chunks.ts';
import type { Environment } from './environment.ts';
import { readLines, type Line } from './lines.ts';
import { createTail } from './tail.ts';

const MAX_LINE_BYTES = 16 * 1024 * 1024;
const MAX_STDERR_BYTES = 64 * 1024;

/** What to run. No shell is involved anywhere. */
export interface Command {
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** Absolute path of the folder to run in. */
  readonly cwd: string;
  /** All of the child's environment. */
  readonly env: Environment;
  /** Written to its standard input as soon as it is there; then that is closed. A rejection closes it too. */
  readonly stdin: string | Promise<string>;
}

/** How a process ended, or why it never was. */
export type ProcessEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | {
      readonly kind: 'spawn-failed';
      /** `too-long`: an argument, or arguments and environment together, exceed the system's limit. */
      readonly reason: 'not-found' | 'no-folder' | 'not-executable' | 'too-long' | 'other';
      readonly message: string;
    };

/** A child process, leader of a process group and of a session of its own. */
export interface Child {
  /** `null` when it could not be started. */
  readonly pid: number | null;
  /**
   * Its standard output, to be read once. Ends soon after the process does, even where a child of its
   * own keeps the pipe open, or at {@link Child.stopReading}.
   */
  readonly lines: AsyncIterable<Line>;
  /** Resolves when the process itself is gone; its children may live on. */
  readonly ended: Promise<ProcessEnd>;
  /** The last 64 KiB of its standard error. */
  stderrTail(): string;
  /**
   * Resolves when its standard error is read to its end, and soon after the process has ended even where
   * a child of its own keeps the pipe open.
   */
  readonly stderrEnded: Promise<void>;
  /** Ends {@link Child.lines}. May be called again. */
  stopReading(): void;
  /** Sends a signal to this one process; does nothing once it has ended. */
  signal(name: NodeJS.Signals): void;
}

/**
 * Starts a program. Never throws: {@link Child.ended} tells what went wrong.
 *
 * @param onOutput Called for each piece of output that is read, on either stream.
 * @param onErrorOutput Gets each piece of its standard error as it comes.
 */
export function start(
  command: Command,
  onOutput: () => void = () => undefined,
  onErrorOutput: (chunk: Uint8Array) => void = () => undefined,
): Child {
  let child: ChildProcess;
  try {
    child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: { ...command.env },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  } catch (thrown) {
    // E2BIG, ENOMEM and a NUL in an argument are thrown; ENOENT, EACCES and EMFILE come as an event.
    return neverStarted(Promise.resolve(spawnFailure(thrown, command)));
  }

  const ended = new Promise<ProcessEnd>((resolve) => {
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(spawnFailure(error, command));
    });
    child.once('exit', (code, signal) => {
      resolve(
        signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'signalled', signal },
      );
    });
  });
  const { stdin, stdout, stderr } = child;
  // Out of file descriptors (EMFILE, ENFILE) there are none, against what the types say.
  if (!stdin || !stdout || !stderr) return neverStarted(ended);

  const complaints = createTail(MAX_STDERR_BYTES);
  const stderrEnded = readToItsEnd(stderr, ended);
  stderr.on('data', (chunk: Buffer) => {
    complaints.push(chunk);
    onErrorOutput(chunk);
    onOutput();
  });
  // EPIPE: a program need not read its input. How it ends says all there is to say.
  stdin.on('error', () => stdin.destroy());
  if (typeof command.stdin === 'string') stdin.end(command.stdin);
  else {
    command.stdin.then(
      (text) => stdin.end(text),
      () => stdin.end(),
    );
  }
  const output = readChunks(stdout, ended, onOutput);

  return {
    pid: child.pid ?? null,
    lines: readLines(output.chunks, MAX_LINE_BYTES),
    ended,
    stderrTail: () => complaints.text(),
    stderrEnded,
    stopReading() {
      output.stop();
      stderr.destroy();
    },
    signal: (name) => void child.kill(name),
  };
}

function neverStarted(ended: Promise<ProcessEnd>): Child {
  return {
    pid: null,
    lines: readLines(nothing(), MAX_LINE_BYTES),
    ended,
    stderrTail: () => '',
    stderrEnded: Promise.resolve(),
    stopReading: () => undefined,
    signal: () => undefined,
  };
}

function readToItsEnd(stream: Readable, ended: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    stream.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    const onEnded = async (): Promise<void> => {
      await ended;
      if (!stream.closed) timer = afterSilence(resolve);
    };
    void onEnded();
  });
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

function spawnFailure(thrown: unknown, command: Command): ProcessEnd {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  return { kind: 'spawn-failed', reason: reasonOf(code, command), message: messageOf(thrown) };
}

type SpawnFailure = Extract<ProcessEnd, { kind: 'spawn-failed' }>;

function reasonOf(code: unknown, command: Command): SpawnFailure['reason'] {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      // The system blames the program for a working folder that is not there.
      return existsSync(`${command.cwd}/.`) ? 'not-found' : 'no-folder';
    case 'EACCES':
    case 'ENOEXEC':
      return 'not-executable';
    case 'E2BIG':
      return 'too-long';
    default:
      return 'other';
  }
}
