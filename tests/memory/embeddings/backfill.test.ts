import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createBackfill } from '../../../src/memory/embeddings/backfill.ts';
import type { Embedder } from '../../../src/memory/embeddings/embedder.ts';
import { createLocalEmbedder } from '../../../src/memory/embeddings/local.ts';
import { createMemoryStore } from '../../../src/memory/store.ts';
import { openVectorIndex } from '../../../src/memory/vectors.ts';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { testClock } from '../../support/clock.ts';
import { testLog } from '../../support/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { TINY_MODEL, writeTinyModel } from '../../support/tiny-model.ts';

const SCOPE = 'telegram:1:42';
const WORDS = { cat: [3], dog: [0, 3], '[UNK]': [0, 0, 1] };

function home() {
  const folder = temporaryFolder();
  const modelsDir = join(folder, 'models');
  /** As after a start of the service. */
  const start = (model: string = TINY_MODEL, watch?: (texts: readonly string[]) => void) => {
    const database = openDatabase(join(folder, 'claudio.db'));
    const vectors = openVectorIndex(database);
    if (vectors === null) throw new Error('no sqlite-vec');
    const store = createMemoryStore({ database, clock: testClock(), vectors });
    const logged = testLog();
    const local = createLocalEmbedder({ model, modelsDir, log: logged.log });
    const embedder: Embedder = {
      ...local,
      embed: (texts, options) => {
        watch?.(texts);
        return local.embed(texts, options);
      },
    };
    const backfill = createBackfill({ database, store, vectors, embedder, log: logged.log });
    const stop = async () => {
      await backfill.close();
      await local.close();
      if (database.orm.$client.open) database.close();
    };
    onTestFinished(stop);
    const remember = (text: string): number => {
      const outcome = store.remember(SCOPE, { kind: 'semantic', text, source: 'told' });
      if (outcome.kind !== 'remembered') throw new Error(outcome.kind);
      return outcome.memory.id;
    };
    const nearest = async (text: string) => {
      const embedding = await local.embed([text]);
      if (embedding.kind !== 'embedded') throw new Error(embedding.reason);
      const [vector = new Float32Array()] = embedding.vectors;
      return vectors.nearest(SCOPE, vector, 1)[0]?.memoryId;
    };
    return { database, store, vectors, backfill, remember, nearest, stop, ...logged };
  };
  return { modelsDir, start };
}

test('every memory gets its vector, in batches', async () => {
  const { modelsDir, start } = home();
  writeTinyModel(modelsDir, { words: WORDS });
  const batches: number[] = [];
  const { backfill, remember, store, vectors, nearest } = start(TINY_MODEL, (texts) =>
    batches.push(texts.length),
  );
  for (let at = 0; at < 80; at += 1) remember(`Number ${at} is a dog.`);
  const cat = remember('The cat is grey.');
  backfill.wake();
  await backfill.idle();
  expect(store.counts(SCOPE, TINY_MODEL).embeddedCount).toBe(81);
  expect(Math.max(...batches)).toBe(32);
  expect(vectors.current()).toEqual({ model: TINY_MODEL, dimensionCount: 8 });
  expect(await nearest('cat')).toBe(cat);
});

test('what is remembered while it runs is not left out', async () => {
  const { modelsDir, start } = home();
  writeTinyModel(modelsDir, { words: WORDS });
  let isFirst = true;
  const { backfill, remember, vectors } = start(TINY_MODEL, () => {
    if (!isFirst) return;
    isFirst = false;
    remember('This one came late: a dog.');
    backfill.wake();
  });
  remember('The cat is grey.');
  backfill.wake();
  await backfill.idle();
  expect(vectors.missing(10)).toEqual([]);
});

test('with nothing to do no model is asked', async () => {
  const { modelsDir, start } = home();
  writeTinyModel(modelsDir, { words: WORDS });
  const asked: unknown[] = [];
  const { backfill, lines } = start(TINY_MODEL, (texts) => asked.push(texts));
  backfill.wake();
  await backfill.idle();
  expect(asked).toEqual([]);
  expect(lines).toEqual([]);
});

