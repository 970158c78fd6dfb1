import { wholeNumber } from '../core/format.ts';
import type { Attachment } from '../core/inbound.ts';

/** The pictures that the model can look at: https://docs.claude.com/en/docs/build-with-claude/vision */
const PICTURES: Readonly<Record<string, string>> = {
  'image/jpeg': 'JPEG',
  'image/png': 'PNG',
  'image/gif': 'GIF',
  'image/webp': 'WebP',
};
/** A picture of more takes gigabytes when it is opened, however small its file is. */
const MAX_PIXEL_COUNT = 50_000_000;
/** Of the formats that are known by their first bytes, those that are text: XML, calendars, subtitles. */
const TEXT_TYPES = /^text\/|[/+]xml$/u;
/** So much of a file tells whether it is text. */
const TEXT_LOOK_BYTES = 8192;

/** What a file turned out to be, by its content and not by what it calls itself. */
export type CheckedFile =
  | {
      readonly kind: 'fit';
      /** `picture, PNG, 1280 × 720`; `text`; `PDF`; `file`. */
      readonly what: string;
      readonly form: 'picture' | 'recording' | 'text' | 'other';
      /** With a dot: what its content calls for, where that is known. */
      readonly extension: string | null;
      readonly mimeType: string | null;
    }
  /** `reason` follows the file's name: `is empty`. */
  | { readonly kind: 'unfit'; readonly reason: string };

/** Looks at the first bytes of a file that came as `kind`. */
export async function checkFile(
  kind: Attachment['kind'],
  content: Uint8Array,
): Promise<CheckedFile> {
  if (content.byteLength === 0) return { kind: 'unfit', reason: 'is empty' };
  // Loaded when they are needed: most services see text all day.
  const { fileTypeFromBuffer } = await import('file-type');
  const type = await fileTypeFromBuffer(content);
  const extension = type === undefined ? null : `.${type.ext}`;
  const mimeType = type?.mime ?? null;
  if (kind === 'image') {
    const format = PICTURES[mimeType ?? ''];
    return format === undefined
      ? {
          kind: 'unfit',
          reason: 'could not be opened as a picture. I can look at JPEG, PNG, GIF and WebP',
        }
      : await checkPicture(content, format, extension, mimeType);
  }
  if (kind === 'speech') {
    const isRecording = /^(?:audio|video)\/|^application\/ogg$/u.test(mimeType ?? '');
    return isRecording
      ? { kind: 'fit', what: 'recording', form: 'recording', extension, mimeType }
      : { kind: 'unfit', reason: 'could not be opened as a recording' };
  }
  const format = PICTURES[mimeType ?? ''];
  if (format !== undefined) return await checkPicture(content, format, extension, mimeType);
  const isText = (mimeType === null || TEXT_TYPES.test(mimeType)) && looksLikeText(content);
  const what = isText ? 'text' : (type?.ext.toUpperCase() ?? 'file');
  return { kind: 'fit', what, form: isText ? 'text' : 'other', extension, mimeType };
}

async function checkPicture(
  content: Uint8Array,
  format: string,
  extension: string | null,
  mimeType: string | null,
): Promise<CheckedFile> {
  const size = await sizeOf(content);
  if (size === null) return { kind: 'unfit', reason: 'is damaged and cannot be opened' };
  const { width, height } = size;
  if (width * height > MAX_PIXEL_COUNT) {
    const pixels = `${wholeNumber(width)} × ${wholeNumber(height)} pixels`;
    const most = `${MAX_PIXEL_COUNT / 1_000_000} million`;
    return { kind: 'unfit', reason: `is too large: ${pixels}. I can open up to ${most}` };
  }
  const what = `picture, ${format}, ${width} × ${height}`;
  return { kind: 'fit', what, form: 'picture', extension, mimeType };
}

async function sizeOf(content: Uint8Array): Promise<{ width: number; height: number } | null> {
  const { imageSize } = await import('image-size');
  try {
    const { width, height } = imageSize(content);
    return width > 0 && height > 0 ? { width, height } : null;
  } catch {
    // It throws for whatever it cannot read, and there is nothing else to learn from that.
    return null;
  }
}

function looksLikeText(content: Uint8Array): boolean {
  // The cut may halve a character: `stream` forgives that at the end.
  const look = content.subarray(0, TEXT_LOOK_BYTES);
  if (look.includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(look, { stream: true });
    return true;
  } catch {
    return false;
  }
}
