import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { attachments } from '../../drizzle/schema.ts';
import type { FetchOutcome } from '../core/channel.ts';
import { safeFileName } from '../core/file-name.ts';
import { escapeMarkdown } from '../core/format.ts';
import type { Speech } from '../core/speech.ts';
import type { Logger } from '../platform/log.ts';
import { checkFile, type CheckedFile } from './file-check.ts';

export type AttachmentRow = typeof attachments.$inferSelect;

/** What an attachment without a name is called. */
const WORDS = { image: 'picture', speech: 'recording', file: 'file' } as const;
/** The pauses before a download is tried again. */
const RETRY_PAUSES_MS = [1000, 3000];
const NO_SPEECH =
  'I cannot listen to recordings yet. To let me, set `ELEVENLABS_API_KEY` in `service.env` and restart; until then, please send text.';

/** An attachment that is ready to be worked with. */
export interface PreparedFile {
  /** Absolute; in the folder of the turn. */
  readonly path: string;
  /** `picture, PNG, 1280 × 720, 210 kB` */
  readonly description: string;
  readonly kind: 'picture' | 'text' | 'other';
}

/** What became of an attachment. */
export type Prepared =
  | { readonly kind: 'file'; readonly file: PreparedFile }
  /** `isNew`: it was not written down before. */
  | { readonly kind: 'speech'; readonly transcript: string; readonly isNew: boolean }
  /** A sentence of Markdown for the person. */
  | { readonly kind: 'unusable'; readonly sentence: string };

/** What it takes to prepare attachments. */
export interface PrepareParts {
  readonly fetch: (fileId: string, signal: AbortSignal) => Promise<FetchOutcome>;
  /** `null` where it is not set up. */
  readonly speech: Speech | null;
  /** Absolute. */
  readonly folder: string;
  readonly log: Logger;
  /** Says what is being done, in words. */
  readonly tell: (words: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Gets an attachment, looks at what it really is, and puts it into the folder of the turn (0600), or
 * writes down what is said in it.
 *
 * @param index Makes its name unique in that folder.
 * @throws what the file system throws, and the signal's reason.
 */
export async function prepare(
  attachment: AttachmentRow,
  index: number,
  parts: PrepareParts,
): Promise<Prepared> {
  if (attachment.transcript !== null) {
    return { kind: 'speech', transcript: attachment.transcript, isNew: false };
  }
  const { kind } = attachment;
  if (kind === 'speech' && parts.speech === null) return { kind: 'unusable', sentence: NO_SPEECH };
  if (kind === 'speech' && attachment.durationMs === 0) return unusable(attachment, 'is empty');
  parts.tell(`Downloading ${ownNameOf(attachment) ?? `the ${WORDS[kind]}`}`);
  const fetched = await fetchPatiently(attachment.fileId, parts);
  if (fetched.kind !== 'fetched') {
    parts.log.warn({ attachment: attachment.id, ...fetched }, 'attachment.not-fetched');
    return unusable(attachment, reasonOf(fetched));
  }
  const { content } = fetched;
  const checked = await checkFile(kind, content);
  if (checked.kind === 'unfit') return unusable(attachment, checked.reason);
  const name = fileName(attachment, checked, index);
  if (kind === 'speech') return await transcribe(attachment, { content, name }, checked, parts);
  const path = join(parts.folder, name);
  await writeFile(path, content, { mode: 0o600, flag: 'wx' });
  return {
    kind: 'file',
    file: {
      path,
      description: `${checked.what}, ${formatBytes(content.byteLength)}`,
      kind: checked.isText ? 'text' : checked.what.startsWith('picture') ? 'picture' : 'other',
    },
  };
}

async function transcribe(
  attachment: AttachmentRow,
  recording: { content: Uint8Array; name: string },
  { mimeType }: Extract<CheckedFile, { kind: 'fit' }>,
  { speech, tell, log, signal }: PrepareParts,
): Promise<Prepared> {
  if (speech === null) return { kind: 'unusable', sentence: NO_SPEECH };
  tell('Listening to the recording');
  const heard = await speech.transcribe({ ...recording, mimeType: mimeType ?? '' }, signal);
  if (heard.kind === 'heard') return { kind: 'speech', transcript: heard.text, isNew: true };
  signal.throwIfAborted();
  log.warn({ attachment: attachment.id, ...heard }, 'attachment.not-transcribed');
  return { kind: 'unusable', sentence: speech.explain(heard.failure) };
}

async function fetchPatiently(
  fileId: string,
  { fetch, signal }: PrepareParts,
): Promise<FetchOutcome> {
  for (const pauseMs of RETRY_PAUSES_MS) {
    const outcome = await fetch(fileId, signal);
    signal.throwIfAborted();
    if (outcome.kind !== 'unreachable') return outcome;
    await setTimeout(pauseMs, undefined, { signal });
  }
  const last = await fetch(fileId, signal);
  signal.throwIfAborted();
  return last;
}

function reasonOf(outcome: Exclude<FetchOutcome, { kind: 'fetched' }>): string {
  switch (outcome.kind) {
    case 'too-large':
      return `is too large: files of up to ${outcome.maxBytes / 1024 ** 2} MB reach me`;
    case 'gone':
      return 'can no longer be had; please send it again';
    case 'unreachable':
      return `could not be downloaded, although I tried ${RETRY_PAUSES_MS.length + 1} times; please send it again later`;
  }
}

function unusable(attachment: AttachmentRow, reason: string): Prepared {
  const name = ownNameOf(attachment) ?? `The ${WORDS[attachment.kind]}`;
  return { kind: 'unusable', sentence: `**${escapeMarkdown(name)}** ${reason}.` };
}

function ownNameOf({ name }: AttachmentRow): string | null {
  return name === null || name.trim() === '' ? null : safeFileName(name);
}

/** Its own name, or one for its kind, with the ending that its content calls for. */
function fileName(
  attachment: AttachmentRow,
  { extension, what }: Extract<CheckedFile, { kind: 'fit' }>,
  index: number,
): string {
  const { kind } = attachment;
  const own = ownNameOf(attachment) ?? WORDS[kind];
  // Claude's Read tells a picture from a text by its ending.
  const isOther = kind === 'file' && !what.startsWith('picture');
  const isCalledSo = isOther || extension === null || own.endsWith(extension);
  return `${index}-${isCalledSo ? own : own.replace(/(?:\.[\p{L}\p{N}]{1,10})?$/u, extension)}`;
}

function formatBytes(byteCount: number): string {
  if (byteCount < 1000) return `${byteCount} bytes`;
  if (byteCount < 1_000_000) return `${Math.round(byteCount / 1000)} kB`;
  return `${(byteCount / 1_000_000).toFixed(1)} MB`;
}
