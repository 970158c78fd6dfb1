import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { packageRoot } from '../../src/platform/package.ts';

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface Command {
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/**
 * Starts the built program with an environment of its own.
 *
 * @param stdin What it gets through standard input; nothing unless given.
 */
export function startClaudio(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  stdin: string | Uint8Array = '',
  root = packageRoot(),
): Command {
  const child = spawn(process.execPath, [join(root, 'dist/src/bin.js'), ...args], {
    env: { ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  // It need not read all that it is given.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return {
    pid: child.pid ?? 0,
    signal: (name) => void child.kill(name),
    ended: ended.then(([stdout, stderr, [code]]) => ({
      code: code as number | null,
      stdout,
      stderr,
    })),
  };
}

/** The same, to its end. */
export function claudio(...args: Parameters<typeof startClaudio>): Promise<Ended> {
  return startClaudio(...args).ended;
}
