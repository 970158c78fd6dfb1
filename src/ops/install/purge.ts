import {
  lstatSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { ClaudioError, messageOf } from '../../core/error.ts';

/** Is in every home that a service ever ran on; nobody else calls a file so. */
const DATABASE_NAME = 'claudio.db';

/** Whether a home folder may be removed. */
export type PurgeVerdict =
  | { readonly kind: 'absent' }
  | { readonly kind: 'removable' }
  /** `reason` is a sentence without its full stop. */
  | { readonly kind: 'refused'; readonly reason: string };

/** A place that is not to go with the home, and what it is. */
export interface KeptPlace {
  readonly path: string;
  readonly what: string;
}

/** Whether a folder shows that it is a home. A lock alone does not: commands make one wherever CLAUDIO_HOME leads. */
export function isHome(folder: string): boolean {
  const has = (name: string): boolean => isThere(join(folder, name));
  return has(DATABASE_NAME) || (has('claudio.lock') && has('service.env'));
}

/** Looks whether a folder is a home of Claudio and holds nothing that is to stay. Changes nothing. */
export function judgePurge(home: string, kept: readonly KeptPlace[]): PurgeVerdict {
  const real = realPath(home);
  if (real === null) {
    return isThere(home) ? refused(`${home} is a link that leads nowhere`) : { kind: 'absent' };
  }
  if (!statSync(real).isDirectory()) return refused(`${home} is no folder`);
  const inside = kept.find(({ path }) => holds(real, realPath(path) ?? path));
  if (inside !== undefined) return refused(`${home} is, or holds, ${inside.what} (${inside.path})`);
  if (!isHome(real)) {
    return refused(`${home} is no home of Claudio, or one that no service ever ran on`);
  }
  return { kind: 'removable' };
}

/**
 * Removes a home folder; where it is a link, the folder that it leads to as well. Links in it are
 * removed and not followed.
 *
 * @throws ClaudioError `home.unusable` with what the file system says.
 */
export function purge(home: string): void {
  try {
    const real = realpathSync(home);
    // Its sign goes last: what is left of a home stays one.
    const names = readdirSync(real).filter((name) => name !== DATABASE_NAME);
    for (const name of [...names, DATABASE_NAME]) {
      rmSync(join(real, name), { recursive: true, force: true, maxRetries: 3 });
    }
    rmdirSync(real);
    if (lstatSync(home, { throwIfNoEntry: false })?.isSymbolicLink() === true) unlinkSync(home);
  } catch (error) {
    throw new ClaudioError({
      code: 'home.unusable',
      message: `${home} could not be removed as a whole: ${messageOf(error)}.`,
      hint: 'Mend that, and run `claudio uninstall --purge` again, or remove the rest by hand.',
      cause: error,
    });
  }
}

function refused(reason: string): PurgeVerdict {
  return { kind: 'refused', reason };
}

function holds(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith('../'));
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    // It is not there, or leads nowhere.
    return null;
  }
}
