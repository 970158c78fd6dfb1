import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import pino from 'pino';
import { openVectorIndex } from '../src/memory/vectors.ts';
import { createMemoryStore } from '../src/memory/store.ts';
import { createRecall } from '../src/memory/recall.ts';
import type { Embedder } from '../src/memory/embeddings/embedder.ts';
import { mergeWords } from '../src/memory/upkeep.ts';
import { systemClock } from '../src/platform/clock.ts';
import { openDatabase, type Database } from '../src/platform/database/open.ts';
import { createRandom } from '../tests/support/random.ts';
import { temporaryFolder } from './folder.ts';
import { row, type Row } from './report.ts';
import { median, percentile, timed } from './statistics.ts';

const SIZES = [1000, 10_000, 100_000];
const DIMENSION_COUNT = 384;
const MODEL = 'bench';
const SCOPE = 'telegram:1:1';
const WARM_UP_COUNT = 60;
const ROUND_COUNT = 100;
const HOUR_COUNT = 1000;
const WORD_COUNT = 20;
const VOCABULARY_COUNT = 20_000;
/** Memories are about so many matters, and those about the same are near each other. */
const MATTER_COUNT = 200;

/** What is asked of recall, and of writing, for each size. */
const WANTED: Readonly<Record<number, { readonly p50Ms?: number; readonly p95Ms?: number }>> = {
  1000: { p50Ms: 2 },
  100_000: { p50Ms: 15, p95Ms: 40 },
};

/**
 * How long a turn waits to be reminded, the embedding of its message apart, with ever more memories. Beside it, in the same round, the exact scan over the same
 * vectors that sqlite-vec does without an index. Then how long it takes to write a memory and its vector,
 * and what each takes of the file.
 */
export async function measureRecall(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const size of SIZES) rows.push(...(await measureSize(size)));
  return rows;
}

async function measureSize(size: number): Promise<readonly Row[]> {
  using folder = temporaryFolder();
  const path = join(folder.path, 'claudio.db');
  const database = openDatabase(path);
  // A scan of everything on the same connection would take the place of what that has in memory.
  const other = openDatabase(path, 'share');
  try {
    const world = createTexts();
    const vectors = openVectorIndex(database);
    if (vectors === null || openVectorIndex(other) === null)
      throw new Error('sqlite-vec does not run here');
    vectors.use(MODEL, DIMENSION_COUNT);
    const emptyBytes = fileBytes(database, path);
    fill(database, size, world);
    vectors.rebuild();
    // As the service does every hour.
    for (let hour = 0; hour < HOUR_COUNT; hour += 1) mergeWords(database);
    const eachBytes = (fileBytes(database, path) - emptyBytes) / size;

    let asked = world.vector();
    const embedder: Embedder = {
      model: MODEL,
      state: () => ({ kind: 'ready', dimensionCount: DIMENSION_COUNT }),
      embed: () => Promise.resolve({ kind: 'embedded', vectors: [asked] }),
      close: () => Promise.resolve(),
    };
    const parts = { database, clock: systemClock, log: pino({ level: 'silent' }) };
    const store = createMemoryStore({ ...parts, vectors });
    const recall = createRecall({ ...parts, store, vectors, embedder });
    const turn = { turnId: insertTurn(database), scope: SCOPE };
    const { signal } = new AbortController();
    const exact = other.orm.$client
      .prepare(
        `SELECT memory_id FROM memory_vectors
       ORDER BY vec_distance_cosine(vector, ?) LIMIT 5`,
      )
      .pluck();

    let recalledCount = 0;
    let foundCount = 0;
    const samples = {
      recall: [] as number[],
      keep: [] as number[],
      words: [] as number[],
      exact: [] as number[],
      write: [] as number[],
    };
    for (let round = -WARM_UP_COUNT; round < ROUND_COUNT; round += 1) {
      asked = world.vector();
      const query = world.text();
      const recallMs = await timed(() => recall.forTurn(turn, query, signal));
      const keepMs = await timed(() => setImmediate());
      const wordsMs = await timed(async () => recall.searchWords(SCOPE, query, 5));
      const nearest = new Set(vectors.nearest(SCOPE, asked, 5).map(({ memoryId }) => memoryId));
      let exactIds: unknown[] = [];
      const exactMs = await timed(async () => {
        exactIds = exact.all(Buffer.from(asked.buffer));
      });
      if (round < 0) continue;
      recalledCount += recall.last(CONVERSATION)?.recalled.length ?? 0;
      samples.recall.push(recallMs);
      samples.keep.push(keepMs);
      samples.words.push(wordsMs);
      samples.exact.push(exactMs);
      foundCount += exactIds.filter((id) => nearest.has(Number(id))).length;
    }
    for (let round = -WARM_UP_COUNT; round < ROUND_COUNT; round += 1) {
      const vector = world.vector();
      const text = world.text();
      const writeMs = await timed(async () => {
        const outcome = store.remember(SCOPE, { kind: 'semantic', text, source: 'told' });
        if (outcome.kind !== 'remembered') throw new Error(outcome.kind);
        vectors.put(outcome.memory.id, SCOPE, vector);
      });
      if (round >= 0) samples.write.push(writeMs);
    }
    if (recalledCount === 0) throw new Error('nothing was recalled');
    const of = `of ${size.toLocaleString('en')} memories`;
    return [
      row(`recall ${of}: p50`, median(samples.recall), 'ms', WANTED[size]?.p50Ms),
      row(`recall ${of}: p95`, percentile(samples.recall, 0.95), 'ms', WANTED[size]?.p95Ms),
      row(`  keeping what was recalled, behind the turn: p50`, median(samples.keep), 'ms'),
      row(`  by words alone: p50`, median(samples.words), 'ms'),
      row(`  exact scan of sqlite-vec alone: p50`, median(samples.exact), 'ms'),
      row(`  exact scan of sqlite-vec alone: p95`, percentile(samples.exact, 0.95), 'ms'),
      row(`  of the five nearest, those found`, (foundCount / ROUND_COUNT / 5) * 100, '%'),
      row(`writing one ${of}, with its vector: p50`, median(samples.write), 'ms', 5),
      row(`storage of each ${of}`, eachBytes / 1024, 'KB', 4),
    ];
  } finally {
    other.close();
    database.close();
  }
}

