import { existsSync } from 'node:fs';
import { asc, gt, inArray, max } from 'drizzle-orm';
import { deliveries } from '../../../drizzle/schema.ts';
import type { OutgoingFile } from '../../core/channel.ts';
import { SHELL_PERSON } from '../../core/role.ts';
import { attach } from './attach.ts';
import type { Shell } from './open.ts';
import { seen } from './seen.ts';

/** A file may be swept away between its copying and the row that names it, by a start of the service. */
const MAX_TRIES = 3;

/** What became of a message. */
export type Sent =
  | { readonly kind: 'delivered' }
  /** It is in the outbox, and goes out when that can be. `reason`: what the last attempt met. */
  | { readonly kind: 'kept'; readonly isServiceUp: boolean; readonly reason: string | null }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Says something in the owner's chat: puts it into the outbox, and waits for the service to deliver it.
 *
 * @param message.markdown Blank only where there is a file.
 * @throws ClaudioError `send.file`, and what {@link Shell.commit} throws.
 */
export async function sendFromShell(
  shell: Shell,
  message: { readonly markdown: string; readonly file?: string },
  waitMs: number,
): Promise<Sent> {
  const ids = await put(shell, message);
  if (!(await shell.isServiceUp())) return { kind: 'kept', isServiceUp: false, reason: null };
  const end = await seen(() => endOf(shell, ids, message.file !== undefined), {
    signal: AbortSignal.timeout(waitMs),
  });
  return end ?? { kind: 'kept', isServiceUp: true, reason: lastReason(shell, ids) };
}

async function put(
  shell: Shell,
  message: { readonly markdown: string; readonly file?: string },
): Promise<readonly number[]> {
  for (let tryCount = 1; ; tryCount += 1) {
    const file = message.file === undefined ? null : await attach(message.file, shell.outgoing);
    let isSaid = false;
    try {
      const ids = await shell.commit(() => say(shell, message.markdown, file));
      isSaid = ids !== null;
      if (ids !== null) return ids;
      if (tryCount >= MAX_TRIES) throw new Error('the copy of the file vanished again and again');
    } finally {
      if (!isSaid && file !== null) shell.outgoing.remove({ files: [file] });
    }
  }
}

/** @returns The ids of the rows; `null` where the file is not there any more. */
function say(shell: Shell, markdown: string, file: OutgoingFile | null): readonly number[] | null {
  if (file !== null && !existsSync(file.path)) return null;
  const { orm } = shell.database;
  const before = orm
    .select({ id: max(deliveries.id) })
    .from(deliveries)
    .get();
  shell.conversations.ensure(shell.conversation);
  shell.audit.write({
    event: 'shell.send',
    conversationId: shell.conversation.id,
    personId: SHELL_PERSON,
    details: { hasFile: file !== null },
  });
  shell.outbox.say(shell.conversation, {
    markdown,
    ...(file === null ? {} : { files: [file] }),
    replyTo: null,
    buttons: [],
  });
  return orm
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(gt(deliveries.id, before?.id ?? 0))
    .all()
    .map(({ id }) => id);
}

function rowsOf({ database }: Shell, ids: readonly number[]) {
  return database.orm
    .select()
    .from(deliveries)
    .where(inArray(deliveries.id, [...ids]))
    .orderBy(asc(deliveries.id))
    .all();
}

function endOf(shell: Shell, ids: readonly number[], hasFile: boolean): Sent | null {
  const rows = rowsOf(shell, ids);
  const failed = rows.find(({ status }) => status === 'failed');
  if (failed !== undefined)
    return { kind: 'failed', reason: failed.reason ?? 'no reason is known' };
  if (rows.some(({ status }) => status !== 'sent')) return null;
  // Words went in the place of a file that could not be sent.
  const wasReplaced = hasFile && rows.every(({ part }) => part.files === undefined);
  if (!wasReplaced) return { kind: 'delivered' };
  return { kind: 'failed', reason: rows.at(-1)?.reason ?? 'the file was not taken' };
}

function lastReason(shell: Shell, ids: readonly number[]): string | null {
  return rowsOf(shell, ids).find(({ status }) => status !== 'sent')?.reason ?? null;
}
