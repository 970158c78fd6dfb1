import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { type Mask, OWN } from '../core/mask.ts';
import { firstBytes } from './files.ts';

/** What is written by hand is seldom longer. Behind that, own secrets alone are looked for. */
const TEXT_WITHIN_BYTES = 5 * 1024 * 1024;
/** Looking at so much takes about ten milliseconds. */
const PIECE_BYTES = 256 * 1024;
/** No secret is longer: one that a piece cuts is whole in the next one. */
const OVERLAP_BYTES = 16 * 1024;

/**
 * What a file holds that would be masked in a message: `GitHub token`, `null` where there is nothing. In
 * what is no text, chance makes what looks like a key: there, only one of Claudio's own secrets counts.
 * What is packed or encrypted is not seen.
 *
 * @throws what the file system throws.
 */
export async function heldKey(path: string, mask: Mask): Promise<string | null> {
  const file = await open(path);
  try {
    const isText = seemsText(await firstBytes(file, TEXT_WITHIN_BYTES));
    const buffer = Buffer.alloc(PIECE_BYTES);
    for (let start = 0; ; start += PIECE_BYTES - OVERLAP_BYTES) {
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, start);
      const names = namesIn(buffer.subarray(0, bytesRead), mask);
      const counts =
        isText && start < TEXT_WITHIN_BYTES ? names : names.filter((name) => name === OWN);
      const [found] = counts;
      if (found !== undefined) return found;
      if (bytesRead < PIECE_BYTES) return null;
      await setImmediate();
    }
  } finally {
    await file.close();
  }
}

/** UTF-8, or what begins as UTF-16 does. A beginning may end in the middle of a character. */
function seemsText(beginning: Uint8Array): boolean {
  const [first, second] = beginning;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return [0, 1, 2, 3].some((cut) => isUtf8(beginning.subarray(0, beginning.length - cut)));
}

function namesIn(bytes: Uint8Array, mask: Mask): readonly string[] {
  const text = new TextDecoder()
    .decode(bytes)
    // Without the zeros of UTF-16 what is plain in it reads as itself.
    .replaceAll('\0', '')
    // No mark but those that are put in here.
    .replaceAll('‹', ' ');
  const masked = mask(text);
  if (masked.maskedCount === 0) return [];
  return [...masked.text.matchAll(/‹masked: ([^›]+)›/gu)].flatMap(([, name]) => name ?? []);
}