/** Texts whose words are as common as those of a language, Zipf's law, and vectors about a few matters. */
function createTexts() {
  const random = createRandom(1);
  const vocabulary = Array.from({ length: VOCABULARY_COUNT }, (_, at) => `${at.toString(36)}word`);
  const ranks = Math.log(VOCABULARY_COUNT);
  const word = () => vocabulary[Math.floor(Math.exp(random.fraction() * ranks)) - 1] ?? '';
  const noise = () => random.fraction() + random.fraction() + random.fraction() - 1.5;
  const direction = () => Float32Array.from({ length: DIMENSION_COUNT }, noise);
  const matters = Array.from({ length: MATTER_COUNT }, direction);
  return {
    text: () => Array.from({ length: WORD_COUNT }, word).join(' '),
    vector: () => {
      const matter = matters[random.below(MATTER_COUNT)];
      const vector = direction().map((value, at) => value + (matter?.[at] ?? 0));
      const length = Math.hypot(...vector);
      return vector.map((value) => value / length);
    },
  };
}

/** Writes so many memories with their vectors, which are not in the index yet. */
function fill(database: Database, size: number, world: ReturnType<typeof createTexts>): void {
  const sqlite = database.orm.$client;
  const memory = sqlite.prepare(
    `INSERT INTO memories (scope, kind, text, confidence, source, created_at_ms, access_count, recent_accesses_ms)
     VALUES (?, 'semantic', ?, 0.8, 'told', ?, 1, json_array(?))`,
  );
  const vector = sqlite.prepare('INSERT INTO memory_vectors VALUES (?, ?, ?)');
  const nowMs = systemClock.now();
  database.transaction(() => {
    for (let at = 0; at < size; at += 1) {
      const atMs = nowMs - (size - at) * 60_000;
      const { lastInsertRowid } = memory.run(SCOPE, world.text(), atMs, atMs);
      vector.run(lastInsertRowid, MODEL, Buffer.from(world.vector().buffer));
    }
  });
}

const CONVERSATION = 'telegram:1:1';

function insertTurn({ orm }: Database): number {
  const sqlite = orm.$client;
  sqlite
    .prepare(
      `INSERT INTO conversations (id, destination, channel, chat, created_at_ms) VALUES (?, ?, 'telegram', '1', 0)`,
    )
    .run(CONVERSATION, SCOPE);
  const message = sqlite
    .prepare(
      `INSERT INTO messages (conversation_id, role, text, created_at_ms) VALUES (?, 'person', '', 0)`,
    )
    .run(CONVERSATION);
  const turn = sqlite
    .prepare(
      `INSERT INTO turns (conversation_id, message_id, status, queued_at_ms, started_at_ms, requested_model)
       VALUES (?, ?, 'running', 0, 0, 'none')`,
    )
    .run(CONVERSATION, message.lastInsertRowid);
  return Number(turn.lastInsertRowid);
}

/** What the database takes of the disk when the write-ahead log is in it. */
function fileBytes({ orm }: Database, path: string): number {
  orm.$client.pragma('wal_checkpoint(TRUNCATE)');
  return statSync(path).size;
}
