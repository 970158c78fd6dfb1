import { imageSize } from 'image-size';
import { badRequest } from './refusal.ts';

const MAX_UPLOAD_BYTES = 50 * 1_024 * 1_024;
const MAX_PHOTO_BYTES = 10 * 1_024 * 1_024;
/** Of width and height together, and of the one to the other. */
const MAX_PHOTO_SIDES = 10_000;
const MAX_PHOTO_RATIO = 20;

const JPEG = /^\xFF\xD8\xFF/;
const PNG = /^\x89PNG\r\n/;
const WEBP = /^RIFF.{4}WEBP/s;
const PHOTOS = [JPEG, PNG, WEBP];

const OGG_OPUS = /^OggS.{23,300}?OpusHead/s;
const MP3 = /^(?:ID3|\xFF[\xE2-\xFF])/;
const M4A = /^.{4}ftyp(?:M4A|mp42|isom)/s;
const VOICES = [OGG_OPUS, MP3, M4A];

function beginsLike(content: Buffer, kinds: readonly RegExp[]): boolean {
  const beginning = content.subarray(0, 512).toString('latin1');
  return kinds.some((kind) => kind.test(beginning));
}

/** Throws what the Bot API says to a document that is empty, or of more than 50 MB. */
export function checkDocument(content: Buffer): void {
  if (content.byteLength === 0) throw badRequest('file must be non-empty');
  if (content.byteLength > MAX_UPLOAD_BYTES) throw badRequest('file is too big');
}

function sidesOf(content: Buffer): { width: number; height: number } {
  if (!beginsLike(content, PHOTOS)) throw badRequest('IMAGE_PROCESS_FAILED');
  try {
    return imageSize(content);
  } catch {
    throw badRequest('IMAGE_PROCESS_FAILED');
  }
}

/** The same of a photo: https://core.telegram.org/bots/api#sendphoto */
export function checkPhoto(content: Buffer): void {
  checkDocument(content);
  if (content.byteLength > MAX_PHOTO_BYTES) throw badRequest('file is too big for a photo');
  const { width, height } = sidesOf(content);
  const ratio = Math.max(width, height) / Math.max(1, Math.min(width, height));
  if (width + height > MAX_PHOTO_SIDES || ratio > MAX_PHOTO_RATIO || width * height === 0) {
    throw badRequest('PHOTO_INVALID_DIMENSIONS');
  }
}

/** The same of a recording, and of one that would arrive as a file and not as a recording. */
export function checkVoice(content: Buffer): void {
  checkDocument(content);
  if (!beginsLike(content, VOICES)) {
    throw badRequest('neither Ogg Opus nor MP3 nor M4A: it would arrive as a file');
  }
}
