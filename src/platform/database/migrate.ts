import { join } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import type * as schema from '../../../drizzle/schema.ts';
import { ClaudioError } from '../../core/error.ts';
import { packageRoot } from '../package.ts';

/**
 * Applies the migrations that the database does not have yet, all or none.
 *
 * Foreign keys are off meanwhile, because a migration that rebuilds a table drops the old one, and are
 * checked before they count again: https://sqlite.org/lang_altertable.html#otheralter
 *
 * @param apply Where not, a database that lacks some is refused.
 * @throws ClaudioError `database.older` when it lacks migrations; `database.newer` when it has a migration that this version does not know;
 * `database.damaged` when rows refer to rows that are not there.
 */
export function migrateDatabase(
  orm: BetterSQLite3Database<typeof schema>,
  sqlite: BetterSqlite3.Database,
  apply: boolean,
): void {
  const migrationsFolder = join(packageRoot(), 'migrations');
  const known = readMigrationFiles({ migrationsFolder }).map(({ folderMillis }) => folderMillis);
  const applied = appliedMigrations(sqlite);
  if (applied.some((when) => !known.includes(when))) {
    throw new ClaudioError({
      code: 'database.newer',
      message: `The database ${sqlite.name} was written by a newer version of Claudio.`,
      hint: 'Update Claudio, or go back to the backup that was made before the update.',
    });
  }
  if (applied.length === known.length) return;
  if (!apply) {
    throw new ClaudioError({
      code: 'database.older',
      message: `The database ${sqlite.name} is that of an older version of Claudio.`,
      hint: 'Start the service once (`claudio restart`), which brings it up to date.',
    });
  }

  sqlite.pragma('foreign_keys = OFF');
  migrate(orm, { migrationsFolder });
  const orphans = sqlite.pragma('foreign_key_check');
  sqlite.pragma('foreign_keys = ON');
  if (Array.isArray(orphans) && orphans.length > 0) {
    throw new ClaudioError({
      code: 'database.damaged',
      message: `The database ${sqlite.name} has ${orphans.length} rows that refer to missing rows.`,
      hint: 'Go back to a backup, or report this with the output of `sqlite3 DATABASE "pragma foreign_key_check"`.',
    });
  }
}

function appliedMigrations(sqlite: BetterSqlite3.Database): number[] {
  const table = sqlite
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '__drizzle_migrations'")
    .get();
  if (table === undefined) return [];
  return sqlite.prepare('SELECT created_at FROM __drizzle_migrations').pluck().all().map(Number);
}
