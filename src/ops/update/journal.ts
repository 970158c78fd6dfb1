import { existsSync, readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { foldersOf, writeWhole } from './mend.ts';

/**
 * How far an update is. `staging`: nothing was touched. `stopping`: the service is about to be stopped.
 * `trying`: there is a copy of the database, and the new program may have brought the database up to
 * date. `swapping`: it was found well, and the files are being exchanged; from here on it goes forward.
 * `swapped`: the files are the new ones. `going-back`: they are being exchanged for the old ones again.
 * `gone-back`: they are the old ones.
 */
const STATES = [
  'staging',
  'stopping',
  'trying',
  'swapping',
  'swapped',
  'going-back',
  'gone-back',
] as const;

const journalSchema = z.looseObject({
  state: z.enum(STATES),
  /** The process that wrote this. */
  pid: z.number(),
  home: z.string(),
  from: z.object({
    version: z.string(),
    commit: z.string(),
    /** `null`: none was checked out. */
    branch: z.string().nullable(),
  }),
  to: z.object({ version: z.string(), tag: z.string() }),
  /** Whether the service ran, and is to run again. */
  wasRunning: z.boolean(),
  /** When the copy of the database of this update was made; `null`: there is none. */
  copiedAtMs: z.number().nullable(),
  /** The checks of `/health` that were well before. */
  wellBefore: z.array(z.string()),
});

export type Journal = z.infer<typeof journalSchema>;

/** What is written down of an update under way, for the one after a `kill -9` to go on from. */
export interface JournalFile {
  /** `null` where no update is under way. */
  read(): Journal | null;
  /** On the disk when it returns. */
  write(journal: Omit<Journal, 'pid'>): void;
  remove(): void;
}

export function journalOf(root: string): JournalFile {
  const { journal: path } = foldersOf(root);
  return {
    read: () =>
      existsSync(path) ? journalSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) : null,
    write: (journal) => {
      writeWhole(path, JSON.stringify({ ...journal, pid: process.pid }));
    },
    remove: () => {
      rmSync(path, { force: true });
    },
  };
}
