import type { Context } from 'hono';

/** How files begin that a browser may show by itself, and what it is told that they are. */
const IMAGES = [
  [/^\xFF\xD8\xFF/, 'image/jpeg'],
  [/^\x89PNG\r\n/, 'image/png'],
  [/^GIF8[79]a/, 'image/gif'],
  [/^RIFF.{4}WEBP/s, 'image/webp'],
] as const;
const SOUNDS = [
  [/^OggS/, 'audio/ogg'],
  [/^(?:ID3|\xFF[\xE2-\xFF])/, 'audio/mpeg'],
  [/^.{4}ftyp/s, 'audio/mp4'],
  [/^.\x45\xDF\xA3/s, 'audio/webm'],
  [/^RIFF.{4}WAVE/s, 'audio/wav'],
] as const;
const BEGINNING_BYTES = 16;
/** A file never changes, and the path of another playground is another. */
const KEPT = 'private, max-age=86400, immutable';

/** The type of a picture by its content, or `null`. SVG is none: it may hold scripts. */
export function imageTypeOf(content: Buffer): (typeof IMAGES)[number][1] | null {
  return typeOf(content, IMAGES);
}

/** The type of a recording by its content, or `null`. */
export function soundTypeOf(content: Buffer): (typeof SOUNDS)[number][1] | null {
  return typeOf(content, SOUNDS);
}

function typeOf<T>(content: Buffer, kinds: readonly (readonly [RegExp, T])[]): T | null {
  const start = content.subarray(0, BEGINNING_BYTES).toString('latin1');
  return kinds.find(([beginning]) => beginning.test(start))?.[1] ?? null;
}

/**
 * Answers with a file that somebody sent. What is no picture and no sound by its own content is handed
 * over to be saved, whatever its sender says that it is. Serves a range, without which players cannot seek.
 */
export function answerFile(
  context: Context,
  file: { readonly fileName: string; readonly content: Buffer },
): Response {
  const { content } = file;
  const type = imageTypeOf(content) ?? soundTypeOf(content);
  const headers = {
    'accept-ranges': 'bytes',
    'cache-control': KEPT,
    'content-type': type ?? 'application/octet-stream',
    'content-disposition': `${type === null ? 'attachment' : 'inline'}; filename*=UTF-8''${encoded(file.fileName)}`,
  };
  const range = rangeOf(context.req.header('range'), content.byteLength);
  if (range === null) return context.body(new Uint8Array(content), 200, headers);
  if (range === 'none') {
    return context.body(null, 416, { 'content-range': `bytes */${content.byteLength}` });
  }
  const [first, last] = range;
  return context.body(new Uint8Array(content.subarray(first, last + 1)), 206, {
    ...headers,
    'content-range': `bytes ${first}-${last}/${content.byteLength}`,
  });
}

/** https://www.rfc-editor.org/rfc/rfc8187 */
function encoded(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/gu,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2; `null`: all of it. */
function rangeOf(header: string | undefined, size: number): [number, number] | 'none' | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/u.exec(header ?? '') ?? [];
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? 'none' : [start, end];
}
