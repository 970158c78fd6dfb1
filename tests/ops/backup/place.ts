import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { HOME_NAME } from '../../../src/ops/backup/manifest.ts';
import { takeSnapshot, type TakeOptions } from '../../../src/ops/backup/take.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { testClock } from '../../support/clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A home as the service leaves it, and a destination. */
export function backupPlace() {
  const folder = temporaryFolder();
  const home = join(folder, 'home');
  const dest = join(folder, 'disk');
  mkdirSync(home, { mode: 0o700 });
  mkdirSync(dest);
  openDatabase(join(home, 'claudio.db')).close();
  writeFileSync(join(home, 'service.env'), 'PORT="8421"\n', { mode: 0o600 });
  writeFileSync(join(home, 'claudio.log'), '{"event":"service.started"}\n', { mode: 0o600 });
  mkdirSync(join(home, 'outgoing', 'empty'), { recursive: true, mode: 0o700 });
  writeFileSync(join(home, 'outgoing', 'picture.png'), Buffer.alloc(3_000_000, 7));
  const clock = testClock();
  return {
    folder,
    home,
    dest,
    root: join(dest, 'claudio-backups'),
    clock,
    take: (options: Partial<TakeOptions> = {}) =>
      takeSnapshot({ home, dest, clock, keep: { hourlyCount: 24, dailyCount: 7 }, ...options }),
  };
}

/** Where a file of the home is in a snapshot. */
export function stored(snapshot: { readonly path: string }, path: string): string {
  return join(snapshot.path, HOME_NAME, path);
}

/** All that is below a folder, by its path in it; what a link points to behind an arrow. */
export function tree(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(folder.length + 1);
      return entry.isSymbolicLink() ? `${name} -> ${readlinkSync(path)}` : name;
    })
    .sort();
}

/** Which file it is, whatever its name. */
export function inodeOf(path: string): number {
  return statSync(path).ino;
}

/** The rights of a file or folder. */
export function modeOf(path: string): number {
  return statSync(path).mode & 0o7777;
}

/** Mounts an empty disk of so many megabytes until the test has ended. Returns whether this user may. */
export function mountDisk(folder: string, sizeMb: number): boolean {
  const options = ['-t', 'tmpfs', '-o', `size=${sizeMb}m`];
  if (spawnSync('mount', [...options, 'tmpfs', folder]).status !== 0) return false;
  onTestFinished(() => void spawnSync('umount', ['-l', folder]));
  return true;
}

/** Makes a disk that {@link mountDisk} mounted one that is only to be read, or to be written to again. */
export function remount(folder: string, as: 'ro' | 'rw'): void {
  if (spawnSync('mount', ['-o', `remount,${as}`, folder]).status !== 0) {
    throw new Error(`${folder} could not be remounted ${as}`);
  }
}
