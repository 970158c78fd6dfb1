import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { packageRoot } from '../../src/platform/package.ts';

/** `claudio playground` as a process, with nothing in its environment but what is given. */
export interface PlaygroundProgram {
  readonly pid: number;
  /** Resolves with what was printed as soon as the pattern fits; rejects when the program ends before that. */
  printed(pattern: RegExp): Promise<string>;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<{ readonly code: number | null; readonly text: string }>;
}

/** The built program, as it is started from anywhere. */
const BUILT = [process.execPath, join(packageRoot(), 'dist/src/bin.js'), 'playground'];

/**
 * Starts the built program. What it prints, on either stream, is one text.
 *
 * @param command Run in the folder of the package, with the arguments behind it. A signal goes to all that
 * it has started in its group, as Ctrl-C of a terminal does, where it is not the program itself.
 */
export function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  command: readonly string[] = BUILT,
): PlaygroundProgram {
  const [file = '', ...before] = command;
  const isGroup = command !== BUILT;
  const child = spawn(file, [...before, ...args], {
    cwd: packageRoot(),
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: isGroup,
  });
  let isOver = false;
  child.once('close', () => {
    isOver = true;
  });
  const signal = (name: NodeJS.Signals): void => {
    if (!isGroup) child.kill(name);
    else if (child.pid !== undefined && !isOver) process.kill(-child.pid, name);
  };
  let text = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (const look of waiting) look();
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, text }));
  // Not by force: its service would live on.
  onTestFinished(async () => {
    signal('SIGINT');
    await ended;
  });
  return {
    pid: child.pid ?? 0,
    signal,
    ended,
    printed: (pattern) =>
      Promise.race([
        new Promise<string>((resolve) => {
          const look = (): void => {
            const found = pattern.exec(text)?.[0];
            if (found !== undefined) resolve(found);
          };
          waiting.add(look);
          look();
        }),
        ended.then(({ code }) => Promise.reject(new Error(`ended with ${code}: ${text}`))),
      ]),
  };
}
