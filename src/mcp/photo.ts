import type { FileHandle } from 'node:fs/promises';
import { fileTypeFromBuffer } from 'file-type';
import { imageSize } from 'image-size';
import { firstBytes } from './files.ts';

/** What may go as a picture: https://core.telegram.org/bots/api#sendphoto */
const MAX_PHOTO_BYTES = 10 * 1024 * 1024;
const MAX_SIDES_SUM = 10_000;
const MAX_SIDES_RATIO = 20;

const PHOTO_TYPES = new Set(['image/jpeg', 'image/png', 'image/webp']);

/**
 * How an open image is best sent, by its first bytes and not by its name: as a picture, or as a file
 * where it is too large for one or of a kind that is not shown as one. `null`: it is no image.
 */
export async function imageKind(file: FileHandle): Promise<'photo' | 'file' | null> {
  const { size } = await file.stat();
  const content = await firstBytes(file, Math.min(size, MAX_PHOTO_BYTES));
  const type = await fileTypeFromBuffer(content);
  if (type === undefined || !type.mime.startsWith('image/')) return null;
  const isShown = PHOTO_TYPES.has(type.mime) && size <= MAX_PHOTO_BYTES && fits(content);
  return isShown ? 'photo' : 'file';
}

function fits(content: Uint8Array): boolean {
  try {
    const { width, height } = imageSize(content);
    const [short, long] = width < height ? [width, height] : [height, width];
    return short > 0 && short + long <= MAX_SIDES_SUM && long / short <= MAX_SIDES_RATIO;
  } catch {
    // Cut off, or not what it begins as.
    return false;
  }
}
