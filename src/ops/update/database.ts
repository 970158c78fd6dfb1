import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { ensurePrivateFolder } from '../../platform/files.ts';
import { copyDatabase } from '../backup/copy-database.ts';

const BUSY_TIMEOUT_MS = 5000;

/** What tells whether anything was taken in, done or sent. */
const TRACES = [
  'SELECT source, max(received_at_ms), count(*) FROM updates GROUP BY source ORDER BY source',
  'SELECT max(id) FROM messages',
  'SELECT id, status, attempt_count FROM turns ORDER BY id',
  // A start takes back what was under way, and nothing has happened by that.
  "SELECT id, replace(status, 'sending', 'pending') FROM deliveries ORDER BY id",
];

/** The database of a home, and the copy of it that an update makes. */
export interface GuardedDatabase {
  exists(): boolean;
  /** Puts a copy aside, in the place of that of the last update. The service must not run. */
  copy(): Promise<void>;
  /** Whether it was brought up to date for a newer program since the copy was made. */
  wasMigrated(): boolean;
  /** Whether anything happened since then that the copy does not know of. */
  hasNews(): boolean;
  /**
   * Makes the database what the copy is, in one transaction: after a crash it is either one. The service
   * must not run.
   */
  putBack(): Promise<void>;
}

export function guardDatabase(home: string): GuardedDatabase {
  const live = join(home, 'claudio.db');
  const folder = join(home, 'before-update');
  const copy = join(folder, 'claudio.db');

  return {
    exists: () => existsSync(live),
    copy: async () => {
      ensurePrivateFolder(folder);
      const fresh = `${copy}.new`;
      rmSync(fresh, { force: true });
      await copyDatabase(live, fresh);
      renameSync(fresh, copy);
    },
    wasMigrated: () => {
      const query = 'SELECT created_at FROM __drizzle_migrations ORDER BY created_at';
      return reading(live, query) !== reading(copy, query);
    },
    hasNews: () => TRACES.some((query) => reading(live, query) !== reading(copy, query)),
    putBack: async () => {
      const source = new BetterSqlite3(copy, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
      try {
        await source.backup(live);
      } finally {
        source.close();
      }
    },
  };
}

/** What a query finds, as text to be compared; one that a database does not understand finds that. */
function reading(path: string, query: string): string {
  const database = new BetterSqlite3(path, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    return JSON.stringify(database.prepare(query).raw().all());
  } catch (error) {
    if (!(error instanceof BetterSqlite3.SqliteError)) throw error;
    return `${path}: ${error.message}`;
  } finally {
    database.close();
  }
}
