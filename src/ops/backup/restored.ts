import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { writePrivateFile } from '../../platform/files.ts';

/** In a home that was put back from a snapshot, until a service has started on it. */
const MARK_NAME = '.restored';

/**
 * Notes in a home that was just built from a snapshot up to which turn it knows: what waited then may
 * have been answered since.
 */
export function markRestored(home: string): void {
  const path = join(home, 'claudio.db');
  if (!existsSync(path)) return;
  const database = new BetterSqlite3(path, { readonly: true });
  try {
    const lastTurnId = database.prepare('SELECT coalesce(max(id), 0) FROM turns').pluck().get();
    writePrivateFile(join(home, MARK_NAME), `${String(lastTurnId)}\n`);
  } finally {
    database.close();
  }
}

/** The last turn that came from a snapshot, where no service has started on this home since; else `null`. */
export function restoredUpTo(home: string): number | null {
  const path = join(home, MARK_NAME);
  return existsSync(path) ? Number.parseInt(readFileSync(path, 'utf8'), 10) || 0 : null;
}

/** Forgets that the home was restored. */
export function forgetRestored(home: string): void {
  rmSync(join(home, MARK_NAME), { force: true });
}
