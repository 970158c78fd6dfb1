import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../platform/log.ts';

const PREFIX = 'turn-';

/** A folder for one attempt at a turn: Claude may read what is in it and send what it puts there. */
export interface TurnFolder {
  /** Absolute. */
  readonly path: string;
  /** Takes it away with all that is in it. @throws what the file system throws. */
  remove(): Promise<void>;
}

/** Where the folder of an attempt at a turn is, or will be. */
export function turnFolderPath(
  tempDir: string,
  { turnId, attempt }: { readonly turnId: number; readonly attempt: number },
): string {
  return join(tempDir, `${PREFIX}${turnId}-${attempt}`);
}

/**
 * Makes the folder (0700), empty.
 *
 * @param tempDir An existing folder.
 * @throws what the file system throws.
 */
export async function openTurnFolder(
  tempDir: string,
  turn: { readonly turnId: number; readonly attempt: number },
): Promise<TurnFolder> {
  const path = turnFolderPath(tempDir, turn);
  const remove = (): Promise<void> => removeFolder(path);
  await remove();
  await mkdir(path, { mode: 0o700 });
  return { path, remove };
}

/**
 * Removes the folders of turns that an instance left when it died. To be called before any turn runs.
 * What cannot be removed is only told of: nothing that Claude left may keep the service from starting.
 */
export async function removeTurnFolders(tempDir: string, log: Pick<Logger, 'warn'>): Promise<void> {
  const left = (await readdir(tempDir)).filter((name) => name.startsWith(PREFIX));
  for (const name of left) {
    try {
      await removeFolder(join(tempDir, name));
    } catch (error) {
      log.warn({ folder: name, err: error }, 'recovery.folder-kept');
    }
  }
}

/** Removes a folder, also where there are folders in it that their owner may not write in. */
export async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error;
    await openUp(path);
    await rm(path, { recursive: true, force: true });
  }
}

async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await openUp(join(folder, entry.name));
  }
}
