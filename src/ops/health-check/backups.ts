import type { Clock } from '../../core/clock.ts';
import { formatDuration } from '../../core/format.ts';
import type { Host } from '../../platform/host.ts';
import { backupState } from '../backup/snapshots.ts';
import { DISK_REMEDY, diskAnswers } from '../checks.ts';
import type { Observation } from './observation.ts';

const NAME = 'backup';
const SUBJECT = 'The backup';

/** Looks whether the last backup is young enough, where there are to be some. */
export async function lookAtBackups(
  host: Pick<Host, 'run'>,
  settings: { readonly BACKUP_DEST?: string | undefined; readonly BACKUP_MAX_AGE: number },
  clock: Clock,
): Promise<Observation> {
  const { BACKUP_DEST: dest, BACKUP_MAX_AGE: maxAgeMs } = settings;
  const about = { name: NAME, subject: SUBJECT };
  if (dest === undefined) return { ...about, state: 'off', text: 'is not set up' };
  if (!(await diskAnswers(host, dest))) {
    return {
      ...about,
      state: 'failed',
      text: `has nowhere to go: the disk of ${dest} does not answer`,
      remedy: DISK_REMEDY,
    };
  }
  const state = backupState(dest);
  switch (state.kind) {
    case 'not-mounted':
      return {
        ...about,
        state: 'failed',
        text: `has nowhere to go: ${dest} is not mounted`,
        remedy: `Plug in or mount its disk. \`claudio backup status ${dest}\` tells more.`,
      };
    case 'empty':
      return {
        ...about,
        state: 'failed',
        text: `has not been taken once: there is none in ${dest}`,
        remedy: '`claudio backup` takes one now, and says what is in the way.',
        patienceMs: maxAgeMs,
      };
    case 'present': {
      const ageMs = clock.now() - state.latest.takenAtMs;
      if (ageMs <= maxAgeMs) {
        return { ...about, state: 'ok', text: `${formatDuration(ageMs)} old` };
      }
      return {
        ...about,
        state: 'failed',
        text: `is ${formatDuration(ageMs)} old`,
        said: `is older than ${formatDuration(maxAgeMs)}`,
        remedy: '`claudio backup` takes one now, and says what is in the way.',
        sinceMs: state.latest.takenAtMs + maxAgeMs,
      };
    }
  }
}
