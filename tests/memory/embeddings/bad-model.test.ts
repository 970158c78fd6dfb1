import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLocalEmbedder } from '../../../src/memory/embeddings/local.ts';
import { testLog } from '../../support/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import {
  TINY_MODEL,
  tinyModelFiles,
  wordPiece,
  writeModel,
  writeTinyModel,
  type TinyModel,
} from '../../support/tiny-model.ts';

const MODEL: TinyModel = { words: { cat: [1], '[UNK]': [0, 1] } };
const LOADING = 'memory.model-loading';
const FETCH_IT = '`claudio memory setup` fetches it.';

function setUp(model: string = TINY_MODEL) {
  const modelsDir = temporaryFolder();
  const { log, lines } = testLog();
  const embedder = createLocalEmbedder({ model, modelsDir, log });
  onTestFinished(() => embedder.close());
  return { modelsDir, embedder, lines };
}

/** A model some of whose files are of another content, with a manifest that says so. */
function altered(modelsDir: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  const all = new Map(tinyModelFiles(MODEL));
  for (const [path, content] of Object.entries(files)) all.set(path, Buffer.from(content));
  return writeModel(modelsDir, TINY_MODEL, all);
}

test('without a model there are no vectors, and a word on how to get it', async () => {
  const { embedder, lines } = setUp();
  const reason = `The model ${TINY_MODEL} is not on this machine.`;
  expect(embedder.state()).toEqual({ kind: 'unavailable', reason, remedy: FETCH_IT });
  expect(await embedder.embed(['cat'])).toEqual({
    kind: 'unavailable',
    reason: `${reason} ${FETCH_IT}`,
  });
  expect(lines).toEqual([]);
});

test('a model that comes later is used without a restart', async () => {
  const { embedder, modelsDir } = setUp();
  expect((await embedder.embed(['cat'])).kind).toBe('unavailable');
  writeTinyModel(modelsDir, MODEL);
  expect(embedder.state()).toEqual({ kind: 'resting' });
  expect((await embedder.embed(['cat'])).kind).toBe('embedded');
});

test.each([
  ['onnx/model.onnx', /model\.onnx of made-up\/tiny-1 has 100 bytes rather than \d+\./u],
  ['tokenizer.json', /tokenizer\.json of made-up\/tiny-1 has 100 bytes rather than \d+\./u],
  ['manifest.json', /is not the manifest of made-up\/tiny-1\./u],
])('a file that is cut off is noticed without loading anything: %s', async (file, reason) => {
  const { embedder, modelsDir } = setUp();
  truncateSync(join(writeTinyModel(modelsDir, MODEL), file), 100);
  expect(embedder.state()).toMatchObject({ kind: 'unavailable', remedy: FETCH_IT });
  expect(await embedder.embed(['cat'])).toMatchObject({
    kind: 'unavailable',
    reason: expect.stringMatching(reason),
  });
});

test('a file that lacks is noticed without loading anything', async () => {
  const { embedder, modelsDir } = setUp();
  rmSync(join(writeTinyModel(modelsDir, MODEL), 'tokenizer.json'));
  expect(embedder.state()).toMatchObject({
    reason: 'The model made-up/tiny-1 lacks its file tokenizer.json.',
  });
});

test('the manifest of another model is none', () => {
  const { embedder, modelsDir } = setUp('made-up/other');
  const folder = writeTinyModel(modelsDir, { ...MODEL, model: 'made-up/other' });
  const manifest = join(folder, 'manifest.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('made-up/other', TINY_MODEL));
  expect(embedder.state().kind).toBe('unavailable');
});

test('a manifest cannot name files outside of the folder', () => {
  const { embedder, modelsDir } = setUp();
  const folder = writeTinyModel(modelsDir, MODEL);
  const manifest = join(folder, 'manifest.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('config.json', '../config.json'));
  expect(embedder.state().kind).toBe('unavailable');
});

test('a file of the right size and another content is noticed before it is loaded', async () => {
  const { embedder, modelsDir, lines } = setUp();
  const file = join(writeTinyModel(modelsDir, MODEL), 'onnx/model.onnx');
  const content = readFileSync(file);
  content[content.length - 3] = (content.at(-3) ?? 0) ^ 1;
  writeFileSync(file, content);
  expect(embedder.state()).toEqual({ kind: 'resting' });
  const reason = `onnx/model.onnx of ${TINY_MODEL} is damaged: its SHA-256 is another one.`;
  expect(await embedder.embed(['cat'])).toEqual({
    kind: 'unavailable',
    reason: `${reason} ${FETCH_IT}`,
  });
  expect(embedder.state()).toEqual({ kind: 'unavailable', reason, remedy: FETCH_IT });
  expect(lines.map(({ event }) => event)).toEqual([LOADING, 'memory.model-unusable']);
});

test('a model that cannot be used is not tried again at once, but when its files have changed', async () => {
  const { embedder, modelsDir, lines } = setUp();
  altered(modelsDir, { 'onnx/model.onnx': 'not a model' });
  for (let time = 0; time < 5; time += 1) {
    expect(await embedder.embed(['cat'])).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringContaining('made-up/tiny-1 cannot be loaded'),
    });
  }
  expect(lines.map(({ event }) => event)).toEqual([LOADING, 'memory.model-unusable']);
  writeTinyModel(modelsDir, MODEL);
  expect((await embedder.embed(['cat'])).kind).toBe('embedded');
});

