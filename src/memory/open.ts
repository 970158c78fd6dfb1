import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import { createBackfill, type Backfill } from './embeddings/backfill.ts';
import type { Embedder } from './embeddings/embedder.ts';
import { createLocalEmbedder } from './embeddings/local.ts';
import { createRecall, type Recall } from './recall.ts';
import { createMemoryStore, type MemoryStore } from './store.ts';
import { openVectorIndex, type VectorIndex } from './vectors.ts';

/** The memory of a home, open. */
export interface OpenMemory {
  readonly store: MemoryStore;
  readonly recall: Recall;
  /** These three are `null` where sqlite-vec has no program for this machine. */
  readonly vectors: VectorIndex | null;
  readonly embedder: Embedder | null;
  readonly backfill: Backfill | null;
  /** Unloads the model. The database stays open. */
  close(): Promise<void>;
}

/** Opens the memory that is in a database, with the embedding model that is in the home. */
export function openMemory(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly home: string;
  /** `MEMORY_EMBEDDING_MODEL`. */
  readonly model: string;
}): OpenMemory {
  const { database, clock, log } = parts;
  const vectors = openVectorIndex(database, {
    onFault: (error) => log.warn({ err: error }, 'memory.words-alone'),
  });
  const modelsDir = join(parts.home, 'models');
  const embedder =
    vectors === null ? null : createLocalEmbedder({ model: parts.model, modelsDir, log });
  const store = createMemoryStore({ database, clock, vectors });
  const backfill =
    vectors === null || embedder === null
      ? null
      : createBackfill({ database, store, vectors, embedder, log });
  return {
    store,
    recall: createRecall({ database, clock, log, store, vectors, embedder }),
    vectors,
    embedder,
    backfill,
    close: async () => {
      await backfill?.close();
      await embedder?.close();
    },
  };
}
