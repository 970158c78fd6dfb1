import { existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ClaudioError, hasCode, messageOf } from '../../core/error.ts';
import type { Clock } from '../../core/clock.ts';
import { lockHome, type HomeLock } from '../../platform/home-lock.ts';
import { syncFolder } from '../../platform/files.ts';
import { buildHome, restoreFolderModes } from './build.ts';
import { isNewer } from './database-level.ts';
import { stampOf, type KnownSnapshot } from './snapshots.ts';
import { verifySnapshot } from './verify.ts';

/** What is being built where there is nothing else. Its name keeps it out of every snapshot. */
const PARTIAL_NAME = '.partial-restore';
/** Between the name of a home that was moved aside and when that was. */
const ASIDE = '.before-restore-';
/** Which name of a restored home comes last: without its settings, no service starts on half of it. */
const LAST_NAME = 'service.env';

/** What became of it. */
export type Restored =
  /** `aside`: where what was there before is now. */
  { readonly kind: 'restored'; readonly aside: string | null } | { readonly kind: 'declined' };

/**
 * Puts a snapshot in the place of a home that no service runs on. It is built beside the home and takes
 * its place by renaming, so that up to then the home stays what it was.
 *
 * @param options.mayReplace Asked where there is something in the home, with where it would go.
 * @throws ClaudioError `backup.snapshot-damaged`, `backup.newer`, `home.in-use`, `backup.under-way`,
 * `backup.home-stays`, `home.unusable`
 */
export async function restoreSnapshot(options: {
  readonly snapshot: KnownSnapshot;
  readonly home: string;
  readonly clock: Clock;
  readonly mayReplace: (aside: string) => Promise<boolean>;
  readonly step: <T>(
    title: string,
    work: (tell: (text: string) => void) => Promise<T>,
  ) => Promise<T>;
}): Promise<Restored> {
  const { snapshot, clock, mayReplace, step } = options;
  refuseNewer(snapshot);
  const home = realHome(options.home);
  const locks = lockAll(home);
  try {
    await step('Checking the snapshot', (tell) => refuseDamaged(snapshot, tell));
    if (await isEmpty(home)) {
      await step('Putting it back', (tell) => restoreInto(snapshot, home, tell));
      await restoreFolderModes(snapshot, home);
      return { kind: 'restored', aside: null };
    }
    const aside = freePath(`${home}${ASIDE}${stampOf(clock.now())}`);
    if (!(await mayReplace(aside))) return { kind: 'declined' };
    await step('Putting it back', (tell) => restoreBeside(snapshot, home, aside, tell));
    await restoreFolderModes(snapshot, home);
    return { kind: 'restored', aside };
  } catch (error) {
    if (error instanceof ClaudioError || !hasCode(error, ...HOME_FAULTS)) throw error;
    throw new ClaudioError({
      code: 'home.unusable',
      message: `The snapshot could not be put back into ${home}: ${messageOf(error)}.`,
      hint: 'See that there is room, and that the folder that it is in is writable for you; then try again.',
      cause: error,
    });
  } finally {
    for (const lock of locks.toReversed()) lock.release();
  }
}

/** The former homes that restores have moved aside and nobody has removed, oldest first. */
export function asidesOf(home: string): readonly string[] {
  const real = existsSync(home) ? realpathSync(home) : home;
  const folder = dirname(real);
  try {
    const asides = readdirSync(folder).filter((name) => name.startsWith(basename(real) + ASIDE));
    return asides.toSorted().map((name) => join(folder, name));
  } catch {
    // It is not there, or not to be listed by this user, who then can have moved nothing aside in it.
    return [];
  }
}

const HOME_FAULTS = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'ENOENT'];

function refuseNewer({ manifest }: KnownSnapshot): void {
  if (!isNewer(manifest.database)) return;
  throw new ClaudioError({
    code: 'backup.newer',
    message: `The snapshot was taken by a newer version of Claudio, ${manifest.version}.`,
    hint: 'Update Claudio first (`claudio update`), and restore it then.',
  });
}

