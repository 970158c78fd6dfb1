import { readdirSync, rmSync } from 'node:fs';
import { type FileHandle, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { deliveries } from '../../drizzle/schema.ts';
import type { Part } from '../core/channel.ts';
import type { Database } from '../platform/database/open.ts';
import { createPrivateFile, ensurePrivateFolder } from '../platform/files.ts';

/** So much of a file is in memory while it is copied. */
const CHUNK_BYTES = 1024 * 1024;

/** What became of a file that was to be copied. */
export type Copied =
  /** @property path Absolute, for an `OutgoingFile`. */
  | { readonly kind: 'kept'; readonly path: string; readonly sizeBytes: number }
  | { readonly kind: 'empty' | 'too-large' };

/**
 * The files that deliveries refer to, each a copy of its own, so that what goes out is what was there
 * when it was said, however long it waits.
 */
export interface OutgoingFiles {
  /**
   * Keeps a copy, on the disk when this resolves. Nothing is left behind when it rejects.
   *
   * @returns Its absolute path, for an `OutgoingFile`.
   * @throws what the file system throws.
   */
  keep(content: Uint8Array): Promise<string>;
  /**
   * Keeps a copy of an open file, as {@link keep} does, a piece at a time: one that holds nothing, or
   * more than `maxBytes` by the time it was read, is not kept. Leaves the file open.
   */
  keepFrom(file: FileHandle, maxBytes: number): Promise<Copied>;
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

  const put = async (content: Uint8Array | AsyncIterable<Uint8Array>) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, options.newId());
    return { path, sizeBytes: await createPrivateFile(path, content) };
  };

  return {
    keep: async (content) => (await put(content)).path,
    keepFrom: async (file, maxBytes) => {
      const { path, sizeBytes } = await put(piecesOf(file, maxBytes));
      if (sizeBytes > 0 && sizeBytes <= maxBytes) return { kind: 'kept', path, sizeBytes };
      await rm(path, { force: true });
      return { kind: sizeBytes === 0 ? 'empty' : 'too-large' };
    },
    remove: (part) => {
      for (const { path } of part.files ?? []) rmSync(path, { force: true });
    },
    // As one transaction: another process may be about to say what refers to a file that it kept.
    sweep: () =>
      options.database.transaction(() => {
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
      }),
  };
}

/**
 * The content of an open file from its beginning, a byte more than `maxBytes` at most, which is enough to
 * tell that it is too large. Each piece is good until the next one is asked for.
 */
async function* piecesOf(file: FileHandle, maxBytes: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let position = 0;
  while (position <= maxBytes) {
    const wantedBytes = Math.min(CHUNK_BYTES, maxBytes + 1 - position);
    const { bytesRead } = await file.read(buffer, 0, wantedBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
