import { existsSync, readFileSync, rmSync } from 'node:fs';
import { changeEnvFile } from '../../platform/configuration/change.ts';
import { parseEnvFile } from '../../platform/configuration/env-file.ts';
import { lockHome } from '../../platform/home-lock.ts';
import type { Schedule } from '../schedule/scheduler.ts';
import type { ServiceUnit } from '../service/service-manager.ts';
import type { Keep } from './rotate.ts';

/** What takes a snapshot every hour. */
export function backupSchedule(options: {
  /** The installation that does it. */
  readonly unit: ServiceUnit;
  readonly dest: string;
  readonly keep: Keep;
}): Schedule {
  const { unit, dest, keep } = options;
  return {
    name: 'backup',
    everyMinutes: 60,
    argv: [
      unit.nodePath,
      unit.programPath,
      'backup',
      'now',
      dest,
      '--hours',
      String(keep.hourlyCount),
      '--days',
      String(keep.dailyCount),
    ],
    env: { CLAUDIO_HOME: unit.claudioHome, PATH: unit.path },
  };
}

/** A change to the crontab and the settings while no setup makes one. @throws ClaudioError `install.under-way` */
export async function alone<T>(home: string, change: () => Promise<T>): Promise<T> {
  const lock = existsSync(home) ? lockHome(home, 'install') : null;
  try {
    return await change();
  } finally {
    lock?.release();
  }
}

/**
 * Does something with BACKUP_DEST set already, so that a home restored from the first snapshot knows of
 * its snapshots. Where that fails, the settings are again what they were.
 *
 * @param place.file The settings of the home.
 * @throws ClaudioError `install.under-way`, `home.unusable`; what `work` throws.
 */
export async function withDestination<T>(
  place: { readonly home: string; readonly file: string; readonly dest: string },
  work: () => Promise<T>,
): Promise<T> {
  const { home, file, dest } = place;
  // Where there is no home nothing is set: the work tells that.
  if (!existsSync(home)) return await work();
  const isThere = existsSync(file);
  const { entries } = parseEnvFile(isThere ? readFileSync(file, 'utf8') : '');
  const former = entries.findLast(({ key }) => key === 'BACKUP_DEST')?.value ?? null;
  await alone(home, () => Promise.resolve(changeEnvFile(file, { BACKUP_DEST: dest })));
  try {
    return await work();
  } catch (error) {
    changeEnvFile(file, { BACKUP_DEST: former });
    if (!isThere && readFileSync(file, 'utf8') === '') rmSync(file);
    throw error;
  }
}