async function refuseDamaged(snapshot: KnownSnapshot, tell: (text: string) => void): Promise<void> {
  const [first, ...others] = await verifySnapshot(snapshot, tell);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  throw new ClaudioError({
    code: 'backup.snapshot-damaged',
    message: `The snapshot ${snapshot.path} is damaged: ${first.path} ${first.what}${more}.`,
    hint: 'Nothing was changed. Take another one: `claudio backup status` tells which there are.',
  });
}

function realHome(home: string): string {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    return realpathSync(home);
  } catch (error) {
    throw new ClaudioError({
      code: 'home.unusable',
      message: `The folder ${home} cannot be used: ${messageOf(error)}.`,
      hint: 'Make it writable for you, or name another one with CLAUDIO_HOME.',
      cause: error,
    });
  }
}

function lockAll(home: string): readonly HomeLock[] {
  // First: an update that has stopped the service needs the home for its trial.
  const locks = [lockHome(home, 'update')];
  try {
    locks.push(lockOwn(home));
    locks.push(lockHome(home, 'backup'));
    // The health check starts nothing meanwhile.
    locks.push(lockHome(home, 'install'));
    return locks;
  } catch (error) {
    for (const lock of locks) lock.release();
    throw error;
  }
}

function lockOwn(home: string): HomeLock {
  try {
    return lockHome(home);
  } catch (error) {
    if (!(error instanceof ClaudioError) || error.code !== 'home.in-use') throw error;
    throw new ClaudioError({
      code: error.code,
      message: error.message,
      hint: 'Stop it with `claudio stop`, and restore then.',
      cause: error,
    });
  }
}

/** Nothing but locks, and what a restore left that was broken off. */
async function isEmpty(home: string): Promise<boolean> {
  const names = await readdir(home);
  return names.every((name) => /\.lock(?:-journal)?$/u.test(name) || name === PARTIAL_NAME);
}

function freePath(path: string): string {
  let free = path;
  for (let count = 2; existsSync(free); count += 1) free = `${path}-${count}`;
  return free;
}

/** Into a home with nothing in it, which may be where a disk is mounted and so cannot be renamed. */
async function restoreInto(
  snapshot: KnownSnapshot,
  home: string,
  tell: (text: string) => void,
): Promise<void> {
  const built = join(home, PARTIAL_NAME);
  await rm(built, { recursive: true, force: true });
  await buildHome(snapshot, built, tell);
  const names = (await readdir(built)).filter((name) => name !== LAST_NAME);
  const isThere = existsSync(join(built, LAST_NAME));
  for (const name of isThere ? [...names, LAST_NAME] : names) {
    await rename(join(built, name), join(home, name));
  }
  await rm(built, { recursive: true });
  // Of one that was broken off when the home had no name.
  await rm(besideOf(home), { recursive: true, force: true });
  await syncFolder(home);
}

function besideOf(home: string): string {
  return `${home}${PARTIAL_NAME}`;
}

async function restoreBeside(
  snapshot: KnownSnapshot,
  home: string,
  aside: string,
  tell: (text: string) => void,
): Promise<void> {
  const parent = dirname(home);
  const built = besideOf(home);
  try {
    await rm(built, { recursive: true, force: true });
    await buildHome(snapshot, built, tell);
    await rename(home, aside).catch((error: unknown) => {
      throw hasCode(error, 'EBUSY', 'EXDEV', 'EINVAL') ? stays(home, error) : error;
    });
    try {
      await rename(built, home);
    } catch (error) {
      await rename(aside, home);
      throw error;
    }
    await syncFolder(parent);
  } catch (error) {
    await rm(built, { recursive: true, force: true });
    throw error;
  }
}

function stays(home: string, cause: unknown): ClaudioError {
  return new ClaudioError({
    code: 'backup.home-stays',
    message: `${home} cannot be moved aside: it is where a disk or a volume is mounted.`,
    hint: 'Move what is in it elsewhere yourself, hidden files too, and restore again: into an empty home it goes directly.',
    cause,
  });
}
