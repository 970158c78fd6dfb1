import BetterSqlite3 from 'better-sqlite3';

/** A lock, for as long as this object is kept. */
export interface LockFile {
  release(): void;
}

/**
 * Takes a lock of the kind of {@link lockHome}: a small database, made where it is not there, and given
 * up by the system when the process ends. Does not wait.
 *
 * @param use `alone`, or `together` with others that say so too: https://sqlite.org/lockingv3.html
 * @returns `null` where another process has it.
 * @throws what SQLite throws where the file cannot be used.
 */
export function tryLock(path: string, use: 'alone' | 'together'): LockFile | null {
  const lock = new BetterSqlite3(path, { timeout: 0 });
  try {
    lock.exec(use === 'alone' ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema');
  } catch (error) {
    lock.close();
    if (error instanceof BetterSqlite3.SqliteError && error.code === 'SQLITE_BUSY') return null;
    throw error;
  }
  return { release: () => void lock.close() };
}
