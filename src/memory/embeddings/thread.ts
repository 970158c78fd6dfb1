import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { WorkerAnswer, WorkerRequest, WorkerStart } from './messages.ts';

/** What the thread answers, or that it is no more: a sentence on why. */
export type ThreadAnswer = WorkerAnswer | { readonly kind: 'dead'; readonly reason: string };

/** A thread with a model in it. */
export interface ModelThread {
  /** `loaded`, `unusable` or `dead`. */
  readonly loaded: Promise<ThreadAnswer>;
  /** One text at a time: `embedded`, `failed` or `dead`. */
  embed(text: string): Promise<ThreadAnswer>;
  /** Whether the process is to go on for its sake. */
  hold(isHeld: boolean): void;
  /** Ends it at once, whatever it is at. */
  close(): Promise<void>;
}

/** As .ts in the sources, as .js in what is shipped. */
const WORKER = new URL(`worker${extname(import.meta.filename)}`, import.meta.url);

export function startThread(start: WorkerStart): ModelThread {
  // It needs nothing of the environment, in which secrets stand.
  const worker = new Worker(WORKER, {
    workerData: start,
    env: {},
    execArgv: [],
    // What it may print is dropped: reading it would keep the process going.
    stdout: true,
    stderr: true,
  });
  let dead: ThreadAnswer | null = null;
  let tell: ((answer: ThreadAnswer) => void) | null = null;
  const answered = (answer: ThreadAnswer): void => {
    tell?.(answer);
    tell = null;
  };
  const die = (reason: string): void => {
    dead ??= { kind: 'dead', reason };
    answered(dead);
  };
  worker.on('message', answered);
  worker.on('error', (error) => die(`The thread of the model ended: ${error.message}.`));
  worker.on('exit', () => die('The thread of the model ended.'));
  const next = (): Promise<ThreadAnswer> =>
    dead === null
      ? new Promise((resolve) => {
          tell = resolve;
        })
      : Promise.resolve(dead);
  return {
    loaded: next(),
    embed: (text) => {
      const answer = next();
      worker.postMessage({ text } satisfies WorkerRequest, []);
      return answer;
    },
    hold: (isHeld) => {
      if (isHeld) worker.ref();
      else worker.unref();
    },
    close: async () => {
      await worker.terminate();
    },
  };
}
