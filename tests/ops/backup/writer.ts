import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** A process of its own that writes to a database as fast as it can, a transaction a turn. */
export interface Writer {
  /** How many turns it has committed, as far as is known here. Never more than there are. */
  committedCount(): number;
  /** Resolves when it has committed that many. */
  committed(count: number): Promise<void>;
  /** Ends it. Resolves with how long each commit took, in milliseconds, oldest first. */
  stop(): Promise<readonly number[]>;
}

/** Starts it on a home, whose database it makes and brings up to date as the service does. */
export async function startWriter(home: string): Promise<Writer> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'write-turns.ts'), home], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let committedCount = 0;
  let timesMs: readonly number[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('[')) timesMs = JSON.parse(line) as number[];
    else committedCount = Number(line);
    for (const look of waiting) look();
  });
  const exit = once(child, 'close');
  const committed = (count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = () => {
        if (committedCount < count) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      void exit.then(() => reject(new Error(`the writer ended after ${committedCount}`)));
      look();
    });
  await committed(1);
  return {
    committedCount: () => committedCount,
    committed,
    stop: async () => {
      child.stdin.end();
      await exit;
      return timesMs;
    },
  };
}
