/** The end of a stream that may be endless. */
export interface Tail {
  push(chunk: Uint8Array): void;
  /** What is kept, as text; a character cut in two at the front is left out. */
  text(): string;
}

/** Keeps the last `maxBytes` bytes of what is pushed. */
export function createTail(maxBytes: number): Tail {
  let kept: Buffer = Buffer.alloc(0);
  let cut = false;
  return {
    push(chunk) {
      const all = Buffer.concat([kept, chunk]);
      cut ||= all.length > maxBytes;
      kept = all.subarray(Math.max(0, all.length - maxBytes));
    },
    text() {
      let from = 0;
      // 10xxxxxx is a byte inside a character of UTF-8.
      if (cut) while (from < kept.length && ((kept[from] ?? 0) & 0xc0) === 0x80) from += 1;
      return kept.toString('utf8', from);
    },
  };
}
