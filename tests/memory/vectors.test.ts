import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openVectorIndex, type VectorIndex } from '../../src/memory/vectors.ts';
import { checkDatabase } from '../../src/platform/database/check.ts';
import { openDatabase, type Database } from '../../src/platform/database/open.ts';
import { createRandom } from '../support/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SCOPE = 'telegram:1:42';

/** A database in a file, an index on it, and what writes memories. */
function world(dimensionCount = 8) {
  const path = join(temporaryFolder(), 'claudio.db');
  const open = () => {
    const database = openDatabase(path);
    onTestFinished(() => database.close());
    return { database, vectors: indexOn(database) };
  };
  const { database, vectors } = open();
  vectors.use('model', dimensionCount);
  return { path, open, database, vectors, sqlite: database.orm.$client };
}

function indexOn(database: Database): VectorIndex {
  const vectors = openVectorIndex(database);
  if (vectors === null) throw new Error('sqlite-vec does not run here');
  return vectors;
}

function insertMemory({ orm }: Database, scope = SCOPE): number {
  const { lastInsertRowid } = orm.$client
    .prepare(
      `INSERT INTO memories (scope, kind, text, source, created_at_ms, access_count, recent_accesses_ms)
       VALUES (?, 'semantic', 'something', 'told', 0, 1, '[0]')`,
    )
    .run(scope);
  return Number(lastInsertRowid);
}

