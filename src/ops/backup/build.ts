import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, open, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolders } from './fill.ts';
import { HOME_NAME, type FileEntry } from './manifest.ts';
import { markRestored } from './restored.ts';
import type { KnownSnapshot } from './snapshots.ts';

/**
 * Builds a home from a snapshot: copies of its files, with the rights and times that they
 * had, on the disk. Its folders are 0700.
 *
 * @param target Is made.
 * @throws what the file system throws.
 */
export async function buildHome(
  snapshot: KnownSnapshot,
  target: string,
  tell: (text: string) => void,
): Promise<void> {
  const { entries } = snapshot.manifest;
  await mkdir(target, { mode: 0o700 });
  for (const entry of entries) {
    const to = join(target, entry.path);
    if (entry.kind === 'folder') await mkdir(to, { mode: 0o700 });
    if (entry.kind === 'file') {
      tell(`copying ${entry.path}`);
      await bringBack(join(snapshot.path, HOME_NAME, entry.path), to, entry);
    }
  }
  // Last, so that nothing is written through one.
  for (const entry of entries) {
    if (entry.kind === 'link') await symlink(entry.target, join(target, entry.path));
  }
  // Before the first migration, there is nothing in it that could wait.
  if ((snapshot.manifest.database?.migrationCount ?? 0) > 0) markRestored(target);
  await syncFolders(target, entries);
}

/** Gives the folders of a home that was built the rights that they had. Up to then it can be moved and removed. */
export async function restoreFolderModes(snapshot: KnownSnapshot, home: string): Promise<void> {
  for (const entry of snapshot.manifest.entries.toReversed()) {
    if (entry.kind === 'folder') await chmod(join(home, entry.path), entry.mode);
  }
}

async function bringBack(from: string, to: string, entry: FileEntry): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL);
  const file = await open(to, 'r+');
  try {
    await file.chmod(entry.mode);
    const modifiedAt = new Date(entry.modifiedAtMs);
    await file.utimes(modifiedAt, modifiedAt);
    await file.sync();
  } finally {
    await file.close();
  }
}
