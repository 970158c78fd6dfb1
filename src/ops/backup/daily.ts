import { mkdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../platform/files.ts';
import { syncFolders } from './fill.ts';
import { HOME_NAME, MANIFEST_NAME } from './manifest.ts';
import type { KnownSnapshot } from './snapshots.ts';
import { linkOrCopy } from './store.ts';

/**
 * Puts a snapshot that was just taken among the daily ones too, with hard links, whole or not at all.
 *
 * @throws what the file system throws.
 */
export async function copyToDaily(snapshot: KnownSnapshot, root: string): Promise<void> {
  const beside = join(root, `.partial-${snapshot.name}`);
  try {
    await copyTree(snapshot, beside);
    await rename(beside, join(root, 'daily', snapshot.name));
    await syncFolder(join(root, 'daily'));
  } catch (error) {
    // Where not even this can be done, the next run does it.
    await rm(beside, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

async function copyTree({ path, manifest }: KnownSnapshot, beside: string): Promise<void> {
  const [from, to] = [join(path, HOME_NAME), join(beside, HOME_NAME)];
  await mkdir(beside, { mode: 0o700 });
  await mkdir(to, { mode: 0o700 });
  for (const entry of manifest.entries) {
    const [source, target] = [join(from, entry.path), join(to, entry.path)];
    if (entry.kind === 'folder') await mkdir(target, { mode: 0o700 });
    else if (entry.kind === 'link') await symlink(await readlink(source), target);
    else await linkOrCopy(source, target);
  }
  await syncFolders(to, manifest.entries);
  await linkOrCopy(join(path, MANIFEST_NAME), join(beside, MANIFEST_NAME));
  await syncFolder(beside);
}
