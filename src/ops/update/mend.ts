import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

// Nothing but Node's own modules may be imported here: this runs where the others may be half exchanged.
// For the same reason its name and `mendInstallation` may never change.

/** Where an update keeps its things, in the folder of the installation. */
const UPDATE_FOLDER = '.update';
const JOURNAL = 'journal.json';
/** An exchange takes a second or two; a process id that is as old as this may be anybody's. */
const UNDER_WAY_MS = 60_000;
/** What must be whole at any moment, for this to be run: exchanged last. */
const LAST = ['dist/src/ops/update/mend.js', 'dist/src/bin.js'];

/** The folders of an installation that is being updated. */
export function foldersOf(root: string) {
  const folder = join(root, UPDATE_FOLDER);
  return {
    folder,
    journal: join(folder, JOURNAL),
    /** The new release, a checkout of its own. */
    stage: join(folder, 'stage'),
    /** What ran before, to go back to. */
    old: join(folder, 'old'),
  };
}

/**
 * Completes an exchange of the program's files that was cut off: by the loss of power, or a `kill -9`.
 * The program calls it before it loads anything else. Costs the look at one file where there was none.
 *
 * @param from A folder in the installation.
 * @returns `under-way` where an update is just exchanging them.
 * @throws what the file system throws.
 */
export function mendInstallation(from: string): 'whole' | 'mended' | 'under-way' {
  const root = rootAbove(from);
  const { journal: path } = foldersOf(root);
  const journal = readJournal(path);
  const next = AFTER_EXCHANGE[String(journal?.['state'])];
  if (journal === null || next === undefined) return 'whole';
  // Somebody cleared up: there is nothing to complete it with.
  if (!existsSync(join(sourceOf(root, String(journal['state'])), 'package.json'))) return 'whole';
  if (isAtWork(path, journal['pid'])) return 'under-way';
  exchange(root, String(journal['state']));
  writeWhole(path, JSON.stringify({ ...journal, state: next }));
  return 'mended';
}

const AFTER_EXCHANGE: Readonly<Record<string, string>> = {
  swapping: 'swapped',
  'going-back': 'gone-back',
};

/** Brings in the files of the new release, or of the old one. Whatever was done of it is not done again. */
export function exchange(root: string, state: string): void {
  const { stage, old } = foldersOf(root);
  bringIn(root, sourceOf(root, state), state === 'swapping' ? old : stage);
}

function sourceOf(root: string, state: string): string {
  const { stage, old } = foldersOf(root);
  return state === 'swapping' ? stage : old;
}

/** Keeps what is not moved by an exchange, to go back to. */
export function keepOld(root: string): void {
  const { folder, old } = foldersOf(root);
  rmSync(old, { recursive: true, force: true });
  mkdirSync(old);
  const way = { from: root, to: old, temporary: temporaryIn(folder) };
  for (const name of filesOf(root)) if (existsSync(join(root, name))) layOver(way, name);
  for (const name of LAST) if (existsSync(join(root, name))) putFile(way, name);
}

/** `node_modules` is moved, the one that was there to `aside`; everything else is copied. */
function bringIn(root: string, from: string, aside: string): void {
  const modules = join(root, 'node_modules');
  if (isThere(join(from, 'node_modules'))) {
    if (isThere(modules)) renameSync(modules, join(aside, 'node_modules'));
    renameSync(join(from, 'node_modules'), modules);
    sync(root);
  }
  const way = { from, to: root, temporary: temporaryIn(foldersOf(root).folder) };
  for (const name of filesOf(from)) if (existsSync(join(from, name))) layOver(way, name);
  for (const name of LAST) if (existsSync(join(from, name))) putFile(way, name);
}

interface Way {
  readonly from: string;
  readonly to: string;
  /** Where a file is written before it takes its place: nothing is left beside that. */
  readonly temporary: string;
}

function temporaryIn(folder: string): string {
  return join(folder, `${process.pid}.tmp`);
}

/** What of a release is needed to run it, beside `node_modules`. */
function filesOf(folder: string): readonly string[] {
  const read: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const names: unknown = isRecord(read) ? read['files'] : [];
  const listed = Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  return [...listed, 'package.json'];
}

/** Makes a file or a folder like another one, a file at a time, each of them whole at any moment. */
function layOver(way: Way, name: string): void {
  const [source, target] = [join(way.from, name), join(way.to, name)];
  if (!lstatSync(source).isDirectory()) {
    if (!LAST.includes(name)) putFile(way, name);
    return;
  }
  mkdirSync(target, { recursive: true });
  const children = readdirSync(source);
  for (const child of children) layOver(way, join(name, child));
  for (const child of readdirSync(target)) {
    const path = join(name, child);
    const isWanted = LAST.some((last) => last === path || last.startsWith(`${path}/`));
    if (children.includes(child) || isWanted) continue;
    rmSync(join(target, child), { recursive: true, force: true });
  }
}

function putFile({ from, to, temporary }: Way, name: string): void {
  const [source, target] = [join(from, name), join(to, name)];
  if (isSameFile(source, target)) return;
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, temporary);
  sync(temporary);
  renameSync(temporary, target);
}

function isSameFile(one: string, other: string): boolean {
  if (!existsSync(other) || statSync(one).size !== statSync(other).size) return false;
  return readFileSync(one).equals(readFileSync(other));
}

/** Replaces a file as a whole. */
export function writeWhole(path: string, content: string): void {
  const temporary = temporaryIn(dirname(path));
  writeFileSync(temporary, content, { mode: 0o600 });
  sync(temporary);
  renameSync(temporary, path);
  sync(dirname(path));
}

/** Brings a file, or the names in a folder, onto the disk. */
function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function readJournal(path: string): Record<string, unknown> | null {
  if (!existsSync(path)) return null;
  const read: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return isRecord(read) ? read : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isAtWork(journalPath: string, pid: unknown): boolean {
  if (typeof pid !== 'number' || pid === process.pid) return false;
  const ageMs = performance.timeOrigin + performance.now() - statSync(journalPath).mtimeMs;
  if (Math.abs(ageMs) > UNDER_WAY_MS) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    // There is none of that number, or it is not ours.
    return false;
  }
}

function rootAbove(folder: string): string {
  let root = folder;
  while (!existsSync(join(root, 'package.json'))) {
    if (dirname(root) === root) return folder;
    root = dirname(root);
  }
  return root;
}
