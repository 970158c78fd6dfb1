import { readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { hasCode } from '../core/error.ts';
import { escapeMarkdown } from '../core/format.ts';
import { visible } from './approval-text.ts';

/** What tells Claude what to do: whoever may write it may do everything. */
const INSTRUCTIONS = /^(?:claude(?:\.local)?|agents)\.md$/iu;

/** Where Claude works, and what is Claudio's own. Absolute, with links resolved. */
export interface Around {
  readonly folder: string;
  readonly home: string;
}

/** The place of a file that is to be changed. */
export interface FilePlace {
  readonly shown: string;
  readonly isThere: boolean;
  /** Whether more can be allowed than this one change. */
  readonly isOrdinary: boolean;
  /** Markdown, may be empty. */
  readonly warning: string;
}

/** Where a file really is, links followed, as far as its path is there already. */
export async function placeOf(given: string, { folder, home }: Around): Promise<FilePlace> {
  // Claude Code takes it without the white space around it.
  const path = given.trim();
  const named = resolve(folder, path);
  const real = await realPlace(named);
  const below = relative(folder, real);
  const isThere = await exists(real);
  if (below.startsWith('..') || isAbsolute(below) || path.startsWith('~')) {
    const leads = real === named ? '' : ` It leads to ${escapeMarkdown(visible(real))}.`;
    const warning = `⚠️ That is outside of ${escapeMarkdown(folder)}.${leads}`;
    return { shown: path, isThere, isOrdinary: false, warning };
  }
  const isOwn = real === home || real.startsWith(`${home}${sep}`);
  const isHidden = below.split(sep).some((part) => part.startsWith('.'));
  const isOrdinary = !isOwn && !isHidden && !INSTRUCTIONS.test(basename(real));
  return { shown: below, isThere, isOrdinary, warning: '' };
}

/** Where a path leads, also where nothing is there yet. @throws what the file system throws. */
export async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    const folder = await realPlace(dirname(path));
    const target = await targetOf(join(folder, basename(path)));
    return target === null
      ? join(folder, basename(path))
      : await realPlace(resolve(folder, target));
  }
}

/** Where a link leads to that leads to nothing yet: what is written there comes to be. */
async function targetOf(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EINVAL')) return null;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}
