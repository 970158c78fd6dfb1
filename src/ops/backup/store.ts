import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, messageOf } from '../../core/error.ts';
import { syncFile } from '../../platform/files.ts';
import { copyDatabase } from './copy-database.ts';
import type { FileEntry } from './manifest.ts';
import { DATABASE_NAME } from './walk.ts';

const CHUNK_BYTES = 1024 * 1024;
/** How often a file is copied that is written to meanwhile. The last copy counts. */
const MAX_COPY_COUNT = 3;
/** What a file system without hard links answers, or one where a file has all that it may have. */
const NO_LINK = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'ENOENT'];

/** How a file came into a snapshot. */
export type Stored =
  | { readonly kind: 'stored'; readonly entry: FileEntry; readonly isNew: boolean }
  | { readonly kind: 'vanished' }
  | { readonly kind: 'unreadable'; readonly why: string };

/** The same file in the snapshot before. */
export interface Former {
  readonly path: string;
  readonly entry: FileEntry;
}

/**
 * Puts a file of the home into a snapshot: on the disk, mode 0600. One whose content is the same as in
 * the snapshot before becomes a hard link to that, if that is still what it was.
 *
 * @throws what writing it throws; what {@link copyDatabase} throws.
 */
export async function storeFile(options: {
  readonly home: string;
  readonly path: string;
  readonly to: string;
  readonly former: Former | null;
}): Promise<Stored> {
  const { home, path, to, former } = options;
  if (path === DATABASE_NAME) return await storeDatabase(join(home, path), to, former);
  let source: FileHandle;
  try {
    // Neither a link nor a pipe that came in its place is to be followed or waited for.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    source = await open(join(home, path), flags);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ELOOP', 'ENXIO')) return { kind: 'vanished' };
    return { kind: 'unreadable', why: `cannot be read: ${messageOf(error)}` };
  }
  try {
    return await storeOpen(source, path, to, former);
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error;
    await rm(to, { force: true });
    return { kind: 'unreadable', why: `cannot be read: ${messageOf(error.cause)}` };
  } finally {
    await source.close();
  }
}

async function storeDatabase(from: string, to: string, former: Former | null): Promise<Stored> {
  await copyDatabase(from, to);
  const { mode, mtimeMs } = await stat(from);
  const copied = await hashFile(to);
  const entry = entryOf(DATABASE_NAME, { mode, mtimeMs }, copied);
  if (former === null || former.entry.sha256 !== copied.sha256) {
    return { kind: 'stored', entry, isNew: true };
  }
  const spare = `${to}.spare`;
  if (!(await linkWhole(former, spare))) return { kind: 'stored', entry, isNew: true };
  await rename(spare, to);
  return { kind: 'stored', entry, isNew: false };
}

async function storeOpen(
  source: FileHandle,
  path: string,
  to: string,
  former: Former | null,
): Promise<Stored> {
  const before = await source.stat({ bigint: true });
  if (!before.isFile()) return { kind: 'vanished' };
  if (former !== null && BigInt(former.entry.sizeBytes) === before.size) {
    const { sha256 } = await pour(source, Number(before.size));
    if (sha256 === former.entry.sha256 && (await linkWhole(former, to))) {
      return { kind: 'stored', entry: entryOf(path, numbers(before), former.entry), isNew: false };
    }
  }
  for (let count = 1; ; count += 1) {
    const { mode, mtimeNs, mtimeMs, size } = await source.stat({ bigint: true });
    const copied = await copyTo(to, (target) => pour(source, Number(size), target));
    const after = await source.stat({ bigint: true });
    const isSteady = after.mtimeNs === mtimeNs && after.size === size;
    // A log is never steady; as far as it was copied, it is what it was.
    if (!isSteady && count < MAX_COPY_COUNT) continue;
    return {
      kind: 'stored',
      entry: entryOf(path, numbers({ mode, mtimeMs }), copied),
      isNew: true,
    };
  }
}

/** What was read, and how much of it. */
interface Poured {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Reads a file from its beginning to at most `limitBytes`, and writes what it reads to `target`. */
async function pour(source: FileHandle, limitBytes: number, target?: FileHandle): Promise<Poured> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let sizeBytes = 0;
  while (sizeBytes < limitBytes) {
    const wanted = Math.min(CHUNK_BYTES, limitBytes - sizeBytes);
    const { bytesRead } = await source
      .read(buffer, 0, wanted, sizeBytes)
      .catch((error: unknown) => {
        throw new SourceFault('unreadable', { cause: error });
      });
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    await target?.writeFile(chunk);
    sizeBytes += bytesRead;
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

class SourceFault extends Error {}

async function copyTo(to: string, fill: (target: FileHandle) => Promise<Poured>): Promise<Poured> {
  const target = await open(to, 'w', 0o600);
  try {
    const poured = await fill(target);
    await target.sync();
    return poured;
  } finally {
    await target.close();
  }
}

/** The size and the hash of a file. @throws what the file system throws. */
export async function hashFile(path: string): Promise<Poured> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags);
  try {
    return await pour(file, Number.POSITIVE_INFINITY);
  } finally {
    await file.close();
  }
}

/** Makes `to` another name of a stored file, if that is still what its manifest says. */
async function linkWhole({ path, entry }: Former, to: string): Promise<boolean> {
  try {
    const { sizeBytes, sha256 } = await hashFile(path);
    if (sizeBytes !== entry.sizeBytes || sha256 !== entry.sha256) return false;
    await link(path, to);
    return true;
  } catch (error) {
    // Whatever is wrong with the stored one: the one at home is there to be copied.
    if (error instanceof SourceFault || hasCode(error, ...NO_LINK, 'EACCES', 'EIO', 'ELOOP')) {
      return false;
    }
    throw error;
  }
}

/** Makes `to` another name of a file of a snapshot that was just made, or a copy where there are no links. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!hasCode(error, ...NO_LINK)) throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
    await syncFile(to);
  }
}

function numbers(stats: { readonly mode: bigint; readonly mtimeMs: bigint }) {
  return { mode: Number(stats.mode), mtimeMs: Number(stats.mtimeMs) };
}

function entryOf(
  path: string,
  stats: { readonly mode: number; readonly mtimeMs: number },
  { sizeBytes, sha256 }: Poured,
): FileEntry {
  const { mode, mtimeMs } = stats;
  return { kind: 'file', path, mode: mode & 0o777, sizeBytes, modifiedAtMs: mtimeMs, sha256 };
}
