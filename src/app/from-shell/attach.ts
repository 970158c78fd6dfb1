import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { OutgoingFile } from '../../core/channel.ts';
import { ClaudioError } from '../../core/error.ts';
import { shownFileName } from '../../core/file-name.ts';
import { EMPTY, MAX_FILE_BYTES, TOO_LARGE } from '../../mcp/files.ts';
import { imageKind } from '../../mcp/photo.ts';
import type { OutgoingFiles } from '../../outbox/outgoing.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EACCES: 'may not be read by you',
  ENOTDIR: 'is not there',
  EISDIR: 'is a folder',
  ENOSPC: 'cannot be copied, because the disk is full',
};

/**
 * Keeps a copy of a file to be sent: a picture as a picture, where the chat can show it as one. Whoever
 * has a shell may send what they may read.
 *
 * @param path Absolute, or from the present folder.
 * @throws ClaudioError `send.file`
 */
export async function attach(path: string, outgoing: OutgoingFiles): Promise<OutgoingFile> {
  const reason = (what: string, cause?: unknown) =>
    new ClaudioError({
      code: 'send.file',
      message: `${path} ${what}. Nothing was sent.`,
      hint: 'A file of up to 50 MB can be sent: name one with --file.',
      cause,
    });
  try {
    // Without it, a pipe would be waited for.
    const file = await open(resolve(path), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (stats.isDirectory()) throw reason('is a folder');
      if (!stats.isFile()) throw reason('is no regular file');
      if (stats.size > MAX_FILE_BYTES) throw reason(TOO_LARGE);
      const kind = (await imageKind(file)) ?? 'file';
      const copied = await outgoing.keepFrom(file, MAX_FILE_BYTES);
      if (copied.kind !== 'kept') throw reason(copied.kind === 'empty' ? EMPTY : TOO_LARGE);
      const { path: copy, sizeBytes } = copied;
      return { path: copy, name: shownFileName(basename(path)), kind, sizeBytes };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error) || error instanceof ClaudioError) throw error;
    throw reason(REASONS[String(error.code)] ?? `cannot be read (${String(error.code)})`, error);
  }
}
