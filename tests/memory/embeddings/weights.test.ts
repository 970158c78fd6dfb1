import { expect, onTestFinished, test } from 'vitest';
import { createLocalEmbedder } from '../../../src/memory/embeddings/local.ts';
import { withoutWeights } from '../../../src/memory/embeddings/weights.ts';
import { testLog } from '../../support/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { TINY_MODEL, tinyModelFiles, writeTinyModel } from '../../support/tiny-model.ts';

const DIMENSION_COUNT = 64;

function direction(word: number): number[] {
  return Array.from({ length: DIMENSION_COUNT }, (_, at) => Math.sin((word + 1) * (at + 1)));
}

/** A hundred words, each with a direction of its own: 26 KB of weights. */
function manyWords(): Record<string, number[]> {
  const words = Array.from({ length: 100 }, (_, at) => [`w${at}`, direction(at)] as const);
  return { '[CLS]': [], '[UNK]': [1], ...Object.fromEntries(words) };
}

function modelOf(words: Record<string, number[]>): Uint8Array {
  const files = tinyModelFiles({ dimensionCount: DIMENSION_COUNT, words });
  const model = files.get('onnx/model.onnx');
  if (model === undefined) throw new Error('no model');
  return model;
}

test('the weights of a model are read from where they stand in its file', async () => {
  const words = manyWords();
  const model = modelOf(words);
  expect(model.byteLength).toBeGreaterThan(25_000);
  const rest = withoutWeights(model, 'there');
  expect(rest.byteLength).toBeLessThan(500);
  expect(Buffer.from(rest).includes('there')).toBe(true);

  const modelsDir = temporaryFolder();
  writeTinyModel(modelsDir, { dimensionCount: DIMENSION_COUNT, words });
  const embedder = createLocalEmbedder({ model: TINY_MODEL, modelsDir, log: testLog().log });
  onTestFinished(() => embedder.close());
  const embedding = await embedder.embed(['w0', 'w99']);
  if (embedding.kind !== 'embedded') throw new Error(embedding.reason);
  for (const [at, word] of ['w0', 'w99'].entries()) {
    const length = Math.hypot(...(words[word] ?? []));
    expect([...(embedding.vectors[at] ?? [])]).toEqual(
      words[word]?.map((number) => expect.closeTo(number / length, 6)),
    );
  }
});

test('a model with nothing but small weights stays as it is', () => {
  const model = modelOf({ cat: [1] });
  const smallest = tinyModelFiles({ dimensionCount: 1, words: { cat: [1] } });
  const small = smallest.get('onnx/model.onnx') ?? model;
  expect(Buffer.from(withoutWeights(small, 'there')).equals(small)).toBe(true);
});

test('what is no model is none, however it is cut off', () => {
  const model = modelOf(manyWords());
  for (const length of [1, 5, 100, model.byteLength - 1]) {
    expect(() => withoutWeights(model.subarray(0, length), 'there')).toThrow('no ONNX file');
  }
  expect(() => withoutWeights(Buffer.from('<html>no model</html>'), 'there')).toThrow();
  expect(withoutWeights(new Uint8Array(), 'there').byteLength).toBe(0);
});
