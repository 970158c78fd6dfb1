import { realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { hasCode } from '../core/error.ts';
import { userHomeOf, type Configuration } from '../platform/configuration/load.ts';

/** Where Claude may be sent to work. */
export interface Bounds {
  /** `$CLAUDIO_HOME`, absolute: nothing inside of it may be worked in. */
  readonly home: string;
  /** Absolute. They need not be there. */
  readonly roots: readonly string[];
}

/** What a path comes to. */
export type Resolved =
  /** @property path Absolute, with all links resolved: what is to be used in place of what was asked for. */
  | { readonly kind: 'ok'; readonly path: string }
  | { readonly kind: 'missing' | 'no-folder' | 'unreadable' | 'outside' | 'own' };

/** What is wrong with a folder, to go on after its path. */
export const OBJECTIONS: Readonly<Record<Exclude<Resolved['kind'], 'ok'>, string>> = {
  missing: 'is not there',
  'no-folder': 'is not a folder',
  unreadable: 'cannot be looked at',
  outside: 'is outside of the folders that may be worked in',
  own: 'is Claudio’s own folder, and nobody works in that',
};

/** `PROJECT_ROOTS`; where it is not set, the person's home folder and the folder that is configured. */
export function boundsOf({
  home,
  settings,
  environment,
}: Pick<Configuration, 'home' | 'settings' | 'environment'>): Bounds {
  const roots = settings.PROJECT_ROOTS ?? [userHomeOf(environment), settings.CLAUDE_WORK_DIR];
  return { home, roots };
}

/**
 * Looks where a folder really is, and whether it may be worked in. Blocks for the length of a few system
 * calls. Never throws for what the path leads to.
 *
 * @param path Absolute.
 */
export function resolveFolder(path: string, { home, roots }: Bounds): Resolved {
  const found = realFolder(path);
  if (found.kind !== 'ok') return found;
  if (isWithin(found.path, realPath(home))) return { kind: 'own' };
  return roots.some((root) => isWithin(found.path, realPath(root))) ? found : { kind: 'outside' };
}

/** The same without asking whether it may be worked in. */
export function realFolder(path: string): Resolved {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? { kind: 'ok', path: real } : { kind: 'no-folder' };
  } catch (error) {
    return { kind: hasCode(error, 'ENOENT', 'ENOTDIR') ? 'missing' : 'unreadable' };
  }
}

/** Where a path leads; one that leads nowhere stays as it is. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It is not there, or in a folder that may not be entered: nothing real can be inside of it.
    return path;
  }
}

/** Whether a path is a folder or lies in it. Both absolute, without links. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
