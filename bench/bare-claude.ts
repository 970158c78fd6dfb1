import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** All that a run of the agent's program is made of. */
export interface Invocation {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly prompt: string;
}

/** From the spawn to the line with the result, and to the exit, in milliseconds. */
export interface BareRun {
  readonly resultMs: number;
  readonly exitMs: number;
}

/** Runs the program as a script would, from this process, and reads its lines. */
export async function runBare(invocation: Invocation): Promise<BareRun> {
  const startMs = performance.now();
  const child = spawn(invocation.file, invocation.args, {
    cwd: invocation.cwd,
    env: { ...invocation.environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit').then(() => performance.now() - startMs);
  let resultMs = Number.NaN;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.includes('"type":"result"')) resultMs = performance.now() - startMs;
  });
  const closed = once(child, 'close');
  child.stdin.end(invocation.prompt);
  const exitMs = await exited;
  await closed;
  if (child.exitCode !== 0 || Number.isNaN(resultMs)) {
    throw new Error(`${invocation.file} gave no result and exit code ${child.exitCode}`);
  }
  return { resultMs, exitMs };
}
