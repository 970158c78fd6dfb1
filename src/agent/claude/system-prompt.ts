import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where an addition to the system prompt is, and how to take it away again. */
export interface PlacedPrompt {
  /** Absolute; `null` where there is nothing to add. */
  readonly path: string | null;
  readonly remove: () => Promise<void>;
}

/**
 * Puts the addition into a file that only this user can read: what stands in an argument, every user of
 * the machine can.
 *
 * @param marker Of the run: {@link removePrompts} finds the file by it.
 * @throws what the file system throws.
 */
export async function placeSystemPrompt(
  text: string,
  marker: string,
  tempDir: string,
): Promise<PlacedPrompt> {
  if (text.trim() === '') return { path: null, remove: () => Promise.resolve() };
  const folder = await mkdtemp(join(tempDir, `${folderPrefix(marker)}-`));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'system-prompt.md');
  try {
    await writeFile(path, text, { mode: 0o600 });
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, remove };
}

/** Removes what runs left behind whose marker starts with one of the prefixes. */
export async function removePrompts(prefixes: readonly string[], tempDir: string): Promise<void> {
  const names = await readdir(tempDir);
  const left = names.filter((name) =>
    prefixes.some((prefix) => name.startsWith(folderPrefix(prefix))),
  );
  await Promise.all(left.map((name) => rm(join(tempDir, name), { recursive: true, force: true })));
}

/** A marker may hold what a file's name may not. */
function folderPrefix(marker: string): string {
  return `claudio-prompt-${encodeURIComponent(marker)}`;
}
