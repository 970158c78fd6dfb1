import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ClaudioError } from '../../core/error.ts';
import { tryLock, type LockFile } from '../../platform/lock-file.ts';

/** An update keeps the database to itself for about as long as a start of the service takes. */
const PATIENCE_MS = 120_000;
const RETRY_MS = 250;

/**
 * Keeps an update from touching the database of a home, for a command that writes into it: what is
 * written between the copy that an update makes and the moment it is certain that the copy is not needed
 * could be lost. Waits while one does.
 *
 * @throws ClaudioError `update.under-way`
 */
export async function holdStill(home: string, patienceMs = PATIENCE_MS): Promise<LockFile> {
  const lock = await patiently(lockOf(home), 'together', patienceMs);
  if (lock !== null) return lock;
  throw underWay('An update is under way. Nothing was done.');
}

/**
 * The other side: keeps commands from writing into the database.
 *
 * @throws ClaudioError `update.under-way` where another update does.
 */
export async function keepDatabase(home: string): Promise<LockFile> {
  const lock = await patiently(lockOf(home), 'alone', PATIENCE_MS);
  if (lock !== null) return lock;
  throw underWay('Another command writes into the database and does not end.');
}

/**
 * Keeps a service from starting, and waits for the end of what runs on the home: a trial goes on for a
 * while where the update that began it was killed.
 *
 * @throws ClaudioError `update.under-way`
 */
export async function keepHome(home: string): Promise<LockFile> {
  const lock = await patiently(join(home, 'claudio.lock'), 'alone', PATIENCE_MS);
  if (lock !== null) return lock;
  throw underWay(`Claudio still runs on ${home}.`);
}

function lockOf(home: string): string {
  return join(home, 'update.lock');
}

async function patiently(
  path: string,
  use: 'alone' | 'together',
  patienceMs: number,
): Promise<LockFile | null> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    const lock = tryLock(path, use);
    if (lock !== null || waitedMs >= patienceMs) return lock;
    await setTimeout(RETRY_MS);
  }
}

/** The sole right to update an installation. @throws ClaudioError `update.under-way` */
export function lockInstallation(folder: string): LockFile {
  const lock = tryLock(join(folder, 'lock'), 'alone');
  if (lock !== null) return lock;
  throw underWay('Another `claudio update` is under way.');
}

function underWay(message: string): ClaudioError {
  return new ClaudioError({
    code: 'update.under-way',
    message,
    hint: 'Try again in a few minutes.',
  });
}
