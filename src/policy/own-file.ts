import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { hasCode, messageOf } from '../core/error.ts';

/** Nobody writes so much by hand. */
const MAX_SIZE_BYTES = 1_000_000;
const NS_PER_MS = 1e6;
const WRITABLE_BY_OTHERS = 0o022;

/** What a look at a file shows without opening it. */
export interface Look {
  /** Differs where the file, its content or its rights changed. */
  readonly stamp: string;
  readonly modifiedAtMs: number;
}

/** Looks at a file, or where a link leads; `null` where there is none. A fault is seen when it is read. */
export function look(path: string): Look | null {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return null;
    const { dev, ino, size, mtimeNs, ctimeNs } = stat;
    // Rights change the time of change alone.
    const stamp = [dev, ino, size, mtimeNs, ctimeNs].join(':');
    return { stamp, modifiedAtMs: Number(mtimeNs) / NS_PER_MS };
  } catch (error) {
    return { stamp: messageOf(error), modifiedAtMs: 0 };
  }
}

/** Reads a file of the person's own, or says what speaks against it, a sentence: Markdown. */
export function readOwn(path: string): { readonly text: string } | { readonly fault: string } {
  let file: number | undefined;
  try {
    // A pipe would have everybody wait.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (!stat.isFile()) return { fault: 'It is not a file.' };
    if (stat.size > MAX_SIZE_BYTES) return { fault: 'It is larger than a megabyte.' };
    if ((stat.mode & WRITABLE_BY_OTHERS) !== 0) {
      return {
        fault: `Others on the machine can write to it, and so could change the rules: \`chmod 600 ${path}\` takes that away.`,
      };
    }
    if (stat.uid !== 0 && stat.uid !== process.getuid?.()) {
      return { fault: 'It belongs to another user of the machine, who could change the rules.' };
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
    return { text };
  } catch (error) {
    if (error instanceof TypeError) return { fault: 'It is not text in UTF-8.' };
    const why = hasCode(error, 'EACCES', 'EPERM') ? 'the rights do not allow it' : messageOf(error);
    return { fault: `It cannot be read: ${why}.` };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
