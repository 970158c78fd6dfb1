import { chmodSync, existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { ClaudioError, hasCode, messageOf } from '../../core/error.ts';
import { backupsFolder } from './snapshots.ts';

/**
 * Makes the folders for snapshots in a destination, 0700 each, where they are not there yet.
 *
 * @param options.home The real path of the home.
 * @param options.mayMake Where not, and they are not there, it is taken that a disk is not mounted: a
 * snapshot into the empty folder that it is mounted on would fill another disk.
 * @returns Whether the destination keeps others out, as far as it shows.
 * @throws ClaudioError `backup.dest-missing`, `backup.dest-in-home`, `backup.not-mounted`, and those of
 * {@link destinationFault}
 */
export function prepareDestination(options: {
  readonly dest: string;
  readonly home: string;
  readonly mayMake: boolean;
}): { readonly isPrivate: boolean } {
  const { dest, home, mayMake } = options;
  const folder = backupsFolder(dest);
  try {
    if (!existsSync(dest) || !statSync(dest).isDirectory()) {
      throw mayMake ? missing(dest) : notMounted(dest);
    }
    if (!existsSync(folder)) {
      if (!mayMake) throw notMounted(dest);
      refuseInside(home, realpathSync(dest), dest);
      mkdirSync(folder, { mode: 0o700 });
    }
    refuseInside(home, realpathSync(folder), dest);
    const isPrivate = [folder, join(folder, 'hourly'), join(folder, 'daily')].map(keepPrivate);
    return { isPrivate: isPrivate.every(Boolean) };
  } catch (error) {
    throw destinationFault(error, dest);
  }
}

function keepPrivate(folder: string): boolean {
  // Not `recursive`, with which Node calls a read-only disk a folder that is missing.
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
  const othersMay = (): boolean => (statSync(folder).mode & 0o077) !== 0;
  if (!othersMay()) return true;
  try {
    chmodSync(folder, 0o700);
  } catch (error) {
    // A file system without permissions, such as that of many a USB stick.
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'ENOSYS', 'EINVAL')) throw error;
  }
  return !othersMay();
}

function refuseInside(home: string, real: string, dest: string): void {
  if (real !== home && !real.startsWith(home + sep)) return;
  throw new ClaudioError({
    code: 'backup.dest-in-home',
    message: `${dest} is inside of ${home}, which is what is to be backed up.`,
    hint: 'Name a folder outside of it, best on another disk.',
  });
}

function missing(dest: string): ClaudioError {
  return new ClaudioError({
    code: 'backup.dest-missing',
    message: `There is no folder ${dest}.`,
    hint: 'Make it first, or plug in and mount its disk.',
  });
}

/** @returns That a destination that was there once is not there now. */
export function notMounted(dest: string): ClaudioError {
  return new ClaudioError({
    code: 'backup.not-mounted',
    message: `${dest} holds no claudio-backups: its disk is not mounted.`,
    hint: `Mount it and try again. If it is a new disk, \`mkdir "${backupsFolder(dest)}"\` lets it begin there.`,
  });
}

/**
 * What the system said against writing to a destination, with what to do about it:
 * `backup.dest-full`, `backup.dest-read-only`, `backup.dest-failed`. A ClaudioError stays what it is.
 */
export function destinationFault(error: unknown, dest: string): ClaudioError {
  if (error instanceof ClaudioError) return error;
  if (hasCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL')) {
    return new ClaudioError({
      code: 'backup.dest-full',
      message: `There is no room left in ${dest} for a snapshot.`,
      hint: 'Free some space there, or keep fewer snapshots with --hours and --days. Those that are there stay as they are.',
      cause: error,
    });
  }
  if (hasCode(error, 'EROFS', 'EACCES', 'EPERM', 'SQLITE_READONLY')) {
    return new ClaudioError({
      code: 'backup.dest-read-only',
      message: `Nothing can be written to ${dest}: ${messageOf(error)}.`,
      hint: 'Make it writable for you (mount it read-write, or chown it), and try again.',
      cause: error,
    });
  }
  if (error instanceof BetterSqlite3.SqliteError || hasCode(error, ...GONE)) {
    return new ClaudioError({
      code: 'backup.dest-failed',
      message: `The snapshot could not be written to ${dest}: ${messageOf(error)}.`,
      hint: 'See that its disk is there and sound, and try again. The snapshots before it stay as they are.',
      cause: error,
    });
  }
  throw error;
}

/** What a disk that was pulled out, or is about to die, answers. */
const GONE = ['ENOENT', 'ENOTDIR', 'EIO', 'ENODEV', 'ENXIO', 'ESTALE', 'ENOTCONN', 'EHOSTDOWN'];
