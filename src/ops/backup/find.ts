import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ClaudioError } from '../../core/error.ts';
import { notMounted } from './destination.ts';
import { readManifest } from './manifest.ts';
import { backupState, listSnapshots, type KnownSnapshot } from './snapshots.ts';

const SHOWN_COUNT = 3;
/** `2026-01-15_1200`, and with the folder that it is in. */
const NAME = /^(?:(?:hourly|daily)\/)?\d{4}-\d{2}-\d{2}_\d{4}(?:-\d+)?$/u;

/**
 * The snapshot that a person means.
 *
 * @param given A name, with `hourly/` or `daily/` before it or without; `latest`; or the path of its folder.
 * @param dest Where names are looked for.
 * @throws ClaudioError `backup.no-dest`, `backup.not-mounted`, `backup.no-snapshot`
 */
export function findSnapshot(given: string, dest: string | undefined): KnownSnapshot {
  if (given !== 'latest' && !NAME.test(given)) return snapshotAt(resolve(given));
  if (dest === undefined) throw noDestination();
  if (backupState(dest).kind === 'not-mounted') throw notMounted(dest);
  const { snapshots } = listSnapshots(dest);
  const found = snapshots.find(
    ({ kind, name }) => given === 'latest' || given === name || given === join(kind, name),
  );
  if (found !== undefined) return found;
  const names = snapshots.slice(0, SHOWN_COUNT).map(({ kind, name }) => join(kind, name));
  throw new ClaudioError({
    code: 'backup.no-snapshot',
    message:
      given === 'latest'
        ? `There is no snapshot in ${dest} yet.`
        : `There is no snapshot ${given} in ${dest}.`,
    hint:
      names.length === 0
        ? '`claudio backup` takes the first one.'
        : `The last ones are ${names.join(', ')}; \`claudio backup status\` tells of all.`,
  });
}

function snapshotAt(path: string): KnownSnapshot {
  const real = realPathOrNull(path);
  const manifest = real === null ? null : readManifest(real);
  if (real === null || manifest === null) {
    throw new ClaudioError({
      code: 'backup.no-snapshot',
      message:
        real === null
          ? `There is no folder ${path}.`
          : `${path} is no whole snapshot: its manifest.json is not there, or is broken.`,
      hint: 'Name one by what is in claudio-backups, such as 2026-01-15_1200, or by its path, such as /mnt/disk/claudio-backups/latest.',
    });
  }
  const kind = basename(dirname(real)) === 'daily' ? 'daily' : 'hourly';
  return { path: real, kind, name: basename(real), takenAtMs: manifest.takenAtMs, manifest };
}

function realPathOrNull(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    // Whatever keeps it from being reached, it cannot be restored from there.
    return null;
  }
}

/** @returns That nobody said where the snapshots are. */
export function noDestination(): ClaudioError {
  return new ClaudioError({
    code: 'backup.no-dest',
    message: 'Nothing says where the snapshots are: BACKUP_DEST is not set.',
    hint: 'Name the folder, such as `claudio backup /mnt/disk`; `claudio backup cron install /mnt/disk` remembers it.',
  });
}
