import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

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

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
