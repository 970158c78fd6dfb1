import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { Embedder } from '../../../src/memory/embeddings/embedder.ts';
import { createLocalEmbedder } from '../../../src/memory/embeddings/local.ts';
import { packageRoot } from '../../../src/platform/package.ts';
import { cpuTimeMs } from '../../support/cpu-time.ts';
import { testLog } from '../../support/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { TINY_MODEL, writeTinyModel, type TinyModel } from '../../support/tiny-model.ts';

const WORDS = { cat: [3, 0], dog: [0, 4], '##s': [0, 0, 2], 猫: [1, 1], '🐈': [0, 0, 0, 5] };

function embedderOf(
  model: Partial<TinyModel> = {},
  options: Partial<Parameters<typeof createLocalEmbedder>[0]> = {},
) {
  const modelsDir = temporaryFolder();
  writeTinyModel(modelsDir, { words: WORDS, ...model });
  const logged = testLog();
  const embedder = createLocalEmbedder({
    model: model.model ?? TINY_MODEL,
    modelsDir,
    log: logged.log,
    ...options,
  });
  onTestFinished(() => embedder.close());
  return { embedder, modelsDir, ...logged };
}

async function vectorsOf(embedder: Embedder, ...texts: readonly string[]) {
  const embedding = await embedder.embed(texts);
  if (embedding.kind !== 'embedded') throw new Error(embedding.reason);
  return embedding.vectors.map((vector) => [...vector]);
}

/** As long as its parts, scaled to length 1. */
function direction(...numbers: readonly number[]): readonly number[] {
  const all = [...numbers, ...Array.from({ length: 8 - numbers.length }, () => 0)];
  const length = Math.hypot(...all);
  return all.map((one) => Math.fround(one / length));
}

test('a vector is the mean of those of its tokens, of length 1', async () => {
  const { embedder } = embedderOf();
  const [both, plural] = await vectorsOf(embedder, 'Cat, DOG!', 'cats');
  // [CLS] is 0.1 in the last dimension; "," and "!" are [UNK], which is 0.
  expect(both).toEqual(direction(3, 4, 0, 0, 0, 0, 0, 0.1).map((one) => expect.closeTo(one, 6)));
  expect(plural).toEqual(direction(3, 0, 2, 0, 0, 0, 0, 0.1).map((one) => expect.closeTo(one, 6)));
  expect(Math.hypot(...(both ?? []))).toBeCloseTo(1, 6);
});

test('a model that pools by its first token gives the vector of that', async () => {
  const { embedder } = embedderOf({ pooling: 'cls' });
  expect(await vectorsOf(embedder, 'cat dog')).toEqual([direction(0, 0, 0, 0, 0, 0, 0, 0.1)]);
});

test('a text has one vector, whatever stands beside it in a batch', async () => {
  const { embedder } = embedderOf();
  const texts = ['cat', 'a dog and a cat and a dog', '', 'dogs', 'cat '.repeat(300)];
  const together = await vectorsOf(embedder, ...texts);
  const alone: (readonly number[])[] = [];
  for (const text of texts) alone.push(...(await vectorsOf(embedder, text)));
  expect(together).toEqual(alone);
});

test('Chinese and emoji, empty texts and half characters have a vector', async () => {
  const { embedder } = embedderOf();
  const [cat, emoji, ...odd] = await vectorsOf(
    embedder,
    '猫',
    'look: 🐈',
    '',
    ' \n\t ',
    '\u0000\uD83D',
    '[SEP] [PAD] ‏',
  );
  expect(cat).toEqual(direction(1, 1, 0, 0, 0, 0, 0, 0.1).map((one) => expect.closeTo(one, 6)));
  expect(emoji?.[3]).toBeGreaterThan(0.99);
  for (const vector of odd) expect(vector).toEqual(direction(0, 0, 0, 0, 0, 0, 0, 0.1));
  expect(odd).toHaveLength(4);
});

test('100 KB of anything are cut to the window, and take no time', async () => {
  const { embedder } = embedderOf();
  await vectorsOf(embedder, 'cat');
  for (const [what, text] of [
    ['words', 'dog '.repeat(25_000)],
    ['one word', 'd'.repeat(100_000)],
    ['spaces', `${' '.repeat(50_000)}dog${' '.repeat(50_000)}`],
    ['marks', '.'.repeat(100_000)],
    ['emoji', '🐈'.repeat(25_000)],
    ['special tokens', '[SEP]'.repeat(20_000)],
  ] as const) {
    const startedMs = cpuTimeMs();
    expect(await vectorsOf(embedder, text), what).toHaveLength(1);
    expect(cpuTimeMs() - startedMs, what).toBeLessThan(1000);
  }
});

test('what is beyond the window is not looked at', async () => {
  const { embedder } = embedderOf({ windowTokens: 4 });
  const [short, long] = await vectorsOf(embedder, 'cat cat', 'cat cat dog dog dog');
  expect(long).toEqual(short);
});

