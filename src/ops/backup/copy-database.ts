import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { ClaudioError, messageOf } from '../../core/error.ts';
import { syncFile, syncFolder } from '../../platform/files.ts';

/** How long to wait for a lock; nobody else is answered by this process meanwhile. */
const BUSY_TIMEOUT_MS = 5000;
/** How often to ask again after that. */
const MAX_ASKING_COUNT = 6;
/** The most pages that better-sqlite3 takes in one step: all that there are. */
const ALL_PAGES = 0x7f_ff_ff_ff;

/**
 * Copies a database that another process may be writing to, as it stands at one moment, to a new file of
 * mode 0600, which needs no other file beside it. The writer is not held up: a reader and a writer do not
 * wait for each other in WAL mode, and all pages are read in one transaction. In several, each commit of
 * another process would make it begin anew: https://sqlite.org/backup.html
 *
 * @param to Must not be there yet. Nothing is left there when this throws.
 * @throws ClaudioError `backup.database-damaged`, `backup.database-busy`, `backup.database-unreadable`; what
 * SQLite and the file system throw where the copy cannot be written.
 */
export async function copyDatabase(from: string, to: string): Promise<void> {
  await (await open(to, 'wx', 0o600)).close();
  try {
    const pageCount = await copyPages(from, to);
    settle(from, to, pageCount);
    await syncFile(to);
    await syncFolder(dirname(to));
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
}

/** @returns How many pages there are to be in the copy. */
async function copyPages(from: string, to: string): Promise<number> {
  const source = openSource(from);
  try {
    if (pagesOf(source) === 0) return 0;
    let askedCount = 0;
    const { totalPages } = await source.backup(to, {
      progress: () => {
        askedCount += 1;
        if (askedCount > MAX_ASKING_COUNT) throw busy(from);
        return ALL_PAGES;
      },
    });
    return totalPages;
  } catch (error) {
    if (isDamage(error)) throw damaged(from, error.message, error);
    throw error;
  } finally {
    source.close();
  }
}

/** Makes the copy a file that can be read without one beside it, and looks it through. */
function settle(from: string, to: string, pageCount: number): void {
  const copy = new BetterSqlite3(to);
  try {
    // Where a lock kept it from reading or writing, better-sqlite3 may take the nothing that it has for all.
    if (pageCount !== pagesOf(copy)) throw busy(from);
    if (pageCount === 0) return;
    copy.pragma('journal_mode = DELETE');
    const faults = integrityFaults(copy);
    if (faults.length > 0) throw damaged(from, faults.join('; '));
  } finally {
    copy.close();
  }
}

function openSource(from: string): BetterSqlite3.Database {
  let source: BetterSqlite3.Database | undefined;
  try {
    source = new BetterSqlite3(from, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    pagesOf(source);
    return source;
  } catch (error) {
    source?.close();
    if (isDamage(error)) throw damaged(from, error.message, error);
    if (error instanceof BetterSqlite3.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw busy(from);
    }
    throw new ClaudioError({
      code: 'backup.database-unreadable',
      message: `The database ${from} cannot be read: ${messageOf(error)}.`,
      hint: 'Make the file and its folder readable and writable for you, and see that its disk is sound.',
      cause: error,
    });
  }
}

function pagesOf(database: BetterSqlite3.Database): number {
  return Number(database.pragma('page_count', { simple: true }));
}

/** What SQLite finds wrong in an open database; nothing where it is whole. */
export function integrityFaults(database: BetterSqlite3.Database): readonly string[] {
  try {
    const found = database.prepare('PRAGMA integrity_check(5)').pluck().all().map(String);
    return found.filter((line) => line !== 'ok');
  } catch (error) {
    if (isDamage(error)) return [error.message];
    throw error;
  }
}

/** Whether SQLite found that what it read is no database, or is a broken one. */
export function isDamage(error: unknown): error is Error {
  return (
    error instanceof BetterSqlite3.SqliteError && /^SQLITE_(?:CORRUPT|NOTADB)/u.test(error.code)
  );
}

function damaged(path: string, what: string, cause?: unknown): ClaudioError {
  return new ClaudioError({
    code: 'backup.database-damaged',
    message: `The database ${path} is damaged: ${what}.`,
    hint: 'Stop the service and put the last good snapshot back: `claudio backup restore latest`.',
    cause,
  });
}

function busy(path: string): ClaudioError {
  return new ClaudioError({
    code: 'backup.database-busy',
    message: `Another program keeps the database ${path} locked.`,
    hint: 'Close whatever has it open besides Claudio, such as a database browser, and try again.',
  });
}