test('all that waits for a model that cannot be used is told so', async () => {
  const { embedder, modelsDir } = setUp();
  altered(modelsDir, { 'tokenizer.json': '{}' });
  const all = await Promise.all(['one', 'two', 'three'].map((text) => embedder.embed([text])));
  expect(all.map(({ kind }) => kind)).toEqual(['unavailable', 'unavailable', 'unavailable']);
});

test.each<[string, Partial<TinyModel>, RegExp]>([
  ['gives one vector a text', { output: 'pooled' }, /gives \[1, 8\] for a text of \d+ tokens/u],
  ['gives no numbers', { words: { '[UNK]': [Number.NaN] } }, /numbers that are no direction/u],
  ['gives nothing but 0', { words: { '[CLS]': [] } }, /numbers that are no direction/u],
  ['pools in another way', { pooling: 'max' }, /pools its tokens by max/u],
  ['asks for something else', { inputs: ['input_ids', 'pixels'] }, /asks for pixels/u],
])('a model is refused that %s', async (_, options, reason) => {
  const { embedder, modelsDir } = setUp();
  writeTinyModel(modelsDir, { ...MODEL, ...options });
  expect(await embedder.embed(['cat'])).toMatchObject({
    kind: 'unavailable',
    reason: expect.stringMatching(reason),
  });
});

test.each([
  ['is no JSON', { 'tokenizer.json': '{"version"' }, 'tokenizer.json of made-up/tiny-1'],
  ['has no tokenizer', { 'tokenizer.json': '{"model":{}}' }, 'tokenizer.json cannot be used'],
  ['has a dense layer', { 'modules.json': '[{"type":"x.models.Dense"}]' }, 'x.models.Dense'],
  [
    'has no such window',
    { 'sentence_bert_config.json': '{"max_seq_length":-1}' },
    'makes no sense',
  ],
])('a model is refused whose configuration %s', async (_, files, reason) => {
  const { embedder, modelsDir } = setUp();
  altered(modelsDir, files);
  expect(await embedder.embed(['cat'])).toMatchObject({
    kind: 'unavailable',
    reason: expect.stringContaining(reason),
  });
});

test('a thread that fails while it works is ended, and not started over and over', async () => {
  const { embedder, modelsDir, lines } = setUp();
  // A word that the tokenizer has and the model has not.
  const known = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'cat'];
  altered(modelsDir, { 'tokenizer.json': JSON.stringify(wordPiece([...known, 'unicorn'])) });
  expect((await embedder.embed(['cat'])).kind).toBe('embedded');
  const all = await Promise.all([embedder.embed(['unicorn']), embedder.embed(['cat'])]);
  for (const one of all) {
    expect(one).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringMatching(/^The thread of the model ended: .* tried again in a minute/su),
    });
  }
  expect((await embedder.embed(['cat'])).kind).toBe('unavailable');
  expect(embedder.state().kind).toBe('unavailable');
  expect(lines.map(({ event }) => event)).toEqual([
    LOADING,
    'memory.model-loaded',
    'memory.model-unusable',
  ]);
});

test('a configuration that would fill the memory is not read', async () => {
  const { embedder, modelsDir } = setUp();
  altered(modelsDir, { 'modules.json': ' '.repeat(64 * 1024 * 1024 + 1) });
  expect(await embedder.embed(['cat'])).toMatchObject({
    reason: expect.stringContaining('has more than 67108864 bytes'),
  });
});

test.each(['../../etc', 'one', 'a/b/c', '../x', 'x/..', '.a/b', 'a/.b', 'a\\b/c', ''])(
  'the name of a model cannot lead out of its folder: %j',
  (model) => {
    expect(() => setUp(model)).toThrow(/is not the name of a model/u);
  },
);
