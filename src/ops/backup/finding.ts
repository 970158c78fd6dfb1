import type { Clock } from '../../core/clock.ts';
import type { Finding } from '../../core/finding.ts';
import { formatDuration } from '../../core/format.ts';
import type { Host } from '../../platform/host.ts';
import { DISK_REMEDY, diskAnswers } from '../checks.ts';
import { backupState } from './snapshots.ts';

/** By how much the clocks of two moments may differ without a word. */
const CLOCK_SLACK_MS = 5 * 60_000;
/** Below the time in which whoever asks for a finding is to have it. */
const DISK_LIMIT_MS = 2500;

/** How old the last snapshot is, and how many there are. Waits for no disk that does not answer. */
export async function backupFinding(
  host: Pick<Host, 'run'>,
  settings: { readonly BACKUP_DEST?: string | undefined; readonly BACKUP_MAX_AGE: number },
  clock: Clock,
): Promise<Finding> {
  const name = 'backup';
  const dest = settings.BACKUP_DEST;
  if (dest === undefined) {
    return {
      name,
      state: 'off',
      text: 'not set up',
      remedy: '`claudio backup cron install FOLDER` takes one every hour.',
    };
  }
  if (!(await diskAnswers(host, dest, DISK_LIMIT_MS))) {
    return {
      name,
      state: 'failed',
      text: `the disk of ${dest} does not answer`,
      remedy: DISK_REMEDY,
    };
  }
  const state = backupState(dest);
  if (state.kind === 'not-mounted') {
    return {
      name,
      state: 'failed',
      text: `${dest} holds no backups, or is not mounted`,
      remedy:
        'Mount its disk. If that is gone for good, `claudio backup cron install FOLDER` begins on another.',
    };
  }
  const now = `\`claudio backup ${dest}\` takes one now, and says what is in the way.`;
  if (state.kind === 'empty')
    return { name, state: 'failed', text: `none in ${dest}`, remedy: now };
  const { latest, hourlyCount, dailyCount } = state;
  const ageMs = clock.now() - latest.takenAtMs;
  const counts = `${hourlyCount} hourly and ${dailyCount} daily in ${dest}`;
  if (ageMs < -CLOCK_SLACK_MS) {
    return {
      name,
      state: 'warning',
      text: `the last one is from the future, ${new Date(latest.takenAtMs).toISOString()}; ${counts}`,
      remedy: 'The clock was set back: see that it is right now. The next one is dated by it.',
    };
  }
  const text = `${formatDuration(ageMs)} ago; ${counts}`;
  return ageMs > settings.BACKUP_MAX_AGE
    ? { name, state: 'failed', text, remedy: now }
    : { name, state: 'ok', text };
}
