import { watch } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { openForReading, readAt } from './last-lines.ts';

/** Where the system does not tell of a change, it is looked for so often. */
const POLL_MS = 1000;
const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 10;

/**
 * Yields the whole lines that are added to a log from a place on, across its rotation, until `signal`
 * aborts. Closes `file`.
 *
 * @param file The log, open; `fromBytes` is where to begin in it.
 */
export async function* followLines(
  file: FileHandle,
  path: string,
  fromBytes: number,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const change = createChange(path, signal);
  let current = file;
  let atBytes = fromBytes;
  let rest = Buffer.alloc(0);
  try {
    while (!signal.aborted) {
      const changed = change.next();
      const next = await successor(current, path);
      // Looked at first: what was written to it before it was put aside is read all the same.
      const { size } = await current.stat();
      if (size < atBytes) {
        atBytes = 0;
        rest = Buffer.alloc(0);
      }
      for (;;) {
        const chunk = await readAt(current, atBytes, CHUNK_BYTES);
        if (chunk.length === 0) break;
        atBytes += chunk.length;
        rest = Buffer.concat([rest, chunk]);
        for (let at = rest.indexOf(NEWLINE); at !== -1; at = rest.indexOf(NEWLINE)) {
          yield rest.subarray(0, at).toString('utf8');
          rest = rest.subarray(at + 1);
        }
      }
      if (next === null) {
        await changed;
        continue;
      }
      // It will not be finished any more.
      if (rest.length > 0) yield rest.toString('utf8');
      await current.close();
      current = next;
      atBytes = 0;
      rest = Buffer.alloc(0);
    }
  } finally {
    change.close();
    await current.close();
  }
}

/** The file that has taken the place of another, open; `null` where none has. */
async function successor(current: FileHandle, path: string): Promise<FileHandle | null> {
  const next = await openForReading(path);
  if (next === null) return null;
  const [before, now] = await Promise.all([current.stat(), next.stat()]);
  if (before.ino !== now.ino || before.dev !== now.dev) return next;
  await next.close();
  return null;
}

/** Tells of changes of a file: at once where the system does, else by looking now and then. */
function createChange(path: string, signal: AbortSignal) {
  let coming = Promise.withResolvers<void>();
  const told = (): void => coming.resolve();
  const name = basename(path);
  const watcher = watch(dirname(path), { signal }, (_, changed) => {
    if (changed === null || changed === name) told();
  });
  // Out of watches, or the folder is gone: looking now and then does.
  watcher.on('error', () => watcher.close());
  const poll = setInterval(told, POLL_MS);
  signal.addEventListener('abort', told, { once: true });
  return {
    /** Resolves at the first change from now on. */
    next: (): Promise<void> => {
      coming = Promise.withResolvers<void>();
      if (signal.aborted) told();
      return coming.promise;
    },
    close: (): void => {
      clearInterval(poll);
      watcher.close();
      signal.removeEventListener('abort', told);
    },
  };
}
