import type { Database } from '../../platform/database/open.ts';
import type { Logger } from '../../platform/log.ts';
import type { MemoryStore } from '../store.ts';
import type { VectorIndex } from '../vectors.ts';
import type { Embedder } from './embedder.ts';

const BATCH_COUNT = 32;

/** Gives vectors to the memories that have none of the present model, in the background. */
export interface Backfill {
  /**
   * Looks whether there are any. Returns at once, costs next to nothing where there are none, never throws.
   * Where they cannot be had now, the next call tries again.
   */
  wake(): void;
  /** Resolves when there is nothing left that can be done now. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export function createBackfill(parts: {
  readonly database: Database;
  readonly store: MemoryStore;
  readonly vectors: VectorIndex;
  readonly embedder: Embedder;
  readonly log: Logger;
}): Backfill {
  const { database, store, vectors, embedder, log } = parts;
  const { model } = embedder;
  const closing = new AbortController();
  let isRunning = false;
  let pass: Promise<void> = Promise.resolve();
  let lastFault = '';

  const blocked = (reason: string): void => {
    // It may be so for as long as there is no model: once is enough.
    if (reason !== lastFault) log.info({ model, reason }, 'memory.backfill-waits');
    lastFault = reason;
  };

  /** The next ones, oldest first, with their texts. None where there are none. */
  const next = () => {
    // Of an index of another model all are missing, and how large it is to be the first vector tells.
    const isOfModel = vectors.current()?.model === model;
    const batch = isOfModel
      ? vectors.missing(BATCH_COUNT)
      : store.list({ limit: 1 }).map(({ id, scope }) => ({ memoryId: id, scope }));
    return batch.map((one) => ({ ...one, text: store.find(one.memoryId)?.text ?? '' }));
  };

  const keep = (batch: ReturnType<typeof next>, made: readonly Float32Array[]): void => {
    database.transaction(() => {
      vectors.use(model, made[0]?.length ?? 0);
      for (const [at, { memoryId, scope }] of batch.entries()) {
        const vector = made[at];
        if (vector !== undefined) vectors.put(memoryId, scope, vector);
      }
    });
  };

  const run = async (): Promise<void> => {
    let doneCount = 0;
    let before = '';
    for (let batch = next(); batch.length > 0; batch = next()) {
      const ids = batch.map(({ memoryId }) => memoryId).join(' ');
      if (ids === before) throw new Error(`the vectors of ${ids} were not kept`);
      before = ids;
      const embedding = await embedder.embed(
        batch.map(({ text }) => text),
        { signal: closing.signal },
      );
      if (closing.signal.aborted) return;
      if (embedding.kind === 'unavailable') {
        blocked(embedding.reason);
        return;
      }
      keep(batch, embedding.vectors);
      doneCount += batch.length;
    }
    lastFault = '';
    if (doneCount === 0) return;
    // A few come with every conversation, many with another model or an import.
    const level = doneCount > BATCH_COUNT ? 'info' : 'debug';
    log[level]({ model, count: doneCount }, 'memory.embedded');
  };

  const start = async (): Promise<void> => {
    try {
      await run();
    } catch (error) {
      if (!closing.signal.aborted) log.error({ err: error }, 'memory.backfill-failed');
    } finally {
      // In the same moment as it was found that nothing is left: what comes later wakes it anew.
      isRunning = false;
    }
  };

  return {
    wake: () => {
      if (isRunning || closing.signal.aborted) return;
      isRunning = true;
      pass = start();
    },
    idle: async () => {
      await pass;
    },
    close: async () => {
      closing.abort();
      await pass;
    },
  };
}
