import { backupFinding } from '../backup/finding.ts';
import type { View } from '../status/site.ts';
import type { Diagnosis } from './diagnosis.ts';

/** How old the last backup is, and whether the next one is taken without anybody's doing. */
export async function backupDiagnoses(view: View): Promise<readonly Diagnosis[]> {
  const { host, configuration, clock, scheduler } = view;
  const last = await backupFinding(host, configuration.settings, clock);
  if (configuration.settings.BACKUP_DEST === undefined || scheduler === null) return [last];
  const name = 'schedule';
  return [
    last,
    (await scheduler.has('backup'))
      ? { name, state: 'ok', text: 'every hour' }
      : {
          name,
          state: 'warning',
          text: 'none: no backup is taken by itself',
          remedy: `\`claudio backup cron install ${configuration.settings.BACKUP_DEST}\` takes one every hour.`,
        },
  ];
}
