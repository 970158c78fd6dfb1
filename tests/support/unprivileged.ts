import { lchownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** `nobody`, on Linux and macOS alike a user that owns nothing. */
const NOBODY_ID = 65_534;

/**
 * Does something as a user whom rights of files bind: root, whom they do not, becomes `nobody` for that
 * long, and `folder` with all that is in it becomes theirs.
 */
export async function unprivileged<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return await work();
  const inside = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const path of ['', ...inside]) lchownSync(join(folder, path), NOBODY_ID, NOBODY_ID);
  process.seteuid?.(NOBODY_ID);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
