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

/** One of them is in every home that was ever used; nobody else calls a file so. */
const SIGNS = ['claudio.db', 'claudio.lock', 'install.lock'];

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

/** Looks whether a folder is a home of Claudio and holds nothing that is to stay. Changes nothing. */
export function judgePurge(home: string, kept: readonly KeptPlace[]): PurgeVerdict {
  const real = realPath(home);
  if (real === null) {
    return isThere(home) ? refused(`${home} is a link that leads nowhere`) : { kind: 'absent' };
  }
  if (!statSync(real).isDirectory()) return refused(`${home} is no folder`);
  const inside = kept.find(({ path }) => holds(real, realPath(path) ?? path));
  if (inside !== undefined) return refused(`${home} is, or holds, ${inside.what} (${inside.path})`);
  if (!SIGNS.some((name) => isThere(join(real, name)))) {
    return refused(`${home} is no home of Claudio: it has none of ${SIGNS.join(', ')}`);
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
    for (const name of readdirSync(real)) {
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
