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
