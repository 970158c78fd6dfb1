import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { openDatabase, type Database } from '../../src/platform/database/open.ts';
import { packageRoot } from '../../src/platform/package.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A real database in a file of its own, closed when the test has ended. */
export function testDatabase(): Database {
  const database = openDatabase(join(temporaryFolder(), 'claudio.db'));
  onTestFinished(() => database.close());
  return database;
}

const journalSchema = z.looseObject({ entries: z.array(z.looseObject({ tag: z.string() })) });

/** A database as the first so many migrations made it. */
export function earlierDatabase(path: string, migrationCount: number): BetterSqlite3.Database {
  const migrationsFolder = temporaryFolder();
  cpSync(join(packageRoot(), 'migrations'), migrationsFolder, { recursive: true });
  const journalPath = join(migrationsFolder, 'meta', '_journal.json');
  const journal = journalSchema.parse(JSON.parse(readFileSync(journalPath, 'utf8')));
  const entries = journal.entries.slice(0, migrationCount);
  writeFileSync(journalPath, JSON.stringify({ ...journal, entries }));
  const sqlite = new BetterSqlite3(path);
  migrate(drizzle(sqlite), { migrationsFolder });
  return sqlite;
}
