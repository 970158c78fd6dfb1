import type { Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ClaudioError, hasCode, messageOf } from '../../core/error.ts';

/** The database, which is not copied as a file. */
export const DATABASE_NAME = 'claudio.db';

/** Something in a home. Paths are relative to it, with `/`. */
export type Found =
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** What cannot be in a snapshot, and the rest of a sentence that says why. */
  | { readonly kind: 'odd'; readonly path: string; readonly why: string };

/**
 * All that belongs into a snapshot of a home: a folder before what is in it. What vanishes meanwhile is
 * passed over; what cannot be looked at is told.
 *
 * @throws ClaudioError `home.unusable` where the home itself cannot be read.
 */
export async function* walk(home: string, folder = ''): AsyncGenerator<Found> {
  const names = await namesIn(home, folder);
  for (const name of names.sort()) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (isPassing(path, name)) continue;
    const found = await look(home, path);
    if (found === null) continue;
    yield found;
    if (found.kind !== 'folder') continue;
    try {
      yield* walk(home, path);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) continue;
      yield { kind: 'odd', path, why: `cannot be read: ${messageOf(error)}` };
    }
  }
}

async function namesIn(home: string, folder: string): Promise<string[]> {
  try {
    return await readdir(join(home, folder));
  } catch (error) {
    if (folder !== '') throw error;
    throw new ClaudioError({
      code: 'home.unusable',
      message: `The folder ${home} cannot be read: ${messageOf(error)}.`,
      hint: 'Make it yours and readable for you (chown, chmod 700).',
      cause: error,
    });
  }
}

/** What is there for a run of Claudio, or for the moment, alone; and what is large and can be fetched again. */
function isPassing(path: string, name: string): boolean {
  return (
    path === 'tmp' ||
    path === 'models' ||
    /^[^/]+\.lock(?:-journal)?$/u.test(path) ||
    /^[^/]+\.(?:db|lock)-(?:wal|shm|journal)$/u.test(path) ||
    name.startsWith('.partial') ||
    name.endsWith('.partial') ||
    /\.[\da-f]{12}\.tmp$/u.test(name)
  );
}

async function look(home: string, path: string): Promise<Found | null> {
  const absolute = join(home, path);
  try {
    const stats = await lstat(absolute);
    if (path === DATABASE_NAME && stats.isSymbolicLink()) return { kind: 'file', path };
    if (stats.isDirectory()) return { kind: 'folder', path, mode: stats.mode & 0o777 };
    if (stats.isFile()) return { kind: 'file', path };
    if (stats.isSymbolicLink()) return { kind: 'link', path, target: await readlink(absolute) };
    return { kind: 'odd', path, why: `is ${nameOf(stats)}` };
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) {
      return { kind: 'odd', path, why: `cannot be read: ${messageOf(error)}` };
    }
    // It has vanished, or its name holds bytes that are no text and were lost on the way here.
    return path.includes('\uFFFD')
      ? { kind: 'odd', path, why: 'has a name that is no text' }
      : null;
  }
}

function nameOf(stats: Stats): string {
  if (stats.isSocket()) return 'a socket';
  return stats.isFIFO() ? 'a pipe' : 'a device';
}
