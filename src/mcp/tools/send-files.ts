import type { CallToolResult, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { OutgoingFile } from '../../core/channel.ts';
import { shownFileName } from '../../core/file-name.ts';
import { maskKeys } from '../../core/mask.ts';
import type { ToolContext } from '../context.ts';
import { EMPTY, MAX_FILE_BYTES, openSendable, TOO_LARGE } from '../files.ts';
import { heldKey } from '../held-keys.ts';
import { imageKind } from '../photo.ts';
import { done, guarded, OVER, refused } from '../result.ts';
import { say } from '../say.ts';

const WHERE = `Paths are absolute, or relative to the working folder. Only files in the working folder, and those that came with the person's message, can be sent: up to 50 MB each, not empty, nothing hidden, no keys or tokens, and no link that leads elsewhere. If one of them cannot be sent, none is, and you are told why.`;

const FILE_DESCRIPTION = `Sends the person files from this machine in the chat, as they are.

Use it when they ask for a file, or when a file is the result that they asked for: a report, an archive, a table. Do not use it for every file that you changed; naming it in your answer is enough. For pictures that are to be seen in the chat, use send_photo. ${WHERE}`;

const PHOTO_DESCRIPTION = `Sends the person pictures from this machine, to be seen right in the chat.

Use it for a screenshot, a chart, a drawing that they asked for or need to see. Do not use it where every pixel counts, since the chat makes pictures smaller: use send_file. A picture that the chat cannot show is sent as a file. ${WHERE}`;

const inputSchema = z.object({
  paths: z.array(z.string().min(1).max(4096)).min(1).max(10),
  caption: z.string().max(4000).optional().describe('Markdown, shown with the files.'),
});

type Input = z.infer<typeof inputSchema>;

export function registerSendFiles(server: McpServer, context: ToolContext): void {
  server.registerTool('send_file', { description: FILE_DESCRIPTION, inputSchema }, (input) =>
    guarded(context, 'send_file', () => send(context, input, 'file')),
  );
  server.registerTool('send_photo', { description: PHOTO_DESCRIPTION, inputSchema }, (input) =>
    guarded(context, 'send_photo', () => send(context, input, 'photo')),
  );
}

async function send(
  context: ToolContext,
  { paths, caption = '' }: Input,
  as: 'file' | 'photo',
): Promise<CallToolResult> {
  const kept: OutgoingFile[] = [];
  let isSaid = false;
  try {
    for (const path of paths) {
      if (context.closed.aborted) return refused(OVER);
      const outcome = await keep(context, path, as);
      if (typeof outcome === 'string') {
        return refused(`${JSON.stringify(path)} ${outcome}. Nothing was sent.`);
      }
      kept.push(outcome);
    }
    const history = historyLine(kept, as, caption);
    isSaid = say(context, { markdown: caption, files: kept, history });
    return isSaid ? done(outcomeLine(kept, as)) : refused(OVER);
  } finally {
    if (!isSaid) context.outgoing.remove({ files: kept });
  }
}

/** Copies one file for sending. Returns why not, to go on after its path, where it cannot be sent. */
async function keep(
  context: ToolContext,
  path: string,
  as: 'file' | 'photo',
): Promise<OutgoingFile | string> {
  const opened = await openSendable(path, {
    sendableDirs: context.user.sendableDirs,
    home: context.home,
    deniedFiles: context.user.deniedFiles,
  });
  if (opened.kind === 'refused') return opened.reason;
  const { file, name } = opened;
  try {
    const kind = as === 'file' ? 'file' : await imageKind(file);
    if (kind === null) return 'is not a picture, by its content; use send_file for it';
    // It may have changed since it was looked at.
    const copied = await context.outgoing.keepFrom(file, MAX_FILE_BYTES);
    if (copied.kind !== 'kept') return copied.kind === 'empty' ? EMPTY : TOO_LARGE;
    const { path: copy, sizeBytes } = copied;
    const held = { path: copy, name: shownFileName(name), kind, sizeBytes };
    const key = await heldKey(copy, context.mask ?? maskKeys);
    if (key !== null) {
      context.outgoing.remove({ files: [held] });
      return `holds what looks like a key or a token (${key}), and those are not sent: leave it out`;
    }
    return held;
  } finally {
    await file.close();
  }
}

function outcomeLine(files: readonly OutgoingFile[], as: 'file' | 'photo'): string {
  const asFiles = as === 'file' ? [] : files.filter(({ kind }) => kind === 'file');
  const names = files.map(({ name }) => name).join(', ');
  return asFiles.length === 0
    ? `On its way: ${names}.`
    : `On its way: ${names}. Sent as a file, because the chat cannot show it as a picture: ${asFiles
        .map(({ name }) => name)
        .join(', ')}.`;
}

function historyLine(files: readonly OutgoingFile[], as: 'file' | 'photo', caption: string) {
  const what = files.length === 1 ? `the ${as}` : `${files.length} ${as}s`;
  const names = files.map(({ name }) => name).join(', ');
  return caption.trim() === '' ? `(sent ${what} ${names})` : `(sent ${what} ${names}: ${caption})`;
}
