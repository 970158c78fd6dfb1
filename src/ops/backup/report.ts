import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { hasCode } from '../../core/error.ts';
import type { Finding } from '../../core/finding.ts';
import { isSameFolder } from '../../platform/files.ts';
import type { Host } from '../../platform/host.ts';
import type { Scheduler } from '../schedule/scheduler.ts';
import { backupFinding } from './finding.ts';
import { backupsFolder, listSnapshots, type KnownSnapshot, type Snapshot } from './snapshots.ts';

/** As POSIX counts them: `st_blocks`. */
const BLOCK_BYTES = 512;

/** What there is in a destination, for people and for programs. */
export interface BackupReport {
  readonly dest: string | null;
  readonly findings: readonly Finding[];
  readonly latest: {
    readonly path: string;
    readonly kind: Snapshot['kind'];
    readonly takenAt: string;
    /** The version of Claudio that took it. */
    readonly version: string;
    readonly fileCount: number;
    readonly sizeBytes: number;
  } | null;
  /** When the next one is taken; `null` where none is going to be. */
  readonly nextAt: string | null;
  readonly hourly: Row;
  readonly daily: Row;
  /** Of all snapshots together; a file with several names counts once. */
  readonly diskUseBytes: number;
  /** Folders in the place of snapshots that are none. */
  readonly damaged: readonly string[];
}

interface Row {
  readonly count: number;
  /** The name of the one that was taken first. */
  readonly oldest: string | null;
}

/** Looks at a destination. @throws what the file system throws while the disk use is counted. */
export async function backupReport(options: {
  readonly dest: string | undefined;
  readonly settings: {
    readonly BACKUP_DEST?: string | undefined;
    readonly BACKUP_MAX_AGE: number;
  };
  readonly host: Pick<Host, 'run'>;
  readonly scheduler: Scheduler | null;
  readonly clock: Clock;
}): Promise<BackupReport> {
  const { dest, settings, host, scheduler, clock } = options;
  const { snapshots, damaged } =
    dest === undefined ? { snapshots: [], damaged: [] } : listSnapshots(dest);
  const [latest] = snapshots;
  const isOwn =
    dest !== undefined &&
    settings.BACKUP_DEST !== undefined &&
    isSameFolder(dest, settings.BACKUP_DEST);
  const isScheduled = isOwn && scheduler !== null && (await scheduler.has('backup'));
  const nextAt = isScheduled ? nextHour(clock.now()).toISOString() : null;
  return {
    dest: dest ?? null,
    findings: [
      await backupFinding(host, { ...settings, BACKUP_DEST: dest }, clock),
      ...(isOwn ? [scheduleFinding(nextAt)] : []),
      ...damaged.map(damagedFinding),
    ],
    latest: latest === undefined ? null : summaryOf(latest),
    nextAt,
    hourly: rowOf(snapshots, 'hourly'),
    daily: rowOf(snapshots, 'daily'),
    diskUseBytes: dest === undefined ? 0 : await diskUse(backupsFolder(dest)),
    damaged,
  };
}

/** The schedule is that of full hours, of the place and not of UTC. */
function nextHour(nowMs: number): Date {
  const next = new Date(nowMs);
  next.setMinutes(60, 0, 0);
  return next;
}

function scheduleFinding(nextAt: string | null): Finding {
  const name = 'schedule';
  if (nextAt !== null) {
    const text = `every hour, the next at ${nextAt.slice(0, 16).replace('T', ' ')} UTC`;
    return { name, state: 'ok', text };
  }
  return {
    name,
    state: 'warning',
    text: 'none is taken by itself',
    remedy: '`claudio backup cron install FOLDER` takes one every hour.',
  };
}

function damagedFinding(path: string): Finding {
  return {
    name: 'damaged',
    state: 'warning',
    text: `${path} has no manifest that can be read`,
    remedy: 'It counts as no snapshot. Remove it when you need nothing out of it.',
  };
}

function summaryOf({ path, kind, takenAtMs, manifest }: KnownSnapshot) {
  const files = manifest.entries.filter((entry) => entry.kind === 'file');
  return {
    path,
    kind,
    takenAt: new Date(takenAtMs).toISOString(),
    version: manifest.version,
    fileCount: files.length,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

function rowOf(snapshots: readonly KnownSnapshot[], kind: Snapshot['kind']): Row {
  const own = snapshots.filter((one) => one.kind === kind);
  return { count: own.length, oldest: own.at(-1)?.name ?? null };
}

/**
 * How much of a disk a folder and all in it take, in bytes. A file with several names counts once. What
 * vanishes meanwhile does not count.
 *
 * @throws what the file system throws.
 */
export async function diskUse(folder: string): Promise<number> {
  const seen = new Set<string>();
  const use = async (path: string): Promise<number> => {
    try {
      const stats = await lstat(path, { bigint: true });
      const id = `${stats.dev}:${stats.ino}`;
      if (seen.has(id)) return 0;
      seen.add(id);
      let bytes = Number(stats.blocks) * BLOCK_BYTES;
      if (!stats.isDirectory()) return bytes;
      for (const name of await readdir(path)) bytes += await use(join(path, name));
      return bytes;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return 0;
      throw error;
    }
  };
  return await use(folder);
}
