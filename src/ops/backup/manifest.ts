import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';

/** Where a snapshot says what is in it. */
export const MANIFEST_NAME = 'manifest.json';
/** Where in a snapshot the home is. */
export const HOME_NAME = 'home';

const path = z.string().refine((text) => isInside(text), { error: 'must stay inside of the home' });
/** As in chmod, without what would let a program run as somebody else. */
const mode = z.int().min(0).max(0o777);
const count = z.int().nonnegative();

const entry = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('folder'), path, mode }),
  z.object({
    kind: z.literal('file'),
    path,
    mode,
    sizeBytes: count,
    modifiedAtMs: z.number(),
    sha256: z.string().regex(/^[\da-f]{64}$/u),
  }),
  z.object({ kind: z.literal('link'), path, target: z.string().min(1) }),
]);

const manifest = z.object({
  format: z.literal(1),
  /** Counts up by one from snapshot to snapshot: the order in which they were taken, whatever the clock said. */
  sequence: z.int().positive(),
  takenAtMs: z.number(),
  /** The version of Claudio. */
  version: z.string(),
  /** Whose it is: the absolute path. */
  home: z.string(),
  /** How many of each kind were to be kept when it was taken. */
  keep: z.object({ hourlyCount: count, dailyCount: count }),
  /** How far the database was migrated; `null` where there was none. */
  database: z.object({ migrationCount: count, lastMigrationAtMs: count }).nullable(),
  /** Folders stand before what is in them. Paths are relative to the home, with `/`. */
  entries: z.array(entry),
  /** What is in the home and not in the snapshot, besides what never is. */
  leftOut: z.array(z.object({ path: z.string(), why: z.string() })),
});

/** What is in a snapshot, in which order it came, and whose it is. */
export type Manifest = z.infer<typeof manifest>;
/** A file, folder or link in a snapshot. */
export type Entry = z.infer<typeof entry>;
/** A file in a snapshot. */
export type FileEntry = Extract<Entry, { kind: 'file' }>;

/** The manifest of a snapshot, or `null` where it has none that can be read and understood. */
export function readManifest(snapshotPath: string): Manifest | null {
  try {
    const text = readFileSync(join(snapshotPath, MANIFEST_NAME), 'utf8');
    const parsed = manifest.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    // Gone, cut off, or not ours to read: all of it makes it no snapshot.
    return null;
  }
}

/** Whether a relative path goes up nowhere and through no link of its own making. */
function isInside(text: string): boolean {
  const parts = text.split('/');
  return (
    !isAbsolute(text) &&
    !text.includes('\0') &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
