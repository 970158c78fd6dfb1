import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../core/error.ts';
import { syncFolder } from '../../platform/files.ts';
import type { KnownSnapshot } from './snapshots.ts';

const PARTIAL = '.partial-';

/** How many snapshots of each kind are kept, at least one each. */
export interface Keep {
  readonly hourlyCount: number;
  readonly dailyCount: number;
}

/**
 * Which snapshots are too many: of each kind all but those that were taken last. The one that was taken
 * last of all is never among them.
 *
 * @param snapshots In the order of {@link listSnapshots}, the last one first.
 */
export function surplus<T extends Pick<KnownSnapshot, 'kind'>>(
  snapshots: readonly T[],
  keep: Keep,
): readonly T[] {
  const beyond = (kind: KnownSnapshot['kind'], count: number) =>
    snapshots.filter((one) => one.kind === kind).slice(Math.max(1, count));
  return [...beyond('hourly', keep.hourlyCount), ...beyond('daily', keep.dailyCount)];
}

/**
 * Removes snapshots. Each loses its name first, so that no half of one ever bears it.
 *
 * @returns What went wrong, a sentence each.
 */
export async function removeSnapshots(
  root: string,
  snapshots: readonly KnownSnapshot[],
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { path, kind, name } of snapshots) {
    const beside = join(root, `${PARTIAL}removed-${kind}-${name}`);
    try {
      await rename(path, beside);
      await syncFolder(join(root, kind));
      await rm(beside, { recursive: true, force: true });
    } catch (error) {
      faults.push(`The old snapshot ${path} could not be removed: ${messageOf(error)}.`);
    }
  }
  return faults;
}

/** Removes what runs left that were broken off. To be called by who has the backup lock. */
export async function removeLeftovers(root: string): Promise<void> {
  const names = (await readdir(root)).filter((name) => name.startsWith(PARTIAL));
  for (const name of names) await rm(join(root, name), { recursive: true, force: true });
}
