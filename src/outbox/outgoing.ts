import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { deliveries } from '../../drizzle/schema.ts';
import type { Part } from '../core/channel.ts';
import type { Database } from '../platform/database/open.ts';
import { ensurePrivateFolder, writePrivateFile } from '../platform/files.ts';

/**
 * The files that deliveries refer to, each a copy of its own, so that what goes out is what was there
 * when it was said, however long it waits.
 */
export interface OutgoingFiles {
  /**
   * Keeps a copy, on the disk when this returns.
   *
   * @returns Its absolute path, for an `OutgoingFile`.
   * @throws what the file system throws.
   */
  keep(content: Uint8Array): string;
  /** Removes the files of a part whose delivery has ended. */
  remove(part: Part): void;
  /**
   * Removes what no open delivery refers to: left by a process that died. To be called before anything
   * is kept.
   *
   * @returns How many files were removed.
   */
  sweep(): number;
}

export function createOutgoingFiles(options: {
  readonly folder: string;
  readonly database: Database;
  readonly newId: () => string;
}): OutgoingFiles {
  const folder = ensurePrivateFolder(options.folder);
  return {
    keep: (content) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, options.newId());
      writePrivateFile(path, content);
      return path;
    },
    remove: (part) => {
      for (const { path } of part.files ?? []) rmSync(path, { force: true });
    },
    sweep: () => {
      const open = options.database.orm
        .select({ part: deliveries.part })
        .from(deliveries)
        .where(sql`${deliveries.status} in ('pending', 'sending')`)
        .all();
      const wanted = new Set(
        open.flatMap(({ part }) => (part.files ?? []).map(({ path }) => path)),
      );
      const left = readdirSync(folder)
        .map((name) => join(folder, name))
        .filter((path) => !wanted.has(path));
      for (const path of left) rmSync(path, { recursive: true, force: true });
      return left.length;
    },
  };
}
