import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines, type Line } from '../../../src/platform/process/lines.ts';
import { createTail } from '../../../src/platform/process/tail.ts';

async function read(chunks: readonly Uint8Array[], maxLineBytes = 1_000_000): Promise<Line[]> {
  async function* stream(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* chunks;
  }
  const lines: Line[] = [];
  for await (const line of readLines(stream(), maxLineBytes)) lines.push(line);
  return lines;
}

/** Cuts bytes at the given places, wherever those fall within a character. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted(
    (a, b) => a - b,
  );
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

describe('reading lines', () => {
  it('gives the same lines however the bytes are cut into chunks', async () => {
    const text = fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll(/[\r\n]/g, ''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1 }),
        fc.array(fc.nat(2000)),
        async (texts, places) => {
          const bytes = Buffer.from(`${texts.join('\n')}\n`);
          const lines = await read(cut(bytes, places));
          expect(lines).toEqual(texts.map((line) => ({ kind: 'line', text: line })));
        },
      ),
    );
  });

  it('keeps a character in one piece when every byte comes alone', async () => {
    const bytes = Buffer.from('ünï 日本 👩‍👩‍👧\r\nend');
    expect(await read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual([
      { kind: 'line', text: 'ünï 日本 👩‍👩‍👧' },
      { kind: 'line', text: 'end' },
    ]);
  });

  it('skips a line that is too long, tells its size, and reads on', async () => {
    const bytes = Buffer.from(`one\n${'x'.repeat(50)}\n${'y'.repeat(10)}\nthree`);
    expect(await read(cut(bytes, [7, 20, 31]), 10)).toEqual([
      { kind: 'line', text: 'one' },
      { kind: 'too-long', sizeBytes: 50 },
      { kind: 'line', text: 'yyyyyyyyyy' },
      { kind: 'line', text: 'three' },
    ]);
  });

  it('gives nothing for nothing', async () => {
    expect(await read([])).toEqual([]);
    expect(await read([new Uint8Array()])).toEqual([]);
  });
});

describe('the tail of a stream', () => {
  it('is all of a short one', () => {
    const tail = createTail(100);
    tail.push(Buffer.from('é and '));
    tail.push(Buffer.from('more'));
    expect(tail.text()).toBe('é and more');
  });

  it('is the end of a long one, without half a character in front', () => {
    const tail = createTail(5);
    for (const byte of Buffer.from('aaaa日本')) tail.push(Uint8Array.of(byte));
    expect(tail.text()).toBe('本');
  });
});
