import { describe, expect, it } from 'vitest';
import type { Embedder } from '../../src/memory/embeddings/embedder.ts';
import { createRecall } from '../../src/memory/recall.ts';
import { cpuTimeMs } from '../support/cpu-time.ts';
import { memoryWorld, SCOPE } from '../support/memory.ts';
import { testLog } from '../support/log.ts';
import { createRandom } from '../support/random.ts';

const MEMORY_COUNT = 20_000;
const DIMENSION_COUNT = 384;
/** Several times what it takes on a machine that does nothing else, see bench/recall.ts. */
const MOST_MS = 40;

describe('recall', () => {
  it('takes milliseconds among 20,000 memories, also where every memory has the words', async () => {
    const { database, clock, vectors, store } = memoryWorld();
    const random = createRandom(5);
    const vector = () => {
      const values = Float32Array.from({ length: DIMENSION_COUNT }, () => random.fraction() - 0.5);
      const length = Math.hypot(...values);
      return values.map((value) => value / length);
    };
    const text = () =>
      `the service ${Array.from({ length: 8 }, () => `word${random.below(500)}`).join(' ')}`;
    if (vectors === null) throw new Error('sqlite-vec does not run here');
    vectors.use('model', DIMENSION_COUNT);
    const { $client: sqlite } = database.orm;
    const insertMemory = sqlite.prepare(
      `INSERT INTO memories (scope, kind, text, source, created_at_ms, access_count, recent_accesses_ms)
       VALUES (?, 'semantic', ?, 'told', 0, 1, '[0]')`,
    );
    const insertVector = sqlite.prepare("INSERT INTO memory_vectors VALUES (?, 'model', ?)");
    database.transaction(() => {
      for (let count = 0; count < MEMORY_COUNT; count += 1) {
        const { lastInsertRowid } = insertMemory.run(SCOPE, text());
        insertVector.run(lastInsertRowid, Buffer.from(vector().buffer));
      }
    });
    vectors.rebuild();
    const embedder: Embedder = {
      model: 'model',
      state: () => ({ kind: 'ready', dimensionCount: DIMENSION_COUNT }),
      embed: () => Promise.resolve({ kind: 'embedded', vectors: [vector()] }),
      close: () => Promise.resolve(),
    };
    const { log } = testLog();
    const recall = createRecall({ database, clock, log, store, vectors, embedder });

    const medianMs = async (query: () => string): Promise<number> => {
      const samples: number[] = [];
      for (let round = 0; round < 21; round += 1) {
        const startMs = cpuTimeMs();
        const found = await recall.search(SCOPE, query(), 5);
        samples.push(cpuTimeMs() - startMs);
        expect(found).toHaveLength(5);
      }
      return samples.toSorted((a, b) => a - b)[10] ?? Infinity;
    };
    expect(await medianMs(text)).toBeLessThan(MOST_MS);
    expect(await medianMs(() => 'the service')).toBeLessThan(MOST_MS);
  });
});
