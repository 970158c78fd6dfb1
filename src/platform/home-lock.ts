import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { ClaudioError } from '../core/error.ts';

/** The sole right to a home folder, for as long as this object is kept: dropped, it is collected. */
export interface HomeLock {
  release(): void;
}

/**
 * Takes the sole right to `home` for this process.
 *
 * The lock is an open exclusive transaction on a small database of its own: the system gives it up when
 * the process ends, however it ends, so there is never a stale lock to remove.
 *
 * @throws ClaudioError `home.in-use` when another process has it.
 */
export function lockHome(home: string): HomeLock {
  const lock = new BetterSqlite3(join(home, 'claudio.lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (error instanceof BetterSqlite3.SqliteError && error.code === 'SQLITE_BUSY') {
      throw new ClaudioError({
        code: 'home.in-use',
        message: `Claudio already runs on ${home}.`,
        hint: 'Stop that one first, or give this one a home of its own with CLAUDIO_HOME.',
        cause: error,
      });
    }
    throw error;
  }
  return { release: () => lock.close() };
}
