import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { ClaudioError, messageOf } from '../../core/error.ts';
import { ensurePrivateFolder } from '../../platform/files.ts';
import { copyDatabase, isDamage } from '../backup/copy-database.ts';

const BUSY_TIMEOUT_MS = 5000;

const MIGRATIONS = { columns: 'created_at', table: '__drizzle_migrations' };
/** What tells whether anything was taken in, done or sent. */
const TRACES = [
  { columns: 'source, update_id', table: 'updates' },
  { columns: 'id, created_at_ms', table: 'messages' },
  { columns: 'id, status, attempt_count', table: 'turns' },
  // A start takes back what was under way, and nothing has happened by that.
  { columns: "id, replace(status, 'sending', 'pending')", table: 'deliveries' },
];

/**
 * What became of a database since the copy was made. `same`: it is for the same program, or there is no
 * copy to compare it with. `migrated`: it was brought up to date for a newer program, and nothing else
 * happened. `news`: that, and things that the copy does not know of. `unknown`: it is one that this
 * program cannot read.
 */
type Change = 'same' | 'migrated' | 'news' | 'unknown';

/** The database of a home, and the copy of it that an update makes. */
export interface GuardedDatabase {
  exists(): boolean;
  /**
   * Puts a copy aside, in the place of that of the last update. The service must not run.
   *
   * @returns When it was made, by which it is known.
   */
  copy(): Promise<number>;
  /** Compares it with the copy made then. @throws ClaudioError `update.database` */
  changeSince(copiedAtMs: number | null): Change;
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
      return timeOf(copy);
    },
    changeSince: (copiedAtMs) => {
      // A backup that was put back since brings a database and a copy of its own, or none.
      const isComparable = existsSync(live) && existsSync(copy) && timeOf(copy) === copiedAtMs;
      return isComparable ? compare(live, copy) : 'same';
    },
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

function timeOf(path: string): number {
  return Math.trunc(statSync(path).mtimeMs);
}

function compare(live: string, copy: string): Change {
  const database = new BetterSqlite3(live, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  // What is in the copy alone was forgotten for its age, and is no news.
  const hasMore = ({ columns, table }: typeof MIGRATIONS) =>
    database
      .prepare(
        `SELECT ${columns} FROM main.${table} EXCEPT SELECT ${columns} FROM copy.${table} LIMIT 1`,
      )
      .get() !== undefined;
  try {
    database.prepare('ATTACH ? AS copy').run(copy);
    if (!hasMore(MIGRATIONS)) return 'same';
    return TRACES.some(hasMore) ? 'news' : 'migrated';
  } catch (error) {
    if (isUnreadable(error)) return 'unknown';
    throw new ClaudioError({
      code: 'update.database',
      message: `The database ${live} cannot be compared with its copy: ${messageOf(error)}.`,
      hint: 'Close whatever else has it open, such as a database browser, and run `claudio update` again.',
      cause: error,
    });
  } finally {
    database.close();
  }
}

/** Whether it has not the tables that are asked for, or is damaged; not where it is only locked. */
function isUnreadable(error: unknown): boolean {
  if (isDamage(error)) return true;
  return error instanceof BetterSqlite3.SqliteError && error.code === 'SQLITE_ERROR';
}
