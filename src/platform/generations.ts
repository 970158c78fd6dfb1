import { randomBytes } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTick } from 'node:timers/promises';
import { createGzip } from 'node:zlib';

/**
 * The older generations of a file: `name.1.gz` is the last one, `name.2.gz` the one before. One that is
 * not compressed yet, or could not be, has no `.gz`: what is missing is made up for at the next
 * {@link Generations.compress}.
 */
export interface Generations {
  /** Moves each one generation back, so that `name.1` is free. Those beyond the count are removed. */
  shift(): void;
  /**
   * Compresses those that are not, off the event loop, one at a time. {@link Generations.shift} may be
   * called meanwhile; a second call joins the first. Never throws: what cannot be compressed stays.
   */
  compress(): Promise<void>;
  /** Ends a compression that is under way. */
  close(): void;
}

export function createGenerations(
  path: string,
  keptCount: number,
  onError: (error: unknown) => void,
): Generations {
  const closing = new AbortController();
  /** The number of the one that is being compressed: it changes when all are moved. */
  let current: { generation: number } | null = null;
  let underWay: Promise<void> | null = null;
  const nameOf = (generation: number, ending: '' | '.gz'): string =>
    `${path}.${generation}${ending}`;

  const oldestUncompressed = (): number | null => {
    for (let generation = keptCount; generation >= 1; generation -= 1) {
      if (existsSync(nameOf(generation, ''))) return generation;
    }
    return null;
  };

  const compressOne = async (generation: number): Promise<void> => {
    const temporary = `${path}.${randomBytes(6).toString('hex')}.gz.tmp`;
    const moving = { generation };
    current = moving;
    // Opened at once: from here on it may be moved.
    const source = openSync(nameOf(generation, ''), 'r');
    try {
      const from = createReadStream('', { fd: source });
      const to = createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true });
      await pipeline(from, createGzip(), to, { signal: closing.signal });
      if (moving.generation > keptCount) return;
      renameSync(temporary, nameOf(moving.generation, '.gz'));
      syncFolder(dirname(path));
      rmSync(nameOf(moving.generation, ''), { force: true });
    } finally {
      current = null;
      rmSync(temporary, { force: true });
    }
  };

  const compressAll = async (): Promise<void> => {
    try {
      await nextTick();
      for (;;) {
        const generation = oldestUncompressed();
        if (generation === null || closing.signal.aborted) return;
        await compressOne(generation);
      }
    } catch (error) {
      if (!closing.signal.aborted) onError(error);
    } finally {
      // In one go with the last look: what is shifted after it begins a new round.
      underWay = null;
    }
  };

  return {
    shift: () => {
      for (const ending of ['', '.gz'] as const) {
        rmSync(nameOf(keptCount, ending), { force: true });
        for (let generation = keptCount - 1; generation >= 1; generation -= 1) {
          const name = nameOf(generation, ending);
          if (existsSync(name)) renameSync(name, nameOf(generation + 1, ending));
        }
      }
      if (current !== null) current.generation += 1;
    },
    compress: () => {
      underWay ??= compressAll();
      return underWay;
    },
    close: () => closing.abort(),
  };
}

/** Removes what compressions that were cut off left half-written. To be called while none is under way. */
export function removeHalfCompressed(path: string): void {
  const start = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(start) && /^[\da-f]{12}\.gz\.tmp$/u.test(name.slice(start.length))) {
      rmSync(join(dirname(path), name), { force: true });
    }
  }
}

/** A name that is on the disk before the other one is taken away survives a loss of power. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
