import { join } from 'node:path';
import { ClaudioError, messageOf } from '../core/error.ts';
import { tryLock, type LockFile } from './lock-file.ts';

/** The sole right to something of a home folder, for as long as this object is kept: dropped, it is collected. */
export type HomeLock = LockFile;

/**
 * What a process can have for itself: `claudio` is the home as a whole, which a running service has;
 * `install` is changing how the home is set up, `backup` taking a snapshot of it, and `health-check`
 * looking after it, each beside a service that may run; `update` keeps updates and commands from its
 * database.
 */
export type HomeLockName = 'claudio' | 'install' | 'backup' | 'health-check' | 'update';

/**
 * Takes the sole right to `home`, or to one thing in it, for this process.
 *
 * The lock is an open exclusive transaction on a small database of its own: the system gives it up when
 * the process ends, however it ends, so there is never a stale lock to remove.
 *
 * @throws ClaudioError `home.in-use` when another process has it; of the others
 * `<name>.under-way`; `home.unusable`
 */
export function lockHome(home: string, name: HomeLockName = 'claudio'): HomeLock {
  let lock: LockFile | null;
  try {
    lock = tryLock(join(home, `${name}.lock`), 'alone');
  } catch (error) {
    throw unusable(home, error);
  }
  if (lock === null) throw taken(home, name);
  return lock;
}

const NAMED = {
  install: 'setup or restore',
  backup: 'backup or restore',
  'health-check': 'health check',
  update: 'update',
};

function taken(home: string, name: HomeLockName): ClaudioError {
  if (name === 'claudio') {
    return new ClaudioError({
      code: 'home.in-use',
      message: `Claudio already runs on ${home}.`,
      hint: 'Stop that one first, or give this one a home of its own with CLAUDIO_HOME.',
    });
  }
  return new ClaudioError({
    code: `${name}.under-way`,
    message: `Another ${NAMED[name]} of ${home} is under way.`,
    hint: 'Wait until it has ended, and try again.',
  });
}

function unusable(home: string, cause: unknown): ClaudioError {
  return new ClaudioError({
    code: 'home.unusable',
    message: `The folder ${home} cannot be used: ${messageOf(cause)}.`,
    hint: 'Make it writable for you, or name another one with CLAUDIO_HOME.',
    cause,
  });
}
