/** The longest line that is taken. One that was exported is a tenth of it at most. */
const LINE_BYTES = 100 * 1024;
const NEWLINE = 0x0a;

/** A line of a stream. */
export type Line = { readonly number: number } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'refused'; readonly reason: string }
);

/**
 * The lines of a stream, which is never held as a whole. Blank ones are passed over, `\r\n` ends one too.
 *
 * @throws what the stream throws.
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 0;
  let sizeBytes = 0;
  let parts: Uint8Array[] = [];
  const take = (part: Uint8Array): void => {
    sizeBytes += part.byteLength;
    if (sizeBytes <= LINE_BYTES) parts.push(part);
    else parts = [];
  };
  const end = (): Line | null => {
    number += 1;
    const line =
      sizeBytes > LINE_BYTES
        ? ({ number, kind: 'refused', reason: 'is longer than 100 KB' } as const)
        : decoded(number, Buffer.concat(parts));
    sizeBytes = 0;
    parts = [];
    return line;
  };
  for await (const chunk of stream) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, at));
      const line = end();
      if (line !== null) yield line;
      from = at + 1;
    }
    take(chunk.subarray(from));
  }
  const last = end();
  if (last !== null) yield last;
}

function decoded(number: number, bytes: Uint8Array): Line | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
    return text === '' ? null : { number, kind: 'text', text };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { number, kind: 'refused', reason: 'is no text in UTF-8' };
  }
}
