import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isFolder } from '../../platform/files.ts';
import { readManifest, type Manifest } from './manifest.ts';

/** A snapshot of the home: a folder with the home in it, and a manifest. It is never written to again. */
export interface Snapshot {
  /** Absolute. */
  readonly path: string;
  readonly kind: 'hourly' | 'daily';
  /** What the clock said when it was begun. It may lie in the future, where the clock was set back. */
  readonly takenAtMs: number;
}

/** A snapshot with what it says of itself. */
export interface KnownSnapshot extends Snapshot {
  /** `2026-01-15_1200`, or with a number behind it where that was taken. */
  readonly name: string;
  readonly manifest: Manifest;
}

/** What there is in a destination. */
export type BackupState =
  /** DEST or its claudio-backups folder is not there, or cannot be read. */
  | { readonly kind: 'not-mounted'; readonly dest: string }
  | { readonly kind: 'empty'; readonly dest: string }
  | {
      readonly kind: 'present';
      readonly dest: string;
      /** The one that was taken last. */
      readonly latest: Snapshot;
      readonly hourlyCount: number;
      readonly dailyCount: number;
    };

const KINDS = ['hourly', 'daily'] as const;
const SNAPSHOT_NAME = /^\d{4}-\d{2}-\d{2}_\d{4}(?:-\d+)?$/u;

/** The folder of all snapshots in a destination. */
export function backupsFolder(dest: string): string {
  return join(dest, 'claudio-backups');
}

/** What there is in a destination. Reads the names of folders and the manifests, and never throws. */
export function backupState(dest: string): BackupState {
  if (!isFolder(backupsFolder(dest))) return { kind: 'not-mounted', dest };
  const { snapshots } = listSnapshots(dest);
  const [latest] = snapshots;
  if (latest === undefined) return { kind: 'empty', dest };
  const countOf = (kind: Snapshot['kind']) => snapshots.filter((one) => one.kind === kind).length;
  return {
    kind: 'present',
    dest,
    latest: { path: latest.path, kind: latest.kind, takenAtMs: latest.takenAtMs },
    hourlyCount: countOf('hourly'),
    dailyCount: countOf('daily'),
  };
}

/**
 * All snapshots in a destination, the one that was taken last first; of one that is in both folders, the
 * hourly one first.
 *
 * @returns `damaged`: the paths of those that have no manifest that can be understood. They count for
 * nothing, and nothing here takes them away.
 */
export function listSnapshots(dest: string): {
  readonly snapshots: readonly KnownSnapshot[];
  readonly damaged: readonly string[];
} {
  const damaged: string[] = [];
  const snapshots = KINDS.flatMap((kind) => {
    const folder = join(backupsFolder(dest), kind);
    return namesIn(folder).flatMap((name): KnownSnapshot[] => {
      const path = join(folder, name);
      const manifest = readManifest(path);
      if (manifest !== null) return [{ path, kind, name, takenAtMs: manifest.takenAtMs, manifest }];
      damaged.push(path);
      return [];
    });
  });
  return {
    snapshots: snapshots.sort((a, b) => b.manifest.sequence - a.manifest.sequence),
    damaged,
  };
}

/** The name of a snapshot that is begun at a time of day: in UTC, so that no hour comes twice in autumn. */
export function stampOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace('T', '_').replace(':', '');
}

/** The day of a snapshot, in UTC: `2026-01-15`. */
export function dayOf(name: string): string {
  return name.slice(0, 'YYYY-MM-DD'.length);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => SNAPSHOT_NAME.test(name));
  } catch {
    // Not there yet, or gone with its disk: the same to who asks what there is.
    return [];
  }
}
