import { beginning } from './format.ts';

const MAX_LENGTH = 100;
/** File systems take 255 bytes for a name, and whoever uses it may put something before it. */
const MAX_BYTES = 200;
const FALLBACK = 'file';

/** What cannot be seen. Several letters are among it: the Hangul fillers, the blank of Braille. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;
/** What some file system or program takes for more than a letter. */
const NOT_IN_NAMES = /[/\\:*?"<>|]/gu;
/** That, and whatever means something to a shell or in a prompt. */
const NOT_IN_PATHS = /[/\\:*?"<>|@`$&;!#%^=~{}[\]()']/gu;

/**
 * Makes a file's name safe to use in a path on this machine, also where that path comes to stand in a
 * prompt or a command: what {@link shownFileName} gives, without what means something to a shell.
 */
export function safeFileName(name: string): string {
  return cleaned(name, NOT_IN_PATHS);
}

/**
 * Makes a file's name fit to show, and to be that of a file which is sent: 1 to 100 characters and at
 * most 200 bytes, no path, nothing that hides the file, and nothing that makes its name look like
 * another (control characters, marks of writing direction). The ending stays: `Ann's report (v2).pdf`.
 */
export function shownFileName(name: string): string {
  return cleaned(name, NOT_IN_NAMES);
}

function cleaned(name: string, unwanted: RegExp): string {
  const clean = name
    .replaceAll(INVISIBLE, '')
    .normalize('NFC')
    .replaceAll(unwanted, '_')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .replace(/^[.\s-]+/u, '')
    .replace(/[.\s]+$/u, '');
  if (!VISIBLE.test(clean)) return FALLBACK;
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
