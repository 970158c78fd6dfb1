import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A server in a process of its own, killed when its scope ends. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** From the spawn to the first line that fits, in milliseconds. */
  readonly startMs: number;
  /** Resolves with the next line of its output that fits. */
  nextLine(fits: (line: string) => boolean): Promise<string>;
}

/** Starts a Node program and resolves when it prints a line that fits. */
export async function startServer(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  isStarted: (line: string) => boolean,
): Promise<ServerProcess> {
  const spawnedMs = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const waiting = new Set<{ fits: (line: string) => boolean; tell: (line: string) => void }>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    for (const one of waiting) {
      if (!one.fits(line)) continue;
      waiting.delete(one);
      one.tell(line);
    }
  });
  const nextLine = (fits: (line: string) => boolean): Promise<string> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    waiting.add({ fits, tell: resolve });
    void exit.then(() => reject(new Error(`${args.join(' ')} ended`)));
    // Nobody may be waiting any longer when the process ends.
    promise.catch(() => undefined);
    return promise;
  };
  await nextLine(isStarted);
  return {
    pid: child.pid ?? 0,
    startMs: performance.now() - spawnedMs,
    nextLine,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}
