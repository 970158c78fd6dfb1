import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { packageRoot } from '../../platform/package.ts';
import type { Manifest } from './manifest.ts';

const MIGRATIONS = '__drizzle_migrations';

/** How far a database was migrated. Opens it for reading, and leaves nothing beside one that is in no WAL mode. */
export function migrationLevel(path: string): NonNullable<Manifest['database']> {
  const database = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
  try {
    const table = database
      .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?")
      .get(MIGRATIONS);
    if (table === undefined) return { migrationCount: 0, lastMigrationAtMs: 0 };
    const whens = database
      .prepare(`SELECT created_at FROM ${MIGRATIONS}`)
      .pluck()
      .all()
      .map(Number);
    return { migrationCount: whens.length, lastMigrationAtMs: Math.max(0, ...whens) };
  } finally {
    database.close();
  }
}

/** What a service that starts on a database would take up at once. Opens it as {@link migrationLevel} does. */
export function waitingIn(path: string): {
  readonly turnCount: number;
  /** Parts that were not sent, and answers that were not spoken. */
  readonly partCount: number;
} {
  const database = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
  try {
    const countOf = (where: string): number =>
      Number(database.prepare(`SELECT count(*) FROM ${where}`).pluck().get());
    // A database that was not migrated for a while knows no answers that are spoken.
    const knowsSpeech = countOf("pragma_table_info('turns') WHERE name = 'speech'") > 0;
    const unspokenCount = knowsSpeech ? countOf("turns WHERE speech = 'pending'") : 0;
    return {
      turnCount: countOf("turns WHERE status = 'queued'"),
      partCount: countOf("deliveries WHERE status IN ('pending', 'sending')") + unspokenCount,
    };
  } finally {
    database.close();
  }
}

/** Whether a database is that of a newer version of Claudio than this. */
export function isNewer(level: Manifest['database']): boolean {
  const migrationsFolder = join(packageRoot(), 'migrations');
  const known = readMigrationFiles({ migrationsFolder }).map(({ folderMillis }) => folderMillis);
  return level !== null && level.lastMigrationAtMs > Math.max(0, ...known);
}
