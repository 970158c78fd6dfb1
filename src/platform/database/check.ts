import { existsSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import * as schema from '../../../drizzle/schema.ts';
import { ClaudioError, messageOf } from '../../core/error.ts';
import { migrateDatabase } from './migrate.ts';

/** How a database stands. */
export type DatabaseHealth =
  | { readonly kind: 'missing' }
  | { readonly kind: 'sound'; readonly sizeBytes: number }
  /** It was written by another version. */
  | { readonly kind: 'newer' | 'older' }
  /** It cannot be opened or read, or what is in it does not fit together. */
  | { readonly kind: 'damaged'; readonly reason: string };

const SHOWN_FAULT_COUNT = 3;

/**
 * Looks through a database without writing to it: its structure, what refers to what, and its version.
 * Blocks for as long as it takes to read all of it. Never throws.
 *
 * Source: https://sqlite.org/pragma.html#pragma_quick_check, https://sqlite.org/pragma.html#pragma_foreign_key_check
 */
export function checkDatabase(path: string): DatabaseHealth {
  if (!existsSync(path)) return { kind: 'missing' };
  let sqlite: BetterSqlite3.Database | undefined;
  try {
    sqlite = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
    const said = sqlite.prepare(`PRAGMA quick_check(${SHOWN_FAULT_COUNT})`).pluck().all();
    if (said.length !== 1 || said[0] !== 'ok') return { kind: 'damaged', reason: said.join('; ') };
    const orphans = sqlite.prepare('PRAGMA foreign_key_check').all();
    if (orphans.length > 0) {
      return { kind: 'damaged', reason: `${orphans.length} rows refer to rows that are not there` };
    }
    migrateDatabase(drizzle(sqlite, { schema }), sqlite, false);
    const sizeBytes = sqlite
      .prepare('SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()')
      .pluck()
      .get();
    return { kind: 'sound', sizeBytes: Number(sizeBytes) };
  } catch (thrown) {
    if (thrown instanceof ClaudioError && thrown.code === 'database.newer') {
      return { kind: 'newer' };
    }
    if (thrown instanceof ClaudioError && thrown.code === 'database.older') {
      return { kind: 'older' };
    }
    return { kind: 'damaged', reason: messageOf(thrown) };
  } finally {
    sqlite?.close();
  }
}
