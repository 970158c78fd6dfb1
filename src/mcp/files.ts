import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, readlink, realpath, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { isSecret, isSecretName } from './secrets.ts';

/** What a chat platform takes from a bot: https://core.telegram.org/bots/api#sending-files */
export const MAX_FILE_BYTES = 50 * 1024 * 1024;

/** Where files may come from. */
export interface Bounds {
  /** Absolute. Relative paths start from the first one. */
  readonly sendableDirs: readonly string[];
  /** Claudio's own folder: nothing of it may go out but what lies in a sendable folder inside of it. */
  readonly home: string;
}

/** What became of a wish to send a file. `reason` goes on after the path: `is a folder`. */
export type Guarded =
  | { readonly kind: 'ok'; readonly content: Uint8Array; readonly name: string }
  | { readonly kind: 'refused'; readonly reason: string };

const OUTSIDE = 'is outside of the folders that files may be sent from';
const IRREGULAR = 'is no regular file';
const EMPTY = 'is empty';
const TOO_LARGE = 'is larger than 50 MB';
const MISSING = 'does not exist or cannot be read';

/** No link anywhere in the path, not only at its end: `O_NOFOLLOW_ANY` of open(2) of macOS. */
const NO_LINK = process.platform === 'darwin' ? 0x2000_0000 : constants.O_NOFOLLOW;

/**
 * Reads a file that is to be sent, all of it in memory, if it may be. What counts is where the file
 * really is, after all links, and that is asked of the open file: what is read is what was looked at,
 * whatever takes its place meanwhile. Never throws for what the path leads to.
 */
export async function readSendable(path: string, bounds: Bounds): Promise<Guarded> {
  try {
    const real = await realpath(resolve(bounds.sendableDirs[0] ?? '/', path));
    // Looked at before it is opened: opening is not always without effect, nor quick.
    const found = await lstat(real);
    if (!found.isFile()) return refused(found.isDirectory() ? 'is a folder' : IRREGULAR);
    const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | NO_LINK);
    try {
      const reason = await objection(file, real, bounds);
      return reason === null ? await contentOf(file, real) : refused(reason);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof TypeError || isSystemError(error)) return refused(MISSING);
    throw error;
  }
}

/** What speaks against sending an open file; `null`: nothing. */
async function objection(file: FileHandle, real: string, bounds: Bounds): Promise<string | null> {
  if (!(await isAt(file, real))) return 'was changed while it was looked at; try again';
  const stats = await file.stat();
  if (!stats.isFile()) return IRREGULAR;
  const folder = await nearestSendable(real, bounds.sendableDirs);
  if (folder === null || (await isWithheld(real, folder, bounds.home))) return OUTSIDE;
  if (relative(folder, real).split(sep).some(isHidden)) {
    return 'is hidden, or lies in a hidden folder, and such files are not sent';
  }
  if (isSecretName(basename(real))) return 'looks like a private key, and those are not sent';
  if (stats.size === 0) return EMPTY;
  return stats.size > MAX_FILE_BYTES ? TOO_LARGE : null;
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

async function contentOf(file: FileHandle, real: string): Promise<Guarded> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // It may be growing: a byte more than may go is enough to tell.
  const stream: AsyncIterable<Buffer> = file.createReadStream({
    autoClose: false,
    end: MAX_FILE_BYTES,
  });
  for await (const chunk of stream) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
  }
  if (sizeBytes === 0) return refused(EMPTY);
  if (sizeBytes > MAX_FILE_BYTES) return refused(TOO_LARGE);
  const content = Buffer.concat(chunks);
  if (isSecret(content)) return refused('holds a private key, and those are not sent');
  return { kind: 'ok', content, name: basename(real) };
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

async function orNull<T>(looked: Promise<T>): Promise<T | null> {
  try {
    return await looked;
  } catch (error) {
    if (isSystemError(error)) return null;
    throw error;
  }
}

function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

function isHidden(name: string): boolean {
  return name.startsWith('.') && name !== '.github';
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'errno' in error;
}

function refused(reason: string): Guarded {
  return { kind: 'refused', reason };
}