function unit(values: readonly number[]): Float32Array {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

/** The vector along one dimension. */
function along(at: number, dimensionCount = 8): Float32Array {
  return Float32Array.from({ length: dimensionCount }, (_, other) => (other === at ? 1 : 0));
}

const ids = (vectors: VectorIndex, vector: Float32Array, scope = SCOPE): readonly number[] =>
  vectors.nearest(scope, vector, 10).map(({ memoryId }) => memoryId);

describe('the index of vectors', () => {
  it('gives the nearest with their exact cosines, as comparing all of them does', () => {
    const value = fc.integer({ min: -100, max: 100 });
    const vector = (length: number) =>
      fc
        .array(value, { minLength: length, maxLength: length })
        .filter((values) => values.some((one) => one !== 0))
        .map(unit);
    const sets = fc
      .integer({ min: 1, max: 20 })
      .chain((length) =>
        fc.tuple(fc.array(vector(length), { minLength: 1, maxLength: 30 }), vector(length)),
      );
    const { database, vectors, sqlite } = world();
    fc.assert(
      fc.property(sets, ([all, query]) => {
        sqlite.exec('DELETE FROM memories');
        vectors.use('model', query.length);
        vectors.rebuild();
        const exact = new Map(
          all.map((one) => {
            const id = insertMemory(database);
            vectors.put(id, SCOPE, one);
            return [id, cosine(one, query)] as const;
          }),
        );
        const found = vectors.nearest(SCOPE, query, 10);
        const wanted = [...exact.values()].toSorted((a, b) => b - a).slice(0, 10);
        expect(found.length).toBe(wanted.length);
        for (const [at, { memoryId, similarity }] of found.entries()) {
          expect(similarity).toBeCloseTo(exact.get(memoryId) ?? NaN, 5);
          expect(similarity).toBeCloseTo(wanted[at] ?? NaN, 5);
          expect(Math.abs(similarity)).toBeLessThanOrEqual(1);
        }
        const similarities = vectors.similarities([...exact.keys(), 1_000_000], query);
        expect(similarities.size).toBe(exact.size);
        for (const [id, similarity] of similarities) {
          expect(similarity).toBeCloseTo(exact.get(id) ?? NaN, 5);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('finds nine of the ten nearest among 5,000 of 384 dimensions', () => {
    const random = createRandom(7);
    const noise = () => random.fraction() + random.fraction() + random.fraction() - 1.5;
    const direction = () => Array.from({ length: 384 }, noise);
    const matters = Array.from({ length: 50 }, direction);
    const about = () => {
      const matter = matters[random.below(matters.length)] ?? [];
      return unit(direction().map((value, at) => value + (matter[at] ?? 0)));
    };
    const { database, vectors, sqlite } = world(384);
    const all = new Map<number, Float32Array>();
    database.transaction(() => {
      const keep = sqlite.prepare("INSERT INTO memory_vectors VALUES (?, 'model', ?)");
      for (let count = 0; count < 5000; count += 1) {
        const id = insertMemory(database);
        const vector = about();
        keep.run(id, Buffer.from(vector.buffer));
        all.set(id, vector);
      }
    });
    vectors.rebuild();
    let foundCount = 0;
    const queryCount = 20;
    for (let count = 0; count < queryCount; count += 1) {
      const query = about();
      const exact = [...all]
        .map(([id, vector]) => ({ id, similarity: cosine(vector, query) }))
        .toSorted((a, b) => b.similarity - a.similarity)
        .slice(0, 10);
      const found = ids(vectors, query);
      foundCount += exact.filter(({ id }) => found.includes(id)).length;
    }
    expect(foundCount / (queryCount * 10)).toBeGreaterThanOrEqual(0.9);
  });

  it('keeps scopes apart', () => {
    const { database, vectors } = world();
    const [mine, theirs] = [insertMemory(database), insertMemory(database, 'telegram:1:-7')];
    vectors.put(mine, SCOPE, along(0));
    vectors.put(theirs, 'telegram:1:-7', along(0));
    expect(ids(vectors, along(0))).toEqual([mine]);
    expect(ids(vectors, along(0), 'telegram:1:-7')).toEqual([theirs]);
    expect(ids(vectors, along(0), 'telegram:1:9')).toEqual([]);
  });

  it('replaces a vector', () => {
    const { database, vectors } = world();
    const id = insertMemory(database);
    vectors.put(id, SCOPE, along(0));
    vectors.put(id, SCOPE, along(1));
    expect(vectors.nearest(SCOPE, along(1), 5)).toEqual([{ memoryId: id, similarity: 1 }]);
  });

  it('never gives back what was removed, and leaves nothing of it in the file', () => {
    const { database, vectors, sqlite } = world(64);
    const vector = unit(Array.from({ length: 64 }, (_, at) => (at % 3 === 0 ? 1 : -1)));
    const bits = sqlite.prepare('SELECT vec_quantize_binary(?)').pluck().get(vector);
    const chunks = () =>
      Buffer.concat(
        sqlite
          .prepare('SELECT vectors FROM memory_index_vector_chunks00')
          .pluck()
          .all() as Buffer[],
      );
    const [id, other] = [insertMemory(database), insertMemory(database)];
    vectors.put(id, SCOPE, vector);
    vectors.put(other, SCOPE, along(0, 64));
    expect(chunks().includes(bits as Buffer)).toBe(true);
    vectors.remove(id);
    expect(ids(vectors, vector)).toEqual([other]);
    expect(vectors.similarities([id], vector).size).toBe(0);
    expect(chunks().includes(bits as Buffer)).toBe(false);
    vectors.remove(id);
    vectors.rebuild();
    expect(ids(vectors, vector)).toEqual([other]);
  });

  it('gives only live memories, also where it was not told', () => {
    const { database, vectors, sqlite } = world();
    const [gone, past, live] = [1, 2, 3].map(() => insertMemory(database));
    for (const id of [gone, past, live]) vectors.put(id ?? 0, SCOPE, along(0));
    sqlite.prepare('DELETE FROM memories WHERE id = ?').run(gone);
    sqlite.prepare("UPDATE memories SET status = 'superseded' WHERE id = ?").run(past);
    expect(ids(vectors, along(0))).toEqual([live]);
  });

  it('takes no vector for a memory that is gone, is history, or is of another scope', () => {
    const { database, vectors, sqlite } = world();
    const [past, foreign] = [insertMemory(database), insertMemory(database, 'telegram:1:-7')];
    sqlite.prepare("UPDATE memories SET status = 'superseded' WHERE id = ?").run(past);
    for (const id of [past, foreign, 4711]) vectors.put(id, SCOPE, along(0));
    expect(ids(vectors, along(0))).toEqual([]);
    expect(sqlite.prepare('SELECT count(*) FROM memory_vectors').pluck().get()).toBe(0);
  });

  it('refuses vectors of other dimensions, of other lengths, and of what is no number', () => {
    const { database, vectors } = world();
    const id = insertMemory(database);
    vectors.put(id, SCOPE, along(0));
    const wrong = [
      along(0, 16),
      new Float32Array(0),
      new Float32Array(8),
      new Float32Array(8).fill(1),
      new Float32Array(8).fill(NaN),
      new Float32Array(8).fill(Infinity),
    ];
    for (const vector of wrong) {
      expect(() => vectors.put(id, SCOPE, vector)).toThrow(/a vector/u);
      expect(() => vectors.nearest(SCOPE, vector, 5)).toThrow(/a vector/u);
      expect(() => vectors.similarities([id], vector)).toThrow(/a vector/u);
    }
    expect(ids(vectors, along(0))).toEqual([id]);
  });

  it('lists what has no vector of the model, oldest first, until it has', () => {
    const { database, vectors, sqlite } = world();
    const [first, second, past] = [1, 2, 3].map(() => insertMemory(database));
    sqlite.prepare("UPDATE memories SET status = 'distilled' WHERE id = ?").run(past);
    expect(vectors.missing(10).map(({ memoryId }) => memoryId)).toEqual([first, second]);
    expect(vectors.missing(1)).toEqual([{ memoryId: first, scope: SCOPE }]);
    vectors.put(second ?? 0, SCOPE, along(0));
    expect(vectors.missing(10).map(({ memoryId }) => memoryId)).toEqual([first]);
    vectors.put(first ?? 0, SCOPE, along(0));
    expect(vectors.missing(10)).toEqual([]);
    const third = insertMemory(database);
    expect(vectors.missing(10)).toEqual([{ memoryId: third, scope: SCOPE }]);
    vectors.put(third, SCOPE, along(0));
    vectors.remove(first ?? 0);
    expect(vectors.missing(10)).toEqual([{ memoryId: first, scope: SCOPE }]);
  });

  it('begins anew with another model, and knows the vectors of the first one again', () => {
    const { database, vectors } = world();
    const [first, second] = [insertMemory(database), insertMemory(database)];
    vectors.put(first, SCOPE, along(0));
    vectors.put(second, SCOPE, along(1));
    vectors.use('other', 16);
    expect(vectors.current()).toEqual({ model: 'other', dimensionCount: 16 });
    expect(ids(vectors, along(0, 16))).toEqual([]);
    expect(vectors.missing(10).map(({ memoryId }) => memoryId)).toEqual([first, second]);
    vectors.put(first, SCOPE, along(3, 16));
    expect(ids(vectors, along(3, 16))).toEqual([first]);
    vectors.use('model', 8);
    expect(ids(vectors, along(1))).toEqual([second]);
    expect(vectors.missing(10).map(({ memoryId }) => memoryId)).toEqual([first]);
  });

  it('begins anew where a model of the same name has other dimensions', () => {
    const { database, vectors } = world();
    const id = insertMemory(database);
    vectors.put(id, SCOPE, along(0));
    vectors.use('model', 24);
    expect(vectors.missing(10)).toEqual([{ memoryId: id, scope: SCOPE }]);
    vectors.put(id, SCOPE, along(20, 24));
    expect(ids(vectors, along(20, 24))).toEqual([id]);
  });

  it('is made anew from the vectors that are kept', () => {
    const { database, vectors, sqlite } = world();
    const kept = insertMemory(database);
    vectors.put(kept, SCOPE, along(2));
    sqlite.exec('DELETE FROM memory_index');
    expect(ids(vectors, along(2))).toEqual([]);
    vectors.rebuild();
    expect(ids(vectors, along(2))).toEqual([kept]);
  });

  it('is nothing, and takes nothing, before it knows its model', () => {
    const { database, vectors, sqlite } = world();
    sqlite.exec('DROP TABLE memory_index; DROP TABLE memory_index_model');
    const id = insertMemory(database);
    expect(vectors.current()).toBeNull();
    expect(vectors.nearest(SCOPE, along(0), 5)).toEqual([]);
    expect(vectors.similarities([id], along(0)).size).toBe(0);
    expect(vectors.missing(5)).toEqual([{ memoryId: id, scope: SCOPE }]);
    expect(() => vectors.put(id, SCOPE, along(0))).toThrow('no index');
    vectors.remove(id);
    vectors.rebuild();
    expect(vectors.current()).toBeNull();
  });

  it('is the same for two connections, through a change of the model too', () => {
    const here = world();
    const there = here.open();
    const id = insertMemory(here.database);
    here.vectors.put(id, SCOPE, along(0));
    expect(ids(there.vectors, along(0))).toEqual([id]);
    there.vectors.use('other', 16);
    there.vectors.put(id, SCOPE, along(1, 16));
    expect(here.vectors.current()?.model).toBe('other');
    expect(ids(here.vectors, along(1, 16))).toEqual([id]);
    expect(here.vectors.missing(5)).toEqual([]);
  });

  it('is undone with the transaction that it was written in', () => {
    const { database, vectors } = world();
    const id = insertMemory(database);
    expect(() =>
      database.transaction(() => {
        vectors.put(id, SCOPE, along(0));
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(ids(vectors, along(0))).toEqual([]);
    expect(vectors.missing(5)).toEqual([{ memoryId: id, scope: SCOPE }]);
  });

  it('is not there where sqlite-vec cannot be loaded, and is loaded once for a connection', () => {
    const database = openDatabase(join(temporaryFolder(), 'claudio.db'));
    onTestFinished(() => database.close());
    const faults: unknown[] = [];
    const none = openVectorIndex(database, {
      load: () => {
        throw new Error('Unsupported platform for sqlite-vec');
      },
      onFault: (error) => faults.push(error),
    });
    expect(none).toBeNull();
    expect(faults).toMatchObject([{ message: 'Unsupported platform for sqlite-vec' }]);
    indexOn(database);
    const again = openVectorIndex(database, {
      load: () => {
        throw new Error('it was loaded already');
      },
    });
    expect(again).not.toBeNull();
  });

  it('leaves a database that can be checked, copied and written to without sqlite-vec', async () => {
    const { path, database, vectors } = world();
    const [first, second] = [insertMemory(database), insertMemory(database)];
    vectors.put(first, SCOPE, along(0));
    vectors.put(second, SCOPE, along(0));
    database.close();

    expect(checkDatabase(path).kind).toBe('sound');
    const plain = openDatabase(path);
    const copy = join(temporaryFolder(), 'copy.db');
    await plain.orm.$client.backup(copy);
    expect(plain.orm.$client.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(() => plain.orm.$client.prepare('SELECT * FROM memory_index')).toThrow('no such module');
    plain.orm.$client.prepare('DELETE FROM memories WHERE id = ?').run(first);
    plain.close();

    const restored = new BetterSqlite3(copy);
    expect(restored.pragma('integrity_check', { simple: true })).toBe('ok');
    restored.close();
    const again = openDatabase(path);
    onTestFinished(() => again.close());
    expect(ids(indexOn(again), along(0))).toEqual([second]);
  });
});
