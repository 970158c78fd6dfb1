import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { imageSize } from 'image-size';

const MEBIBYTE = 1_024 * 1_024;
/** https://core.telegram.org/bots/api#sending-files */
const MAX_UPLOAD_MEBIBYTES = 50;
const MAX_PHOTO_BYTES = 10 * MEBIBYTE;
/** Of width and height together, and of the one to the other: https://core.telegram.org/bots/api#sendphoto */
const MAX_PHOTO_SIDES = 10_000;
const MAX_PHOTO_RATIO = 20;
/** Enough of a picture to tell its size, with a preview and a place before it. */
const PICTURE_HEAD_BYTES = 512 * 1_024;
/** JPEG, PNG and WebP. A GIF would lose its motion as a photo, and keeps it as a document. */
const PHOTO_BEGINNINGS = [/^\xFF\xD8\xFF/, /^\x89PNG\r\n/, /^RIFF.{4}WEBP/s];

/** Files ready to go out, each read from the disk only on its way; or what is wrong with one. */
export type Uploads =
  | { readonly kind: 'opened'; readonly files: readonly File[] }
  | { readonly kind: 'refused'; readonly problem: string; readonly name: string };

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown error';
}

async function open(path: string, name: string): Promise<File | string> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return 'it is no file';
    if (stats.size === 0) return 'the file is empty';
    if (stats.size > MAX_UPLOAD_MEBIBYTES * MEBIBYTE) {
      return `the file is larger than ${MAX_UPLOAD_MEBIBYTES} MB`;
    }
    return new File([await openAsBlob(path)], name);
  } catch (thrown) {
    const code = codeOf(thrown);
    return code === 'ENOENT' ? 'the file is gone' : `the file cannot be read (${code})`;
  }
}

/** Opens the files of a part; all of them, or none. */
export async function openUploads(
  wanted: readonly { readonly path: string; readonly name: string }[],
): Promise<Uploads> {
  const files: File[] = [];
  for (const { path, name } of wanted) {
    const opened = await open(path, name);
    if (typeof opened === 'string') return { kind: 'refused', problem: opened, name };
    files.push(opened);
  }
  return { kind: 'opened', files };
}

/** Whether Telegram takes a file as a photo. One that cannot be read is none. */
export async function isPhoto(file: File): Promise<boolean> {
  if (file.size > MAX_PHOTO_BYTES) return false;
  try {
    const head = Buffer.from(await file.slice(0, PICTURE_HEAD_BYTES).arrayBuffer());
    const beginning = head.subarray(0, 16).toString('latin1');
    if (!PHOTO_BEGINNINGS.some((kind) => kind.test(beginning))) return false;
    const { width, height } = imageSize(head);
    if (!(width > 0 && height > 0) || width + height > MAX_PHOTO_SIDES) return false;
    return Math.max(width, height) <= Math.min(width, height) * MAX_PHOTO_RATIO;
  } catch {
    // It throws for what only begins like a picture.
    return false;
  }
}
