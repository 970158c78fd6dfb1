import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { systemClock } from '../platform/clock.ts';
import type { Environment } from '../platform/configuration/load.ts';
import { tryLock } from '../platform/lock-file.ts';
import { createTree } from '../platform/process/tree.ts';
import { removeFolder } from '../turns/folder.ts';

/**
 * The variable by which all that a playground has started is found: the path of its folder. It goes on to
 * everything that Claude starts, as all of `XDG_*` does.
 */
export const PLAYGROUND_VARIABLE = 'XDG_CLAUDIO_PLAYGROUND';

const PREFIX = 'claudio-playground-';
const NAME = /^claudio-playground-\w{6}$/u;
const LOCK = 'in-use.lock';
/** For everybody to write in, such as `/tmp`. */
const WRITABLE_BY_ALL = 0o002;
/** A folder without a lock that is younger belongs to a playground that is just about to take it. */
const YOUNG_MS = 60_000;

/** A folder for this playground alone, with everything that it needs. */
export interface ThrowAwayHome {
  /** Absolute, without links. */
  readonly folder: string;
  /** `$CLAUDIO_HOME`, in it. */
  readonly home: string;
  /** Where the agent works, in it, and empty. */
  readonly workDir: string;
  /** Stops every process that was started from here, and takes it all away. May be called twice. */
  remove(): Promise<void>;
}

/**
 * Where throw-away homes are made: in the temporary folder where that is the person's own, else in their
 * `~/.cache`, as far as that can be had. Claude Code takes what `CLAUDE.md`, `.mcp.json` and `.claude` say
 * in all the folders above the one it works in, and starts programs that they name: in `/tmp`, any user of
 * the machine can put them.
 *
 * @returns An absolute path; the folder is there.
 */
export function placeOfHomes(environment: Environment, tempDir: string = tmpdir()): string {
  const folder = realpathSync(tempDir);
  return isWithinShared(folder) ? (ownCache(environment['HOME'] ?? '') ?? folder) : folder;
}

function ownCache(userHome: string): string | null {
  const cache = join(userHome, '.cache');
  try {
    if (!isAbsolute(userHome) || isWithinShared(realpathSync(userHome))) return null;
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    return cache;
  } catch {
    // There is no such home, or nothing can be made in it.
    return null;
  }
}

/** Whether everybody can write in a folder, or in one that it is in. */
export function isWithinShared(folder: string): boolean {
  if ((statSync(folder).mode & WRITABLE_BY_ALL) !== 0) return true;
  const above = dirname(folder);
  return above !== folder && isWithinShared(above);
}

/** Makes the folder (0700), and holds it for as long as this process lives. */
export function openThrowAwayHome(tempDir: string): ThrowAwayHome {
  const folder = mkdtempSync(join(realpathSync(tempDir), PREFIX));
  // Taken before anything else: who has the lock is alive.
  const lock = tryLock(join(folder, LOCK), 'alone');
  // Another playground that looks for left-overs was faster, and removes it.
  if (lock === null) return openThrowAwayHome(tempDir);
  const [home, workDir] = [join(folder, 'home'), join(folder, 'work')];
  for (const path of [home, workDir]) mkdirSync(path, { mode: 0o700 });
  let removal: Promise<void> | undefined;
  const remove = async (): Promise<void> => {
    try {
      await treeOf(folder).stop();
      await removeFolder(folder);
    } finally {
      lock.release();
    }
  };
  return { folder, home, workDir, remove: () => (removal ??= remove()) };
}

/**
 * Removes what playgrounds left behind that were killed, with the processes that they left. What another
 * user has, a playground that lives, or a folder of the person's own with such a name is not touched.
 *
 * @returns The folders that were removed.
 */
export async function removeLeftovers(tempDir: string): Promise<readonly string[]> {
  const inside = realpathSync(tempDir);
  const folders = readdirSync(inside)
    .filter((name) => NAME.test(name))
    .map((name) => join(inside, name));
  const removed = await Promise.all(
    folders.map(async (folder) => ((await removeLeftover(folder)) ? [folder] : [])),
  );
  return removed.flat();
}

async function removeLeftover(folder: string): Promise<boolean> {
  try {
    if (!isAbandoned(folder)) return false;
    const lock = tryLock(join(folder, LOCK), 'alone');
    if (lock === null) return false;
    try {
      await treeOf(folder).stop();
      await removeFolder(folder);
      return true;
    } finally {
      lock.release();
    }
  } catch {
    // Another playground was faster, or it cannot be removed: then the next one tries.
    return false;
  }
}

function isAbandoned(folder: string): boolean {
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) return false;
  const lock = lstatSync(join(folder, LOCK), { throwIfNoEntry: false });
  return lock === undefined ? isUntaken(folder, found) : lock.isFile();
}

/** A playground has taken the lock before there is anything else in its folder. */
function isUntaken(folder: string, { mtimeMs }: Stats): boolean {
  return systemClock.now() - mtimeMs > YOUNG_MS && readdirSync(folder).length === 0;
}

function treeOf(folder: string) {
  return createTree({
    root: null,
    variable: PLAYGROUND_VARIABLE,
    isOurs: (value) => value === folder,
  });
}
