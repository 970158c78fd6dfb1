import * as sqliteVec from 'sqlite-vec';
import type { Database } from '../platform/database/open.ts';

/** A memory that is near in meaning. */
export interface Neighbour {
  readonly memoryId: number;
  /** Cosine of the angle between the two: -1 to 1. */
  readonly similarity: number;
}

/**
 * The vectors of the live memories, of one embedding model at a time. Everything is synchronous; what
 * writes may stand in a transaction of the caller.
 */
export interface VectorIndex {
  /**
   * Makes it the index of this model, of the vectors of it that are kept. Where it was that of another
   * one, that is dropped. May be called again.
   */
  use(model: string, dimensionCount: number): void;
  /** What it is the index of now; `null` before the first {@link VectorIndex.use}, also of earlier starts. */
  current(): { readonly model: string; readonly dimensionCount: number } | null;
  /**
   * Keeps the vector of a live memory, of length 1 and of the current model. An earlier one is replaced.
   * Does nothing where the memory is no longer live, or is of another scope.
   *
   * @throws Error where the vector has other dimensions, or is not of length 1.
   */
  put(memoryId: number, scope: string, vector: Float32Array): void;
  remove(memoryId: number): void;
  /**
   * The nearest of a scope, nearest first, by exact cosine; at most 96 of a few, 384 of 100,000. None before the
   * first {@link VectorIndex.use}.
   *
   * @throws Error as {@link VectorIndex.put} does.
   */
  nearest(scope: string, vector: Float32Array, limit: number): readonly Neighbour[];
  /** The exact cosine to each of these that has a vector of the current model. @throws Error as above */
  similarities(memoryIds: readonly number[], vector: Float32Array): ReadonlyMap<number, number>;
  /** Live memories without a vector of the current model, oldest first. */
  missing(limit: number): readonly { readonly memoryId: number; readonly scope: string }[];
  /** Makes the index anew from the vectors that are kept. Takes about 3 s for 100,000. */
  rebuild(): void;
}

/**
 * So many are compared exactly, of those that differ from the query in the signs of the fewest
 * dimensions: a vector of bits is a thirty-second of one of floats, and is compared as much faster. The
 * more memories there are, the more come closer by chance than the nearest do.
 */
const LEAST_COARSE_COUNT = 96;
const MOST_COARSE_COUNT = 384;

function coarseCountAmong(memoryCount: number): number {
  const count = Math.round(1.2 * Math.sqrt(memoryCount));
  return Math.min(MOST_COARSE_COUNT, Math.max(LEAST_COARSE_COUNT, count));
}

/**
 * One memory in sixteen is in the sample. The time of sqlite-vec's search is that of reading all bits,
 * and then of finding the smallest distance k times over. A limit on the distance takes most of them out
 * before; what limit lets as many through as are wanted, the sample tells.
 */
const SAMPLED_ONE_IN = 16;
/** Fibonacci hashing, with 2³² ÷ φ: ids that are all even, say, are in the sample as often as others. */
const IS_SAMPLED = `(memories.id * 2654435769) % (1 << 32) < (1 << 32) / ${SAMPLED_ONE_IN}`;

/** A chunk is as large for one memory as when it is full, and each scope has its own. */
const CHUNK_MEMORY_COUNT = 512;

/** How far a length may be from 1: floats of 32 bits stay far below it. */
const LENGTH_TOLERANCE = 0.001;

const DROP = `
  DROP TABLE IF EXISTS memory_index;
  DROP TABLE IF EXISTS memory_index_model`;

/** The vectors that belong into the index. */
const INDEXED = `
  FROM memory_vectors JOIN memories ON memories.id = memory_vectors.memory_id
  WHERE memories.status = 'live' AND memory_vectors.model = @model`;

const INSERT = `
  INSERT INTO memory_index (id, scope, is_sampled, coarse)
  SELECT memories.id, memories.scope, ${IS_SAMPLED}, vec_quantize_binary(memory_vectors.vector) ${INDEXED}`;

