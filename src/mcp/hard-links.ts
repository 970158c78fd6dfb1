import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isSame, orNull } from './same-file.ts';

/** Claudio's own files lie no deeper in its home: `tmp/<folder of a run>/<file>`. */
const DEEPEST = 3;

/**
 * Whether an open file is one of Claudio's home under another name: a hard link, which no path tells.
 * What lies in a sendable folder inside of the home does not count. Looks only at the upper three floors
 * of the home, and only where the file has more names than one.
 */
export async function isHardLinkInto(
  stats: BigIntStats,
  home: string,
  sendableDirs: readonly string[],
): Promise<boolean> {
  if (stats.nlink <= 1n) return false;
  const sendable = new Set(await Promise.all(sendableDirs.map((dir) => orNull(realpath(dir)))));

  const holds = async (folder: string, depth: number): Promise<boolean> => {
    const entries: readonly Dirent[] =
      (await orNull(readdir(folder, { withFileTypes: true }))) ?? [];
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isFile()) {
        const found = await orNull(lstat(path, { bigint: true }));
        if (found !== null && isSame(found, stats)) return true;
      } else if (entry.isDirectory() && depth < DEEPEST && !sendable.has(path)) {
        if (await holds(path, depth + 1)) return true;
      }
    }
    return false;
  };

  const real = await orNull(realpath(home));
  return real !== null && (await holds(real, 1));
}
