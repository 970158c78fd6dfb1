/** A line of a stream, or the fact that one was too long to keep. */
export type Line =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'too-long'; readonly sizeBytes: number };

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Splits bytes into lines of UTF-8 text, however the chunks are cut: lines are decoded whole, so a
 * character on a chunk's border stays in one piece. A last line without a line break counts.
 *
 * @param maxLineBytes A longer line is skipped and told of as `too-long`; it is never held in memory.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<Line, void, undefined> {
  let held: Uint8Array[] = [];
  let sizeBytes = 0;

  const take = (piece: Uint8Array): void => {
    sizeBytes += piece.length;
    if (sizeBytes > maxLineBytes) held = [];
    else held.push(piece);
  };
  const finish = (): Line => {
    const line: Line =
      sizeBytes > maxLineBytes
        ? { kind: 'too-long', sizeBytes }
        : { kind: 'line', text: decode(held) };
    held = [];
    sizeBytes = 0;
    return line;
  };

  for await (const chunk of chunks) {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(NEWLINE, from);
      if (at === -1) break;
      take(chunk.subarray(from, at));
      yield finish();
      from = at + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  if (sizeBytes > 0) yield finish();
}

function decode(pieces: readonly Uint8Array[]): string {
  const bytes = Buffer.concat(pieces);
  const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
  return bytes.toString('utf8', 0, end);
}
