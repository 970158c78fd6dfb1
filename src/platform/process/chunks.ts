import type { Readable } from 'node:stream';

/** How long an ended process's pipe may stay silent before it counts as read to its end. */
const DRAIN_MS = 250;

/**
 * Calls back after the time that an ended process's pipe may stay silent. What came while this process
 * itself was kept from running is read before that.
 */
export function afterSilence(callback: () => void): NodeJS.Timeout {
  return setTimeout(() => setImmediate(callback), DRAIN_MS);
}

/** A stream's bytes, and the means to end the reading early. */
export interface Chunks {
  readonly chunks: AsyncIterable<Uint8Array>;
  stop(): void;
}

/**
 * Reads a child's output only as fast as it is asked for. A pipe ends when its last writer closes it,
 * and that may be a forgotten grandchild: so once the process has ended, the first silence of
 * 250 ms ends the reading too. Time that the reader spends elsewhere is not silence.
 *
 * @param ended Resolves when the process is gone.
 */
export function readChunks(stream: Readable, ended: Promise<unknown>, onChunk: () => void): Chunks {
  let stopped = false;
  let isOver = false;
  let wake: () => void = ignore;
  const onChange = (): void => wake();
  stream.on('readable', onChange).on('end', onChange).on('close', onChange).on('error', onChange);
  const onEnded = async (): Promise<void> => {
    await ended;
    isOver = true;
    wake();
  };
  void onEnded();

  /** Resolves with `false` when nothing happened for the length of a drain. */
  const change = (): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = isOver ? afterSilence(() => resolve(false)) : undefined;
      wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });

  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const chunk: unknown = stopped ? null : stream.read();
        if (chunk instanceof Uint8Array) {
          onChunk();
          yield chunk;
        } else if (stopped || stream.readableEnded || stream.destroyed || !(await change())) {
          return;
        }
      }
    } finally {
      stream.destroy();
    }
  }

  return {
    chunks: read(),
    stop() {
      stopped = true;
      stream.destroy();
      wake();
    },
  };
}

function ignore(): void {}
