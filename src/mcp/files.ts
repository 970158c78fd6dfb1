import { constants } from 'node:fs';
import { lstat, open, readlink, realpath, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { isDenied } from '../policy/denied-path.ts';
import { isHardLinkInto } from './hard-links.ts';
import { isSame, isSystemError, orNull } from './same-file.ts';
import { isSecret, isSecretName, SECRET_WITHIN_BYTES } from './secrets.ts';

/** What a chat platform takes from a bot: https://core.telegram.org/bots/api#sending-files */
export const MAX_FILE_BYTES = 50 * 1024 * 1024;

/** Where files may come from. */
export interface Bounds {
  /** Absolute. Relative paths start from the first one. */
  readonly sendableDirs: readonly string[];
  /** Claudio's own folder: nothing of it may go out but what lies in a sendable folder inside of it. */
  readonly home: string;
  /** Patterns of what Claude's own tools may not touch either. */
  readonly deniedFiles: readonly string[];
}

/** What became of a wish to send a file. `reason` goes on after the path: `is a folder`. */
export type Guarded =
  /** @property file To be closed by whoever asked for it. */
  | { readonly kind: 'ok'; readonly file: FileHandle; readonly name: string }
  | { readonly kind: 'refused'; readonly reason: string };

export const EMPTY = 'is empty';
export const TOO_LARGE = 'is larger than 50 MB';

const OUTSIDE = 'is outside of the folders that files may be sent from';
const IRREGULAR = 'is no regular file';
const MISSING = 'does not exist or cannot be read';

/** No link anywhere in the path, not only at its end: `O_NOFOLLOW_ANY` of open(2) of macOS. */
const NO_LINK = process.platform === 'darwin' ? 0x2000_0000 : constants.O_NOFOLLOW;

/**
 * Opens a file that is to be sent, if it may be. What counts is where the file really is, after all
 * links, and that is asked of the open file: what is read of it is what was looked at, whatever takes its
 * place meanwhile. It may still grow. Never throws for what the path leads to.
 */
export async function openSendable(path: string, bounds: Bounds): Promise<Guarded> {
  try {
    const real = await realpath(resolve(bounds.sendableDirs[0] ?? '/', path));
    // Looked at before it is opened: opening is not always without effect, nor quick.
    const found = await lstat(real);
    if (!found.isFile()) return refused(found.isDirectory() ? 'is a folder' : IRREGULAR);
    const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | NO_LINK);
    let isTaken = false;
    try {
      const reason = await objection(file, real, bounds);
      isTaken = reason === null;
      return reason === null ? { kind: 'ok', file, name: basename(real) } : refused(reason);
    } finally {
      if (!isTaken) await file.close();
    }
  } catch (error) {
    if (error instanceof TypeError || isSystemError(error)) return refused(MISSING);
    throw error;
  }
}

/** What speaks against sending an open file; `null`: nothing. */
async function objection(file: FileHandle, real: string, bounds: Bounds): Promise<string | null> {
  if (!(await isAt(file, real))) return 'was changed while it was looked at; try again';
  const stats = await file.stat({ bigint: true });
  if (!stats.isFile()) return IRREGULAR;
  const folder = await nearestSendable(real, bounds.sendableDirs);
  if (folder === null || (await isWithheld(real, folder, bounds.home))) return OUTSIDE;
  if (relative(folder, real).split(sep).some(isHidden)) {
    return 'is hidden, or lies in a hidden folder, and such files are not sent';
  }
  if (isDenied(real, bounds.deniedFiles)) return 'is one of the files that are denied to you';
  if (isSecretName(basename(real))) return 'looks like a private key, and those are not sent';
  if (stats.size === 0n) return EMPTY;
  if (stats.size > MAX_FILE_BYTES) return TOO_LARGE;
  if (await isHardLinkInto(stats, bounds.home, bounds.sendableDirs)) {
    return 'is a file of Claudio’s own by another name, and those are not sent';
  }
  const beginning = await firstBytes(file, SECRET_WITHIN_BYTES);
  return isSecret(beginning) ? 'holds a private key, and those are not sent' : null;
}

/** The beginning of an open file, at most `maxBytes` of it, wherever it was read last. */
export async function firstBytes(file: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(maxBytes);
  let sizeBytes = 0;
  while (sizeBytes < maxBytes) {
    const { bytesRead } = await file.read(buffer, sizeBytes, maxBytes - sizeBytes, sizeBytes);
    if (bytesRead === 0) break;
    sizeBytes += bytesRead;
  }
  return buffer.subarray(0, sizeBytes);
}

/**
 * Whether the open file is the one at this path, reached through no link.
 *
 * Source: proc_pid_fd(5)
 */
async function isAt(file: FileHandle, real: string): Promise<boolean> {
  if (process.platform === 'linux') return (await readlink(`/proc/self/fd/${file.fd}`)) === real;
  const [opened, there] = await Promise.all([
    file.stat({ bigint: true }),
    lstat(real, { bigint: true }),
  ]);
  return isSame(opened, there);
}

/** The innermost sendable folder that a file is in, by its real path. */
async function nearestSendable(
  real: string,
  sendableDirs: readonly string[],
): Promise<string | null> {
  const folders = await Promise.all(sendableDirs.map((dir) => orNull(realpath(dir))));
  return folders.reduce<string | null>((nearest, folder) => {
    if (folder === null || !real.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
      return nearest;
    }
    return nearest !== null && nearest.length > folder.length ? nearest : folder;
  }, null);
}

/**
 * Whether a file is in Claudio's home, and not in a sendable folder further inside. The home is known by
 * what it is and not by its name, which may be spelt in several ways.
 */
async function isWithheld(real: string, folder: string, home: string): Promise<boolean> {
  const homeStats = await orNull(stat(home, { bigint: true }));
  if (homeStats === null) return false;
  let path = real;
  while (path !== dirname(path)) {
    path = dirname(path);
    if (isSame(await stat(path, { bigint: true }), homeStats)) {
      return folder.length <= path.length;
    }
  }
  return false;
}

function isHidden(name: string): boolean {
  return name.startsWith('.') && name !== '.github';
}

function refused(reason: string): Guarded {
  return { kind: 'refused', reason };
}
