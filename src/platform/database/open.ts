import { chmodSync, existsSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { DrizzleError } from 'drizzle-orm';
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import * as schema from '../../../drizzle/schema.ts';
import { ClaudioError } from '../../core/error.ts';
import { migrateDatabase } from './migrate.ts';

/**
 * How long to wait for a lock that another program holds. Nothing else is answered meanwhile, so it is
 * short, and who writes has to be ready for a refusal.
 */
const BUSY_TIMEOUT_MS = 250;

/** The database, open. */
export interface Database {
  readonly orm: BetterSQLite3Database<typeof schema> & { readonly $client: BetterSqlite3.Database };
  /**
   * Runs `work` in one transaction that takes the write lock at once, or as a savepoint of the one that
   * is under way. Rolls back when `work` throws.
   *
   * @throws TypeError when `work` returns a promise: nothing may be awaited in a transaction.
   */
  transaction<T>(work: () => T): T;
  close(): void;
}

/**
 * Whether an error came from the state of the database and not from what was written: a disk that is
 * full, a lock that another program holds. The same write may succeed later.
 */
export function isDatabaseFault(error: unknown): boolean {
  // Drizzle puts what a statement written out throws into an error of its own.
  const fault = error instanceof DrizzleError ? error.cause : error;
  return fault instanceof BetterSqlite3.SqliteError && !fault.code.startsWith('SQLITE_CONSTRAINT');
}

/**
 * Opens the database at `path`, mode 0600, and brings it up to date.
 *
 * Every commit is on the disk when it returns: https://sqlite.org/pragma.html#pragma_synchronous
 *
 * @param use `own`: for the service, which makes it where there is none. `share`: beside the service,
 * which alone makes it and brings it up to date.
 * @throws ClaudioError `database.newer` when it was written by a later version of Claudio; for `share`
 * also `database.missing` and `database.older`.
 */
export function openDatabase(path: string, use: 'own' | 'share' = 'own'): Database {
  if (use === 'share' && !existsSync(path)) {
    throw new ClaudioError({
      code: 'database.missing',
      message: `There is no database ${path}.`,
      hint: 'Start the service once (`claudio start`), which makes it.',
    });
  }
  const sqlite = new BetterSqlite3(path);
  try {
    chmodSync(path, 0o600);
    sqlite.pragma('journal_mode = WAL');
    sqlite.pragma('synchronous = FULL');
    sqlite.pragma('foreign_keys = ON');
    sqlite.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    const orm = drizzle(sqlite, { schema });
    migrateDatabase(orm, sqlite, use === 'own');
    const run = sqlite.transaction((work: () => unknown) => work());
    return {
      orm,
      transaction: <T>(work: () => T) => run.immediate(work) as T,
      close: () => sqlite.close(),
    };
  } catch (error) {
    sqlite.close();
    throw error;
  }
}
