import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const PREFIX = 'turn-';

/** A folder for one attempt at a turn: Claude may read what is in it and send what it puts there. */
export interface TurnFolder {
  /** Absolute. */
  readonly path: string;
  /** Takes it away with all that is in it. @throws what the file system throws. */
  remove(): Promise<void>;
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
  const path = join(tempDir, `${PREFIX}${turn.turnId}-${turn.attempt}`);
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true });
  await remove();
  await mkdir(path, { mode: 0o700 });
  return { path, remove };
}

/** Removes the folders of turns that an instance left when it died. To be called before any turn runs. */
export async function removeTurnFolders(tempDir: string): Promise<void> {
  const left = (await readdir(tempDir)).filter((name) => name.startsWith(PREFIX));
  await Promise.all(left.map((name) => rm(join(tempDir, name), { recursive: true, force: true })));
}
