import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { attachments } from '../../drizzle/schema.ts';
import type { FetchOutcome } from '../core/channel.ts';
import { safeFileName, shownFileName } from '../core/file-name.ts';
import { escapeMarkdown } from '../core/format.ts';
import type { Speech } from '../core/speech.ts';
import type { Logger } from '../platform/log.ts';
import { checkFile, type CheckedFile } from './file-check.ts';

export type AttachmentRow = typeof attachments.$inferSelect;

/** What an attachment without a name is called. */
const WORDS = { image: 'picture', speech: 'recording', file: 'file' } as const;
/** The pauses before a download is tried again. */
const RETRY_PAUSES_MS = [1000, 3000];
/** All the files of a turn together are waited for so long: see {@link PrepareParts.deadline}. */
export const DOWNLOADS_WITHIN_MS = 5 * 60_000;
/** Claude's Read takes a file with such an ending for a picture or a PDF, and refuses one that is none. */
const READ_BY_ENDING = /\.(?:png|jpe?g|gif|webp|pdf)$/iu;
const NO_SPEECH =
  'I cannot listen to recordings yet. To enable it, set `ELEVENLABS_API_KEY` in `service.env` and restart me. Until then, please type.';

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
  | {
      readonly kind: 'unusable';
      /** Markdown, for the person. */
      readonly sentence: string;
      /** Whether the fault lies elsewhere than in the file, so that another try may well work. */
      readonly mayWorkLater: boolean;
    };

const WITHOUT_SPEECH: Prepared = { kind: 'unusable', sentence: NO_SPEECH, mayWorkLater: true };

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
  /** When it aborts, no file is waited for any longer; what is there by then is used. */
  readonly deadline?: AbortSignal;
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
  if (kind === 'speech' && parts.speech === null) return WITHOUT_SPEECH;
  parts.tell(`Downloading ${shownNameOf(attachment) ?? `the ${WORDS[kind]}`}`);
  const fetched = await fetchPatiently(attachment.fileId, parts);
  if (fetched.kind !== 'fetched') {
    parts.log.warn({ attachment: attachment.id, ...fetched }, 'attachment.not-fetched');
    const mayWorkLater = fetched.kind === 'unreachable' || fetched.kind === 'late';
    return unusable(attachment, reasonOf(fetched), mayWorkLater);
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
      kind: checked.form === 'recording' ? 'other' : checked.form,
    },
  };
}

async function transcribe(
  attachment: AttachmentRow,
  recording: { content: Uint8Array; name: string },
  { mimeType }: Extract<CheckedFile, { kind: 'fit' }>,
  { speech, tell, log, signal }: PrepareParts,
): Promise<Prepared> {
  if (speech === null) return WITHOUT_SPEECH;
  tell('Listening to the recording');
  const heard = await speech.transcribe({ ...recording, mimeType: mimeType ?? '' }, signal);
  if (heard.kind === 'heard') return { kind: 'speech', transcript: heard.text, isNew: true };
  signal.throwIfAborted();
  log.warn({ attachment: attachment.id, ...heard }, 'attachment.not-transcribed');
  const { failure } = heard;
  return {
    kind: 'unusable',
    sentence: speech.explain(failure),
    mayWorkLater: failure.code !== 'refused' && failure.code !== 'nothing-heard',
  };
}

/** What became of a file after all attempts; `late`: the deadline came first. */
type Fetched = FetchOutcome | { readonly kind: 'late' };

async function fetchPatiently(
  fileId: string,
  { fetch, signal, deadline }: PrepareParts,
): Promise<Fetched> {
  const within = deadline === undefined ? signal : AbortSignal.any([signal, deadline]);
  for (let count = 0; ; count += 1) {
    if (within.aborted) return late(signal);
    const outcome = await fetch(fileId, within);
    if (outcome.kind === 'fetched') signal.throwIfAborted();
    else if (within.aborted) return late(signal);
    const pauseMs = RETRY_PAUSES_MS[count];
    if (outcome.kind !== 'unreachable' || pauseMs === undefined) return outcome;
    // Broken off it throws; why, the signals say.
    await setTimeout(pauseMs, undefined, { signal: within }).catch(() => undefined);
  }
}

function late(signal: AbortSignal): Fetched {
  signal.throwIfAborted();
  return { kind: 'late' };
}

function reasonOf(outcome: Exclude<Fetched, { kind: 'fetched' }>): string {
  switch (outcome.kind) {
    case 'too-large':
      return `is too large: I can only receive files of up to ${outcome.maxBytes / 1024 ** 2} MB`;
    case 'gone':
      return 'is no longer available; please send it again';
    case 'unreachable':
      return `could not be downloaded after ${RETRY_PAUSES_MS.length + 1} attempts; please try again later`;
    case 'late':
      return 'could not be downloaded in time; please try again later';
  }
}

function unusable(attachment: AttachmentRow, reason: string, mayWorkLater = false): Prepared {
  const name = shownNameOf(attachment) ?? `The ${WORDS[attachment.kind]}`;
  return { kind: 'unusable', sentence: `**${escapeMarkdown(name)}** ${reason}.`, mayWorkLater };
}

function shownNameOf({ name }: AttachmentRow): string | null {
  return name === null || name.trim() === '' ? null : shownFileName(name);
}

/** Its own name, or one for its kind, with the ending by which Claude's Read takes it for what it is. */
function fileName(
  { kind, name }: AttachmentRow,
  { extension, form }: Extract<CheckedFile, { kind: 'fit' }>,
  index: number,
): string {
  const own = name === null || name.trim() === '' ? WORDS[kind] : safeFileName(name);
  const right = extension ?? (form === 'text' ? '.txt' : '.bin');
  const isNear = own.toLowerCase().endsWith(right);
  const named =
    isNear || form === 'picture' || form === 'recording'
      ? own.replace(/(?:\.[\p{L}\p{N}]{1,10})?$/u, right)
      : `${own}${READ_BY_ENDING.test(own) ? right : ''}`;
  return `${index}-${named}`;
}

function formatBytes(byteCount: number): string {
  if (byteCount < 1000) return `${byteCount} bytes`;
  if (byteCount < 1_000_000) return `${Math.round(byteCount / 1000)} kB`;
  return `${(byteCount / 1_000_000).toFixed(1)} MB`;
}
