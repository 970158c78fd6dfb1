import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { makePrivate } from './files.ts';
import { createGenerations, removeHalfCompressed } from './generations.ts';

/** How often a look is taken whether the file is still where it was: somebody may move or remove it. */
const LOOK_EVERY_MS = 1000;
/** A rotation that failed is tried again after so long; until then the file grows on. */
const ROTATE_AGAIN_MS = 60_000;
const LINE_FEED = 10;

export interface RotationOptions {
  /** Absolute. */
  readonly path: string;
  readonly maxBytes: number;
  /** How many older generations are kept: `path.1.gz` and so on. */
  readonly keptCount: number;
}

/** A file that grows and never beyond a bound. */
export interface RotatingFile {
  /** Appends a text, in the file when this returns. Never throws: what cannot be written is lost. */
  write(text: string): void;
  /** Nothing is written any more. May be called twice. */
  close(): void;
}

/**
 * Opens a file (mode 0600) to append to. Where it would grow beyond `maxBytes` it is renamed to
 * `path.1` and a new one is begun; the old one is compressed behind that. What a crash left half-done is
 * finished now.
 *
 * @param onError Called at the first of several failures in a row. Where not even opening works, each
 * write tries again.
 */
export function openRotatingFile(
  options: RotationOptions,
  onError: (error: Error) => void = () => undefined,
): RotatingFile {
  const { path, maxBytes } = options;
  let file: OpenFile | null = null;
  let lookedAtMs = 0;
  let rotatesFromMs = 0;
  let isFailing = false;
  let isClosed = false;

  const report = (error: unknown): void => {
    if (!isFailing) onError(error instanceof Error ? error : new Error(String(error)));
    isFailing = true;
  };
  const generations = createGenerations(path, options.keptCount, report);

  const release = (): void => {
    if (file !== null) closeSync(file.fd);
    file = null;
  };

  const opened = (): OpenFile => {
    const nowMs = performance.now();
    if (file !== null && nowMs - lookedAtMs >= LOOK_EVERY_MS) {
      lookedAtMs = nowMs;
      if (inodeOf(path) !== file.inode) release();
    }
    if (file !== null) return file;
    file = open(path);
    lookedAtMs = nowMs;
    return file;
  };

  const rotate = (): void => {
    rotatesFromMs = performance.now() + ROTATE_AGAIN_MS;
    try {
      generations.shift();
      renameSync(path, `${path}.1`);
      rotatesFromMs = 0;
      release();
      void generations.compress();
    } catch (error) {
      report(error);
    }
  };

  const append = (text: string): void => {
    const lengthBytes = Buffer.byteLength(text);
    const { sizeBytes } = opened();
    const isFull = sizeBytes > 0 && sizeBytes + lengthBytes > maxBytes;
    if (isFull && performance.now() >= rotatesFromMs) rotate();
    const to = opened();
    // A line that was cut short, by a full disk or a crash, must not spoil the next one.
    const bytes = Buffer.from(to.endsInLine ? `\n${text}` : text);
    for (let at = 0; at < bytes.byteLength;) {
      const count = writeSync(to.fd, bytes, at);
      at += count;
      to.sizeBytes += count;
      to.endsInLine = at < bytes.byteLength;
    }
  };

  try {
    opened();
    removeHalfCompressed(path);
    void generations.compress();
  } catch (error) {
    report(error);
  }
  return {
    write: (text) => {
      if (isClosed) return;
      try {
        append(text);
        if (rotatesFromMs === 0) isFailing = false;
      } catch (error) {
        report(error);
      }
    },
    close: () => {
      isClosed = true;
      generations.close();
      release();
    },
  };
}

/**
 * Rotates a file that is larger than `maxBytes`, and compresses its older generations. It is renamed, or
 * emptied, before this returns its promise. To be called for a file that nobody else rotates.
 *
 * @param heldOpen Somebody may be writing to it, opened for appending: it is copied and emptied rather
 * than renamed. What is written in the microseconds between the two is lost.
 * @returns Whether it was too large. @throws what the file system throws.
 */
export async function rotateFile(options: RotationOptions, heldOpen: boolean): Promise<boolean> {
  const { path, maxBytes, keptCount } = options;
  if ((sizeOf(path) ?? 0) <= maxBytes) return false;
  const failures: unknown[] = [];
  const generations = createGenerations(path, keptCount, (error) => failures.push(error));
  removeHalfCompressed(path);
  generations.shift();
  if (heldOpen) copyAndEmpty(path, `${path}.1`);
  else renameSync(path, `${path}.1`);
  await generations.compress();
  if (failures.length > 0) throw failures[0];
  return true;
}

interface OpenFile {
  readonly fd: number;
  readonly inode: number;
  sizeBytes: number;
  /** Whether its last line is not a whole one. */
  endsInLine: boolean;
}

function open(path: string): OpenFile {
  const fd = openSync(path, 'a+', 0o600);
  try {
    makePrivate(path);
    const { size, ino } = fstatSync(fd);
    const last = Buffer.alloc(1);
    const endsInLine = size > 0 && readSync(fd, last, 0, 1, size - 1) === 1;
    return { fd, inode: ino, sizeBytes: size, endsInLine: endsInLine && last[0] !== LINE_FEED };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function copyAndEmpty(path: string, copy: string): void {
  copyFileSync(path, copy, constants.COPYFILE_EXCL);
  makePrivate(copy);
  const from = openSync(path, 'r');
  const to = openSync(copy, 'a');
  try {
    const chunk = Buffer.alloc(65_536);
    // What came while it was copied.
    for (let at = fstatSync(to).size; ;) {
      const count = readSync(from, chunk, 0, chunk.byteLength, at);
      if (count === 0) break;
      writeSync(to, chunk, 0, count);
      at += count;
    }
    fsyncSync(to);
    truncateSync(path, 0);
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}