/**
 * Opens the index on a database: vectors of floats in `memory_vectors`, and one bit of each dimension in
 * `memory_index`, a virtual table of sqlite-vec that {@link VectorIndex.use} makes. A database that has
 * it can be read, checked, copied and written without sqlite-vec too, apart from that table; what is in
 * it of memories that are gone is not found.
 *
 * Source: https://alexgarcia.xyz/sqlite-vec/features/vec0.html,
 * https://alexgarcia.xyz/sqlite-vec/guides/binary-quant.html
 *
 * @param options.load What loads sqlite-vec into a connection.
 * @param options.onFault Gets what keeps it from being loaded.
 * @returns `null` where sqlite-vec cannot be loaded, as it has no program for some machines; everything
 * else works without.
 */
export function openVectorIndex(
  database: Database,
  options: {
    readonly load?: (sqlite: Database['orm']['$client']) => void;
    readonly onFault?: (error: unknown) => void;
  } = {},
): VectorIndex | null {
  const { load = sqliteVec.load } = options;
  const sqlite = database.orm.$client;
  const isLoaded = sqlite.prepare("SELECT 1 FROM pragma_module_list WHERE name = 'vec0'").pluck();
  try {
    if (isLoaded.get() === undefined) load(sqlite);
  } catch (error) {
    options.onFault?.(error);
    return null;
  }

  const statements = new Map<string, ReturnType<typeof sqlite.prepare>>();
  /** Prepared when first used, because the tables need not be there before; SQLite notices new ones itself. */
  const statement = (source: string) => {
    const statementOf = statements.get(source) ?? sqlite.prepare(source);
    statements.set(source, statementOf);
    return statementOf;
  };
  /**
   * Up to which id no live memory lacks its vector: with 100,000, looking takes 50 ms. None loses its
   * vector, and none is live again.
   */
  let whole = { of: '', upToId: 0 };

  const current: VectorIndex['current'] = () => {
    const table = statement("SELECT 1 FROM sqlite_schema WHERE name = 'memory_index_model'").get();
    if (table === undefined) return null;
    const row = statement('SELECT model, dimension_count FROM memory_index_model').raw().get();
    if (!Array.isArray(row)) return null;
    return { model: String(row[0]), dimensionCount: Number(row[1]) };
  };
  const build = (model: string, dimensionCount: number): void => {
    const bitCount = padded(dimensionCount);
    sqlite.exec(`${DROP};
      CREATE TABLE memory_index_model (model TEXT NOT NULL, dimension_count INTEGER NOT NULL);
      CREATE VIRTUAL TABLE memory_index USING vec0(
        id INTEGER PRIMARY KEY,
        scope TEXT PARTITION KEY,
        is_sampled INTEGER PARTITION KEY,
        coarse BIT[${bitCount}],
        chunk_size=${CHUNK_MEMORY_COUNT}
      )`);
    sqlite.prepare('INSERT INTO memory_index_model VALUES (?, ?)').run(model, dimensionCount);
    // Another model of the same name made them.
    sqlite
      .prepare('DELETE FROM memory_vectors WHERE model = ? AND length(vector) <> ?')
      .run(model, bitCount * Float32Array.BYTES_PER_ELEMENT);
    sqlite.prepare(INSERT).run({ model });
  };
  /** The current model, and the vector as it is kept. */
  const encoded = (vector: Float32Array) => {
    const index = current();
    if (index === null) throw new Error('there is no index of vectors yet');
    return { model: index.model, ...encode(vector, index.dimensionCount) };
  };

  return {
    use: (model, dimensionCount) => {
      const index = current();
      if (index?.model === model && index.dimensionCount === dimensionCount) return;
      database.transaction(() => build(model, dimensionCount));
    },
    current,
    put: (memoryId, scope, vector) => {
      const { model, blob } = encoded(vector);
      database.transaction(() => {
        const { changes } = statement(
          `INSERT INTO memory_vectors (memory_id, model, vector)
             SELECT id, ?, ? FROM memories WHERE id = ? AND scope = ? AND status = 'live'
             ON CONFLICT DO UPDATE SET model = excluded.model, vector = excluded.vector`,
        ).run(model, blob, memoryId, scope);
        if (changes === 0) return;
        statement('DELETE FROM memory_index WHERE id = ?').run(BigInt(memoryId));
        statement(`${INSERT} AND memories.id = @memoryId`).run({ model, memoryId });
      });
    },
    remove: (memoryId) => {
      database.transaction(() => {
        whole.upToId = Math.min(whole.upToId, memoryId - 1);
        statement('DELETE FROM memory_vectors WHERE memory_id = ?').run(memoryId);
        if (current() === null) return;
        statement('DELETE FROM memory_index WHERE id = ?').run(BigInt(memoryId));
      });
    },
    nearest: (scope, vector, limit) => {
      if (current() === null) return [];
      const { model, blob, bitCount } = encoded(vector);
      const lastId = statement('SELECT coalesce(max(id), 0) FROM memories').pluck().get();
      const coarseCount = coarseCountAmong(Number(lastId));
      const sampleCount = Math.ceil(coarseCount / SAMPLED_ONE_IN);
      const sample = statement(
        `SELECT distance FROM memory_index WHERE scope = ? AND is_sampled = 1
           AND coarse MATCH vec_quantize_binary(?) AND k = ? ORDER BY distance`,
      )
        .pluck()
        .all(scope, blob, sampleCount);
      const farthest = sample.length < sampleCount ? bitCount : sample.at(-1);
      return statement(
        `WITH coarse AS MATERIALIZED (
             SELECT id FROM memory_index WHERE scope = @scope AND coarse MATCH vec_quantize_binary(@blob)
             AND k = @coarseCount AND distance <= @farthest
           )
           SELECT memories.id, 1 - vec_distance_cosine(memory_vectors.vector, @blob) AS similarity
           ${INDEXED} AND memories.scope = @scope AND memories.id IN (SELECT id FROM coarse)
           ORDER BY similarity DESC, memories.id DESC LIMIT @limit`,
      )
        .raw()
        .all({ scope, blob, model, coarseCount, farthest, limit })
        .map(neighbour);
    },
    similarities: (memoryIds, vector) => {
      if (current() === null) return new Map();
      const { model, blob } = encoded(vector);
      const neighbours = statement(
        `SELECT memory_id, 1 - vec_distance_cosine(vector, @blob) FROM memory_vectors
           WHERE memory_id IN (SELECT value FROM json_each(@ids)) AND model = @model`,
      )
        .raw()
        .all({ ids: JSON.stringify(memoryIds), blob, model })
        .map(neighbour);
      return new Map(neighbours.map(({ memoryId, similarity }) => [memoryId, similarity]));
    },
    missing: (limit) => {
      const index = current();
      if (whole.of !== JSON.stringify(index)) whole = { of: JSON.stringify(index), upToId: 0 };
      const rows = statement(
        `SELECT id, scope FROM memories WHERE id > @upToId AND status = 'live' AND NOT EXISTS (
             SELECT 1 FROM memory_vectors INDEXED BY memory_vectors_by_model
             WHERE model = @model AND memory_id = memories.id
           ) ORDER BY id LIMIT @limit`,
      )
        .raw()
        .all({ upToId: whole.upToId, model: index?.model ?? null, limit }) as [number, string][];
      const firstMissing =
        rows[0]?.[0] ?? statement('SELECT coalesce(max(id), 0) + 1 FROM memories').pluck().get();
      whole.upToId = Math.max(whole.upToId, Number(firstMissing) - 1);
      return rows.map(([memoryId, scope]) => ({ memoryId, scope }));
    },
    rebuild: () => {
      database.transaction(() => {
        const index = current();
        if (index !== null) build(index.model, index.dimensionCount);
      });
    },
  };
}

/** Bits come in bytes. Zeros at the end change no angle. */
function padded(dimensionCount: number): number {
  return Math.ceil(dimensionCount / 8) * 8;
}

function encode(vector: Float32Array, dimensionCount: number): { blob: Buffer; bitCount: number } {
  if (vector.length !== dimensionCount) {
    throw new Error(`a vector has ${vector.length} dimensions, not ${dimensionCount}`);
  }
  const length = Math.hypot(...vector);
  // Also where it is not a number.
  if (!(Math.abs(length - 1) <= LENGTH_TOLERANCE)) {
    throw new Error(`a vector is of length ${length}, not 1`);
  }
  const whole = new Float32Array(padded(dimensionCount));
  whole.set(vector);
  return { blob: Buffer.from(whole.buffer), bitCount: whole.length };
}

function neighbour(row: unknown): Neighbour {
  const [memoryId, similarity] = row as [number, number];
  return { memoryId, similarity: Math.min(1, Math.max(-1, similarity)) };
}
