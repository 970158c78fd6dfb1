import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { hasCode, messageOf } from '../../core/error.ts';
import { integrityFaults } from './copy-database.ts';
import { HOME_NAME, type Entry } from './manifest.ts';
import type { KnownSnapshot } from './snapshots.ts';
import { hashFile } from './store.ts';
import { DATABASE_NAME } from './walk.ts';

/** Something in a snapshot that is not as its manifest says. */
export interface Fault {
  /** In the home. */
  readonly path: string;
  /** The rest of a sentence: `is missing`. */
  readonly what: string;
}

/**
 * Holds all of a snapshot against its manifest, and lets SQLite look through its database. Writes nothing.
 *
 * @returns What is wrong; nothing where it is whole.
 */
export async function verifySnapshot(
  snapshot: KnownSnapshot,
  tell: (text: string) => void = () => undefined,
): Promise<readonly Fault[]> {
  const home = join(snapshot.path, HOME_NAME);
  const { entries } = snapshot.manifest;
  const faults: Fault[] = [];
  for (const entry of entries) {
    tell(`reading ${entry.path}`);
    const what = await faultOf(entry, join(home, entry.path));
    if (what !== null) faults.push({ path: entry.path, what });
  }
  faults.push(...(await strangers(home, new Set(entries.map(({ path }) => path)))));
  const hasDatabase = entries.some(({ path }) => path === DATABASE_NAME);
  if (hasDatabase && !faults.some(({ path }) => path === DATABASE_NAME)) {
    const found = databaseFaults(join(home, DATABASE_NAME));
    faults.push(...found.map((fault) => ({ path: DATABASE_NAME, what: `is damaged: ${fault}` })));
  }
  return faults;
}

async function faultOf(entry: Entry, path: string): Promise<string | null> {
  try {
    const stats = await lstat(path);
    switch (entry.kind) {
      case 'folder':
        return stats.isDirectory() ? null : 'is no folder any more';
      case 'link':
        if (!stats.isSymbolicLink()) return 'is no link any more';
        return (await readlink(path)) === entry.target ? null : 'points elsewhere';
      case 'file': {
        if (!stats.isFile()) return 'is no file any more';
        const { sizeBytes, sha256 } = await hashFile(path);
        if (sizeBytes !== entry.sizeBytes) {
          return `has ${sizeBytes} bytes instead of ${entry.sizeBytes}`;
        }
        return sha256 === entry.sha256 ? null : 'has another content';
      }
    }
  } catch (error) {
    return hasCode(error, 'ENOENT', 'ENOTDIR')
      ? 'is missing'
      : `cannot be read: ${messageOf(error)}`;
  }
}

/** What is there and was never put there. */
async function strangers(home: string, known: ReadonlySet<string>, folder = ''): Promise<Fault[]> {
  let names: string[];
  try {
    names = await readdir(join(home, folder));
  } catch (error) {
    // That it is missing was told already, but of the home itself.
    return folder === '' ? [{ path: '', what: `cannot be read: ${messageOf(error)}` }] : [];
  }
  const faults: Fault[] = [];
  for (const name of names.sort()) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (!known.has(path)) faults.push({ path, what: 'was not there when the snapshot was taken' });
    else if ((await lstat(join(home, path))).isDirectory()) {
      faults.push(...(await strangers(home, known, path)));
    }
  }
  return faults;
}

function databaseFaults(path: string): readonly string[] {
  let database: BetterSqlite3.Database | undefined;
  try {
    database = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
    return integrityFaults(database);
  } catch (error) {
    return [messageOf(error)];
  } finally {
    database?.close();
  }
}