test('a memory that is forgotten meanwhile gets no vector, and the others do', async () => {
  const { modelsDir, start } = home();
  writeTinyModel(modelsDir, { words: WORDS });
  const ids: number[] = [];
  const { backfill, remember, store, vectors, database } = start(TINY_MODEL, () => {
    const [first] = ids.splice(0, 1);
    if (first !== undefined) store.forget([first]);
  });
  ids.push(remember('The dog is old.'));
  const kept = remember('The cat is grey.');
  backfill.wake();
  await backfill.idle();
  expect(vectors.missing(10)).toEqual([]);
  expect(
    database.orm.$client.prepare('SELECT memory_id FROM memory_vectors').pluck().all(),
  ).toEqual([kept]);
});

test('without a model it waits, says so once, and goes on at the next call', async () => {
  const { modelsDir, start } = home();
  const { backfill, remember, vectors, lines } = start();
  const id = remember('The cat is grey.');
  for (let time = 0; time < 3; time += 1) {
    backfill.wake();
    await backfill.idle();
  }
  expect(vectors.missing(10)).toEqual([{ memoryId: id, scope: SCOPE }]);
  expect(lines.map(({ event }) => event)).toEqual(['memory.backfill-waits']);
  writeTinyModel(modelsDir, { words: WORDS });
  backfill.wake();
  await backfill.idle();
  expect(vectors.missing(10)).toEqual([]);
});

test('another model gives all of them new vectors, of other dimensions', async () => {
  const { modelsDir, start } = home();
  writeTinyModel(modelsDir, { words: WORDS });
  const first = start();
  for (let at = 0; at < 40; at += 1) first.remember(`Number ${at} is a dog.`);
  const cat = first.remember('The cat is grey.');
  first.backfill.wake();
  await first.backfill.idle();
  await first.stop();

  const model = 'made-up/tiny-2';
  writeTinyModel(modelsDir, { model, dimensionCount: 13, words: { cat: [0, 0, 7] } });
  const second = start(model);
  second.backfill.wake();
  await second.backfill.idle();
  expect(second.vectors.current()).toEqual({ model, dimensionCount: 13 });
  expect(second.store.counts(SCOPE, model).embeddedCount).toBe(41);
  expect(await second.nearest('cat')).toBe(cat);
});

test('a change of the model that is not there yet leaves the vectors that are', async () => {
  const { modelsDir, start } = home();
  writeTinyModel(modelsDir, { words: WORDS });
  const first = start();
  first.remember('The cat is grey.');
  first.backfill.wake();
  await first.backfill.idle();
  await first.stop();

  const second = start('made-up/tiny-2');
  second.backfill.wake();
  await second.backfill.idle();
  expect(second.vectors.current()?.model).toBe(TINY_MODEL);
  expect(second.store.counts(SCOPE).embeddedCount).toBe(1);
});

test('stopped in the middle, it goes on where it was after a restart', async () => {
  const { modelsDir, start } = home();
  writeTinyModel(modelsDir, { words: WORDS });
  let batchCount = 0;
  const stopping: Promise<void>[] = [];
  const first = start(TINY_MODEL, () => {
    batchCount += 1;
    // The third batch: the first two are kept.
    if (batchCount === 3) stopping.push(first.backfill.close());
  });
  for (let at = 0; at < 100; at += 1) first.remember(`Number ${at} is a dog.`);
  first.backfill.wake();
  await first.backfill.idle();
  await Promise.all(stopping);
  const { embeddedCount } = first.store.counts(SCOPE, TINY_MODEL);
  expect(embeddedCount).toBeGreaterThan(0);
  expect(embeddedCount).toBeLessThan(100);
  await first.stop();

  const texts: string[] = [];
  const second = start(TINY_MODEL, (batch) => texts.push(...batch));
  second.backfill.wake();
  await second.backfill.idle();
  expect(second.store.counts(SCOPE, TINY_MODEL).embeddedCount).toBe(100);
  expect(texts).toHaveLength(100 - embeddedCount);
});

test('a database that fails is logged, and stops it until it is woken again', async () => {
  const { modelsDir, start } = home();
  writeTinyModel(modelsDir, { words: WORDS });
  const { backfill, remember, database, lines } = start();
  remember('The cat is grey.');
  database.close();
  backfill.wake();
  await backfill.idle();
  expect(lines.map(({ event }) => event)).toEqual(['memory.backfill-failed']);
});
