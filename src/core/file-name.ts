import { beginning } from './format.ts';

const MAX_LENGTH = 100;
/** File systems take 255 bytes for a name, and whoever uses it may put something before it. */
const MAX_BYTES = 200;
const FALLBACK = 'file';

/**
 * Makes a file's name safe to use on this machine and to show: 1 to 100 characters and at most 200
 * bytes, no path, nothing that hides the file, and nothing that makes its name look like another
 * (control characters, marks of writing direction). The ending stays.
 */
export function safeFileName(name: string): string {
  const clean = name
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
    .normalize('NFC')
    .replaceAll(/[/\\:*?"<>|@`$&;!#%^=~{}[\]()']/gu, '_')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .replace(/^[.\s-]+/u, '')
    .replace(/[.\s]+$/u, '');
  if (clean === '') return FALLBACK;
  if (clean.length <= MAX_LENGTH && fittingLength(clean, MAX_BYTES) === clean.length) return clean;
  const extension = /\.[\p{L}\p{N}]{1,10}$/u.exec(clean)?.[0] ?? '';
  const roomLength = fittingLength(
    clean,
    MAX_BYTES - new TextEncoder().encode(extension).byteLength,
  );
  const stem = beginning(clean, Math.min(MAX_LENGTH - extension.length, roomLength));
  return stem.replace(/[.\s]+$/u, '') + extension;
}

/** How much of a text fits into so many bytes of UTF-8; in UTF-16 units. */
function fittingLength(text: string, maxBytes: number): number {
  return new TextEncoder().encodeInto(text, new Uint8Array(maxBytes)).read;
}
