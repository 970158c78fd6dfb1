import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../core/error.ts';
import { createPrivateFile, syncFolder } from '../../platform/files.ts';
import { packageVersion } from '../../platform/package.ts';
import { migrationLevel } from './database-level.ts';
import { HOME_NAME, MANIFEST_NAME, type Entry, type FileEntry, type Manifest } from './manifest.ts';
import type { KnownSnapshot } from './snapshots.ts';
import { storeFile, type Former } from './store.ts';
import { DATABASE_NAME, walk } from './walk.ts';

/** What a snapshot was filled with. Sizes in bytes. */
interface Filled {
  readonly manifest: Manifest;
  readonly fileCount: number;
  readonly sizeBytes: number;
  readonly newBytes: number;
}

/**
 * Fills a folder with a snapshot, and sees to it that all of it is on the disk.
 *
 * @param options.home The real path of the home.
 * @param options.beside Is made. Nothing is left there when this throws, as far as that can be done.
 * @param options.former The snapshot before, of which unchanged files become further names.
 */
export async function fillSnapshot(options: {
  readonly home: string;
  readonly beside: string;
  readonly former: KnownSnapshot | null;
  readonly takenAtMs: number;
  readonly keep: Manifest['keep'];
  readonly tell: (text: string) => void;
}): Promise<Filled> {
  const { home, beside, former, takenAtMs, keep, tell } = options;
  const target = join(beside, HOME_NAME);
  try {
    await mkdir(beside, { mode: 0o700 });
    await mkdir(target, { mode: 0o700 });
    const copied = await copyHome(home, target, formerFiles(former), tell);
    const manifest: Manifest = {
      format: 1,
      sequence: (former?.manifest.sequence ?? 0) + 1,
      takenAtMs,
      version: packageVersion(),
      home,
      keep,
      database: copied.entries.some(({ path }) => path === DATABASE_NAME)
        ? migrationLevel(join(target, DATABASE_NAME))
        : null,
      entries: [...copied.entries],
      leftOut: [...copied.leftOut],
    };
    await syncFolders(target, manifest.entries);
    const text = `${JSON.stringify(manifest, null, 1)}\n`;
    await createPrivateFile(join(beside, MANIFEST_NAME), Buffer.from(text));
    const files = manifest.entries.filter((entry) => entry.kind === 'file');
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    return { manifest, fileCount: files.length, sizeBytes, newBytes: copied.newBytes };
  } catch (error) {
    // Where not even this can be done, the next run does it.
    await rm(beside, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

async function copyHome(
  home: string,
  target: string,
  former: ReadonlyMap<string, Former>,
  tell: (text: string) => void,
) {
  const entries: Entry[] = [];
  const leftOut: { path: string; why: string }[] = [];
  let newBytes = 0;
  for await (const found of walk(home)) {
    const { path } = found;
    const to = join(target, path);
    switch (found.kind) {
      case 'folder':
        await mkdir(to, { mode: 0o700 });
        entries.push({ kind: 'folder', path, mode: found.mode });
        break;
      case 'link':
        if (await makeLink(found.target, to)) {
          entries.push({ kind: 'link', path, target: found.target });
        } else {
          leftOut.push({ path, why: 'is a link, and the destination can hold none' });
        }
        break;
      case 'odd':
        leftOut.push({ path, why: found.why });
        break;
      case 'file': {
        tell(`copying ${path}`);
        const stored = await storeFile({ home, path, to, former: former.get(path) ?? null });
        if (stored.kind === 'unreadable') leftOut.push({ path, why: stored.why });
        if (stored.kind !== 'stored') break;
        entries.push(stored.entry);
        if (stored.isNew) newBytes += stored.entry.sizeBytes;
      }
    }
  }
  return { entries, leftOut, newBytes };
}

async function makeLink(target: string, to: string): Promise<boolean> {
  try {
    await symlink(target, to);
    return true;
  } catch (error) {
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error;
    return false;
  }
}

function formerFiles(former: KnownSnapshot | null): ReadonlyMap<string, Former> {
  if (former === null) return new Map();
  return new Map(
    former.manifest.entries
      .filter((entry): entry is FileEntry => entry.kind === 'file')
      .map((entry) => [entry.path, { path: join(former.path, HOME_NAME, entry.path), entry }]),
  );
}

/** The innermost first. */
export async function syncFolders(root: string, entries: readonly Entry[]): Promise<void> {
  const folders = entries.filter(({ kind }) => kind === 'folder');
  for (const { path } of folders.toReversed()) await syncFolder(join(root, path));
  await syncFolder(root);
}
