import { stat } from 'node:fs/promises';
import type { Host } from '../../platform/host.ts';
import { diskAnswers, diskUsage } from '../checks.ts';
import type { Observation } from './observation.ts';

/** A folder whose disk is to have room. */
export interface DiskPlace {
  /** Stable: `disk`, `disk of backups`. */
  readonly name: string;
  readonly path: string | undefined;
}

/**
 * Looks how full the disks under some folders are, each disk once. A folder that is not there, or whose
 * disk does not answer, is no question here.
 */
export async function lookAtDisks(
  host: Pick<Host, 'run'>,
  places: readonly DiskPlace[],
  thresholdPercent: number,
): Promise<readonly Observation[]> {
  const seen = new Set<number>();
  const found: Observation[] = [];
  for (const { name, path } of places) {
    const device =
      path === undefined || !(await diskAnswers(host, path)) ? null : await deviceOf(path);
    if (path === undefined || device === null || seen.has(device)) {
      found.push({ name, subject: 'The disk', state: 'off', text: 'is no disk of its own' });
      continue;
    }
    seen.add(device);
    found.push({ name, ...(await lookAtDisk(path, thresholdPercent)) });
  }
  return found;
}

async function lookAtDisk(
  path: string,
  thresholdPercent: number,
): Promise<Omit<Observation, 'name'>> {
  const { freeBytes, usedPercent } = await diskUsage(path);
  const room = `${(freeBytes / 1e9).toFixed(1)} GB free`;
  const subject = `The disk of ${path}`;
  if (usedPercent <= thresholdPercent) {
    return { subject, state: 'ok', text: `${Math.floor(usedPercent)} % full, ${room}` };
  }
  return {
    subject,
    state: 'failed',
    text: `is ${Math.floor(usedPercent)} % full, with ${room}`,
    remedy: `\`du -xhd 2 ${path} | sort -h | tail\` shows what takes the room. The limit is DISK_USAGE_THRESHOLD, ${thresholdPercent} %.`,
  };
}

async function deviceOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).dev;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
