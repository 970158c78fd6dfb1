import { createReadStream, existsSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { messageOf } from '../../core/error.ts';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 10;

/** The last lines that were wanted, and where the reading of what comes later goes on. */
export interface LastLines {
  /** Oldest first. */
  readonly lines: readonly string[];
  /** Of the newest file: after its last whole line. */
  readonly endBytes: number;
  /** What could not be read, a sentence each. */
  readonly faults: readonly string[];
}

/**
 * Reads the last `count` wanted lines of a log: the file from its end and no further than needed, then
 * the older ones beside it, `<file>.1.gz` the newest of them. Those are unpacked as they are read, and
 * no more than what is wanted of them is kept.
 */
export async function readLastLines(
  file: FileHandle,
  path: string,
  count: number,
  keptCount: number,
  isWanted: (line: string) => boolean,
): Promise<LastLines> {
  const found: string[] = [];
  const faults: string[] = [];
  const endBytes = await endOfLastLine(file);
  for await (const line of linesBackwards(file, endBytes)) {
    if (found.length >= count) break;
    if (isWanted(line)) found.push(line);
  }
  const lines = found.toReversed();
  for (const older of olderFiles(path, keptCount)) {
    if (lines.length >= count) break;
    try {
      lines.unshift(...(await lastOf(older, count - lines.length, isWanted)));
    } catch (thrown) {
      faults.push(`${older} cannot be read: ${messageOf(thrown)}.`);
    }
  }
  return { lines, endBytes, faults };
}

/** Newest first. One that is being packed is there twice. */
function olderFiles(path: string, keptCount: number): string[] {
  const numbers = Array.from({ length: keptCount }, (_, index) => index + 1);
  return numbers.flatMap((number) => {
    const plain = `${path}.${number}`;
    if (existsSync(plain)) return [plain];
    return existsSync(`${plain}.gz`) ? [`${plain}.gz`] : [];
  });
}

async function lastOf(
  path: string,
  count: number,
  isWanted: (line: string) => boolean,
): Promise<string[]> {
  const source = createReadStream(path);
  const input = path.endsWith('.gz') ? source.pipe(createGunzip()) : source;
  // An error of the first stream of a pipe does not reach the second.
  source.on('error', (error) => input.destroy(error));
  const last: string[] = [];
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (!isWanted(line)) continue;
    last.push(line);
    if (last.length > count) last.shift();
  }
  return last;
}

/** A line that is being written counts when it is whole. */
async function endOfLastLine(file: FileHandle): Promise<number> {
  let { size: end } = await file.stat();
  while (end > 0) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const at = (await readAt(file, start, end - start)).lastIndexOf(NEWLINE);
    if (at !== -1) return start + at + 1;
    end = start;
  }
  return 0;
}

/** The lines that end before `endBytes`, the last one first. */
export async function* linesBackwards(file: FileHandle, endBytes: number): AsyncGenerator<string> {
  // What is left of a line whose beginning is still to come, last piece first.
  let rest: Buffer[] = [];
  let end = Math.max(0, endBytes - 1);
  const whole = (piece: Buffer) => Buffer.concat([piece, ...rest.toReversed()]).toString('utf8');
  if (endBytes === 0) return;
  while (end > 0) {
    const start = Math.max(0, end - CHUNK_BYTES);
    let chunk = await readAt(file, start, end - start);
    for (let at = chunk.lastIndexOf(NEWLINE); at !== -1; at = chunk.lastIndexOf(NEWLINE)) {
      yield whole(chunk.subarray(at + 1));
      rest = [];
      chunk = chunk.subarray(0, at);
    }
    rest.push(chunk);
    end = start;
  }
  yield whole(Buffer.alloc(0));
}

/** What is there of it: a file may be cut while it is read. */
export async function readAt(file: FileHandle, start: number, lengthBytes: number) {
  const buffer = Buffer.alloc(lengthBytes);
  const { bytesRead } = await file.read(buffer, 0, lengthBytes, start);
  return buffer.subarray(0, bytesRead);
}

/** Opens a log, or `null` where there is none. @throws what the file system throws otherwise. */
export async function openForReading(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null;
    throw thrown;
  }
}
