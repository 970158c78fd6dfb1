import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../core/error.ts';

/**
 * Makes a folder that only its owner may enter (0700), or takes the rights of others away from one that
 * is there.
 *
 * @returns The path.
 */
export function ensurePrivateFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
  return path;
}

/** Whether there is a file that may be run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Whether there is a folder, or a link to one. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Whether two paths name one folder, by links or without. One that is not there has only its own name. */
export function isSameFolder(one: string, other: string): boolean {
  try {
    return one === other || realpathSync(one) === realpathSync(other);
  } catch {
    // One of them is not there.
    return false;
  }
}

/** Takes the rights of group and others away from a file. */
export function makePrivate(path: string): void {
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
}

/**
 * Replaces a file as a whole, mode 0600: after a crash it holds the old content or the new, never a
 * part of either. Nothing else is left behind.
 *
 * @throws what the file system throws.
 */
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = openSync(temporary, 'wx', 0o600);
  try {
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/**
 * Makes a new file, mode 0600, without blocking: on the disk when this resolves, and not there at all
 * when it rejects.
 *
 * @returns How large it is, in bytes.
 * @throws what the file system and the content throw; `EEXIST` where there is one of that name.
 */
export async function createPrivateFile(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  try {
    let sizeBytes: number;
    try {
      await file.writeFile(content);
      await file.sync();
      sizeBytes = (await file.stat()).size;
    } finally {
      await file.close();
    }
    await syncFolder(dirname(path));
    return sizeBytes;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Sees to it that a file is on its disk. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Sees to it that the names in a folder are on its disk, as far as its file system knows of such a thing. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some network file systems have it for files alone.
    if (!hasCode(error, 'EINVAL', 'ENOTSUP')) throw error;
  } finally {
    await folder.close();
  }
}