test.each([64, 5, 1])('a model may have %i dimensions', async (dimensionCount) => {
  const { embedder } = embedderOf({ dimensionCount, words: { '[UNK]': [2], cat: [1] } });
  const [vector] = await vectorsOf(embedder, 'cat');
  expect(vector).toHaveLength(dimensionCount);
  expect(embedder.state()).toEqual({ kind: 'ready', dimensionCount });
});

test('a model is given what it asks for, and no more', async () => {
  const { embedder } = embedderOf({ inputs: ['input_ids'] });
  expect(await vectorsOf(embedder, 'cat')).toHaveLength(1);
});

test('an urgent text goes before those that wait', async () => {
  const { embedder } = embedderOf();
  await vectorsOf(embedder, 'warm');
  const order: string[] = [];
  const behind = (name: string) => () => void order.push(name);
  await Promise.all([
    embedder.embed(Array.from({ length: 32 }, () => 'dog')).then(behind('first batch')),
    embedder.embed(Array.from({ length: 32 }, () => 'cat')).then(behind('second batch')),
    embedder.embed(['cat'], { urgent: true }).then(behind('urgent')),
  ]);
  expect(order).toEqual(['urgent', 'first batch', 'second batch']);
});

test('the event loop goes on while a model is loaded and hundreds of texts are embedded', async () => {
  const { embedder } = embedderOf();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const text = 'a cat and a dog and '.repeat(100);
  await Promise.all(
    Array.from({ length: 10 }, () => embedder.embed(Array.from({ length: 32 }, () => text))),
  );
  delay.disable();
  expect(delay.count).toBeGreaterThan(10);
  expect(delay.max / 1e6).toBeLessThan(250);
});

test('a model is loaded at the first text, unloaded when idle, and loaded again', async () => {
  const { embedder, logged } = embedderOf({}, { idleMs: 20 });
  expect(embedder.state()).toEqual({ kind: 'resting' });
  const first = vectorsOf(embedder, 'cat');
  expect(embedder.state()).toEqual({ kind: 'loading' });
  await first;
  expect(embedder.state()).toEqual({ kind: 'ready', dimensionCount: 8 });
  await logged('memory.model-unloaded');
  expect(embedder.state()).toEqual({ kind: 'resting' });
  expect(await vectorsOf(embedder, 'cat')).toEqual(await first);
  expect(await logged('memory.model-loaded', 2)).toHaveLength(2);
});

test('closing it while it works is quick, and what waits is unavailable', async () => {
  const { embedder } = embedderOf();
  await vectorsOf(embedder, 'warm');
  const long = Array.from({ length: 2000 }, () => 'cat and dog '.repeat(100));
  const waiting = [embedder.embed(long), embedder.embed(['cat'], { urgent: true })];
  const startedMs = performance.now();
  await embedder.close();
  expect(performance.now() - startedMs).toBeLessThan(1000);
  expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual([
    'unavailable',
    'unavailable',
  ]);
  expect((await embedder.embed(['cat'])).kind).toBe('unavailable');
  expect(embedder.state().kind).toBe('unavailable');
  await embedder.close();
});

test('closing it while it loads is quick too', async () => {
  const { embedder, lines } = embedderOf();
  const waiting = embedder.embed(['cat']);
  await embedder.close();
  expect((await waiting).kind).toBe('unavailable');
  expect(lines.map(({ event }) => event)).toEqual(['memory.model-loading']);
});

test('what is given up is unavailable at once, and the rest goes on', async () => {
  const { embedder } = embedderOf();
  const giveUp = new AbortController();
  const dropped = embedder.embed(['cat'], { signal: giveUp.signal });
  const kept = embedder.embed(['dog']);
  giveUp.abort();
  expect((await dropped).kind).toBe('unavailable');
  expect((await kept).kind).toBe('embedded');
  expect((await embedder.embed(['cat'], { signal: giveUp.signal })).kind).toBe('unavailable');
  expect(await embedder.embed([])).toEqual({ kind: 'embedded', vectors: [] });
});

test('a process waits for its vectors, and not for the thread after them', async () => {
  const modelsDir = temporaryFolder();
  writeTinyModel(modelsDir, { words: WORDS });
  const source = join(packageRoot(), 'src/memory/embeddings/local.ts');
  const program = `
    const { createLocalEmbedder } = await import(${JSON.stringify(source)});
    const log = { info() {}, warn() {}, debug() {} };
    const options = { model: '${TINY_MODEL}', modelsDir: ${JSON.stringify(modelsDir)}, log };
    const { kind } = await createLocalEmbedder(options).embed(['cat']);
    console.log(kind);`;
  const run = promisify(execFile);
  const args = ['--input-type=module', '--eval', program];
  const { stdout, stderr } = await run(process.execPath, args, { timeout: 25_000 });
  expect(stdout).toBe('embedded\n');
  expect(stderr).toBe('');
});
