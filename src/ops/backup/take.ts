import { existsSync, realpathSync } from 'node:fs';
import { rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ClaudioError, messageOf } from '../../core/error.ts';
import type { Clock } from '../../core/clock.ts';
import { lockHome } from '../../platform/home-lock.ts';
import { syncFolder } from '../../platform/files.ts';
import { copyToDaily } from './daily.ts';
import { destinationFault, prepareDestination } from './destination.ts';
import { fillSnapshot } from './fill.ts';
import type { Manifest } from './manifest.ts';
import { removeLeftovers, removeSnapshots, surplus, type Keep } from './rotate.ts';
import {
  backupsFolder,
  dayOf,
  listSnapshots,
  stampOf,
  type KnownSnapshot,
  type Snapshot,
} from './snapshots.ts';

const DEFAULT_KEEP: Keep = { hourlyCount: 24, dailyCount: 7 };

/** What to take a snapshot of, and where to. */
export interface TakeOptions {
  readonly home: string;
  /** An existing folder, absolute. */
  readonly dest: string;
  readonly clock: Clock;
  /** What is not said is as it was for the snapshot before; at first 24 hourly and 7 daily ones. */
  readonly keep?: Partial<Keep>;
  /**
   * Whether claudio-backups may be made in `dest`: yes unless told otherwise. Not where it was there
   * once, as in BACKUP_DEST: then its disk is not mounted.
   */
  readonly mayMake?: boolean;
  /** Hears the rest of a sentence about what is being done. */
  readonly tell?: (text: string) => void;
}

/** A snapshot that was just taken. */
export interface TakenSnapshot extends Snapshot {
  readonly name: string;
  readonly fileCount: number;
  readonly sizeBytes: number;
  /** How much of it is not shared with the snapshot before. */
  readonly newBytes: number;
  /** How many of each kind are kept now. */
  readonly keep: Keep;
  /** Paths in the home that should be in it and are not, with the rest of a sentence that says why. */
  readonly leftOut: Manifest['leftOut'];
  /** What went wrong besides, and leaves the snapshot good: a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Takes a snapshot of a home whose service may be running, makes `latest` point to it, and removes those
 * that are too many. It gets its name only when it is whole and on the disk. Whatever happens, the
 * snapshots before it stay what they were, and one is removed only after a new one is there.
 *
 * @throws ClaudioError `backup.no-home`, `backup.other-home`, `backup.under-way`, `home.unusable`; those
 * of the destination (`backup.dest-…`, `backup.not-mounted`) and of the database (`backup.database-…`)
 */
export async function takeSnapshot(options: TakeOptions): Promise<TakenSnapshot> {
  const { dest, clock, tell = () => undefined } = options;
  const home = realHome(options.home);
  const { isPrivate } = prepareDestination({ dest, home, mayMake: options.mayMake ?? true });
  const lock = lockHome(home, 'backup');
  try {
    const root = backupsFolder(dest);
    const before = listSnapshots(dest).snapshots;
    refuseOther(before[0], home, dest);
    await removeLeftovers(root);
    const keep = { ...(before[0]?.manifest.keep ?? DEFAULT_KEEP), ...options.keep };

    const takenAtMs = clock.now();
    const name = freeName(root, stampOf(takenAtMs));
    const path = join(root, 'hourly', name);
    const beside = join(root, `.partial-${name}`);
    const filled = await fillSnapshot({
      home,
      beside,
      former: before[0] ?? null,
      takenAtMs,
      keep,
      tell,
    });
    await rename(beside, path);
    await syncFolder(join(root, 'hourly'));
    const warnings = isPrivate ? [] : [notPrivate(dest)];
    warnings.push(...(await pointLatest(root, name)));

    const taken: KnownSnapshot = {
      path,
      kind: 'hourly',
      name,
      takenAtMs,
      manifest: filled.manifest,
    };
    const hasDaily = before.some((one) => one.kind === 'daily' && dayOf(one.name) === dayOf(name));
    if (!hasDaily) await copyToDaily(taken, root);
    tell('removing what is too old');
    warnings.push(...(await removeSnapshots(root, surplus(listSnapshots(dest).snapshots, keep))));

    const { leftOut } = filled.manifest;
    const { fileCount, sizeBytes, newBytes } = filled;
    return {
      path,
      kind: 'hourly',
      takenAtMs,
      name,
      fileCount,
      sizeBytes,
      newBytes,
      keep,
      leftOut,
      warnings,
    };
  } catch (error) {
    throw destinationFault(error, dest);
  } finally {
    lock.release();
  }
}

function realHome(home: string): string {
  try {
    return realpathSync(home);
  } catch (error) {
    throw new ClaudioError({
      code: 'backup.no-home',
      message: `There is nothing to back up: ${home} is not there.`,
      hint: 'Set Claudio up first: `claudio install`. If its home is elsewhere, name it with CLAUDIO_HOME.',
      cause: error,
    });
  }
}

/** Two homes in one destination would take turns in removing each other's snapshots. */
function refuseOther(latest: KnownSnapshot | undefined, home: string, dest: string): void {
  if (latest === undefined || latest.manifest.home === home) return;
  throw new ClaudioError({
    code: 'backup.other-home',
    message: `${dest} holds the snapshots of another home, ${latest.manifest.home}.`,
    hint: 'Name another folder for those of this home, or rename the claudio-backups that is there.',
  });
}

/** The clock may have been set back, and two may be taken in one minute. */
function freeName(root: string, stamp: string): string {
  const isTaken = (name: string) =>
    ['hourly', 'daily'].some((kind) => existsSync(join(root, kind, name)));
  let name = stamp;
  for (let count = 2; isTaken(name); count += 1) name = `${stamp}-${count}`;
  return name;
}

/** @returns What went wrong, in a sentence. */
async function pointLatest(root: string, name: string): Promise<readonly string[]> {
  const beside = join(root, '.partial-latest');
  try {
    await symlink(join('hourly', name), beside);
    await rename(beside, join(root, 'latest'));
    await syncFolder(root);
    return [];
  } catch (error) {
    await rm(beside, { force: true });
    return [`The link ${join(root, 'latest')} could not be set: ${messageOf(error)}.`];
  }
}

function notPrivate(dest: string): string {
  return `Others who use this machine may be able to read ${dest}, and with it your bot's token: its file system keeps no permissions.`;
}
