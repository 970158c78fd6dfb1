import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ClaudioError, messageOf } from '../../core/error.ts';
import { writePrivateFile } from '../../platform/files.ts';

/** The small files that the health check keeps in the home. */
export const NOTES = [
  '.last_restart_attempt',
  '.restart_fail_count',
  '.health_check.json',
] as const;
export type NoteName = (typeof NOTES)[number];

/** What the health check remembers from one run to the next. */
export interface Notes {
  /** Its text, or `null` where there is none, or none that can be read. */
  read(name: NoteName): string | null;
  /** Replaces it, as a whole wherever a disk has room for that. @throws ClaudioError `health-check.forgetful` where it cannot be kept anywhere. */
  write(name: NoteName, text: string): void;
  remove(name: NoteName): void;
  /** Why something could not be written to the home, or `null`. */
  fault(): string | null;
}

/**
 * Notes in the home; while that cannot be written, being full or read-only, in `folder`, so that the same
 * thing is not done again every five minutes.
 */
export function createNotes(home: string, folder: string): Notes {
  let fault: string | null = null;
  const elsewhere = (name: NoteName): string => join(folder, name);

  return {
    // What lies there is the newer one: it is removed as soon as the home can be written again.
    read: (name) => {
      const text = readIfThere(elsewhere(name)) ?? readIfThere(join(home, name));
      return text === '' ? null : text;
    },
    write: (name, text) => {
      try {
        writePrivateFile(join(home, name), text);
        rmSync(elsewhere(name), { force: true });
      } catch (error) {
        fault = messageOf(error);
        try {
          writeElsewhere(folder, name, text);
        } catch (forgetful) {
          if (!rewrite(join(home, name), text, elsewhere(name))) throw forgetful;
        }
      }
    },
    remove: (name) => {
      try {
        rmSync(join(home, name), { force: true });
        rmSync(elsewhere(name), { force: true });
      } catch (error) {
        fault = messageOf(error);
        writeElsewhere(folder, name, '');
      }
    },
    fault: () => fault,
  };
}

/** Where notes go that the home cannot take: a folder of this user's and this home's own. */
export function spareFolder(tempDir: string, userId: number, home: string): string {
  const mark = createHash('sha256').update(home).digest('hex').slice(0, 12);
  return join(tempDir, `claudio-health-check-${userId}-${mark}`);
}

/** Makes sure that a folder in a place where everybody writes is this user's own. @throws ClaudioError */
export function ownSpareFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(folder);
  // lstat: a link to somewhere else is no folder.
  if (lstatSync(folder).isDirectory() && uid === process.getuid?.() && (mode & 0o077) === 0) return;
  throw new Error(`${folder} belongs to somebody else`);
}

function writeElsewhere(folder: string, name: NoteName, text: string): void {
  try {
    ownSpareFolder(folder);
    writePrivateFile(join(folder, name), text);
  } catch (error) {
    throw new ClaudioError({
      code: 'health-check.forgetful',
      message: `Neither the home nor ${folder} can be written: ${messageOf(error)}.`,
      hint: 'Free some space, and see that the disks are writable.',
      cause: error,
    });
  }
}

/**
 * Writes over a file that is there, which a full disk takes that refuses a new one, and removes what is
 * outdated then.
 *
 * @returns Whether it did.
 */
function rewrite(path: string, text: string, outdated: string): boolean {
  try {
    const file = openSync(path, 'r+');
    try {
      // Its room is not given back before: others may be faster.
      writeFileSync(file, text);
      ftruncateSync(file, Buffer.byteLength(text));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    rmSync(outdated, { force: true });
    return true;
  } catch {
    // Not there, or not to be written either.
    return false;
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not there, or not to be read: it begins anew.
    return null;
  }
}
