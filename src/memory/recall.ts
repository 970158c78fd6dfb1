import type { Clock } from '../core/clock.ts';
import type { Memory, RecalledMemory } from '../core/memory.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import { within } from '../platform/process/within.ts';
import type { Embedder } from './embeddings/embedder.ts';
import { createReminders, type Reminders } from './reminders.ts';
import { isWorthRecalling, recalledAs, scoreOf, type Score } from './score.ts';
import type { MemoryStore } from './store.ts';
import type { VectorIndex } from './vectors.ts';
import { createWordSearch } from './words.ts';

/** Finds what matters now. */
export interface Recall {
  /**
   * What a turn is reminded of: the best five over the threshold, best first. Each counts as accessed, and
   * is kept for {@link Recall.last}; what an earlier attempt at the turn was reminded of is not. The turn
   * need not wait for that commit, which follows at once. Never throws: a fault is logged, and nothing is
   * recalled.
   */
  forTurn(
    turn: { readonly turnId: number; readonly scope: string },
    query: string,
    signal: AbortSignal,
  ): Promise<readonly RecalledMemory[]>;
  /** The best for a query, whether over the threshold or not. No access. */
  search(scope: string, query: string, limit: number): Promise<readonly RecalledMemory[]>;
  /** The same by words alone, at once. */
  searchWords(scope: string, query: string, limit: number): readonly RecalledMemory[];
  /** See {@link Reminders}. */
  readonly last: Reminders['last'];
  readonly prune: Reminders['prune'];
}

/** Of how many memories a turn is reminded. */
const RECALLED_COUNT = 5;
/** How many are scored: of the nearest in meaning, and of those that have the words. */
const NEAR_COUNT = 25;
const WORDS_COUNT = 12;
/** What is embedded of a query: more than a model's window has room for. */
const EMBEDDED_LENGTH = 2000;
/** How long a turn waits for an embedding. A model that loads goes on, for the next one. */
const EMBEDDING_WAIT_MS = 1500;

/** What there is to score of a memory. */
interface Found {
  readonly cosine: number | undefined;
  readonly share: number | undefined;
  readonly foundBy: RecalledMemory['foundBy'];
}

/** What is asked, and its vector where there is one that can be compared. */
interface Query {
  readonly scope: string;
  readonly text: string;
  readonly vector: Float32Array | null;
}

export function createRecall(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: MemoryStore;
  /** `null`: by words alone. */
  readonly vectors: VectorIndex | null;
  readonly embedder: Embedder | null;
}): Recall {
  const { database, clock, log, store, vectors, embedder } = parts;
  const sqlite = database.orm.$client;
  const reminders = createReminders({ database, clock, store });
  const searchWords = createWordSearch(database);
  const anyInScope = sqlite
    .prepare("SELECT 1 FROM memories WHERE scope = ? AND status = 'live' LIMIT 1")
    .pluck();
  const histories = sqlite
    .prepare(
      `SELECT id, created_at_ms, access_count, recent_accesses_ms FROM memories
       WHERE id IN (SELECT value FROM json_each(?))`,
    )
    .raw();

  const candidates = (
    { scope, text, vector }: Query,
    limit: number,
  ): ReadonlyMap<number, Found> => {
    const near =
      vector === null ? [] : (vectors?.nearest(scope, vector, Math.max(NEAR_COUNT, limit)) ?? []);
    const cosines = new Map(near.map(({ memoryId, similarity }) => [memoryId, similarity]));
    const shares = new Map(
      searchWords(scope, text, Math.max(WORDS_COUNT, limit)).map(({ memoryId, share }) => [
        memoryId,
        share,
      ]),
    );
    const byWordsOnly = [...shares.keys()].filter((id) => !cosines.has(id));
    const others = vector === null ? undefined : vectors?.similarities(byWordsOnly, vector);
    return new Map(
      [...cosines.keys(), ...byWordsOnly].map((id) => [
        id,
        {
          cosine: cosines.get(id) ?? others?.get(id),
          share: shares.get(id),
          foundBy: !cosines.has(id) ? 'words' : shares.has(id) ? 'both' : 'meaning',
        },
      ]),
    );
  };

  const best = (
    query: Query,
    limit: number,
    isWanted: (score: Score) => boolean,
  ): readonly RecalledMemory[] => {
    const found = candidates(query, limit);
    const rows = histories.all(JSON.stringify([...found.keys()])) as [
      number,
      number,
      number,
      string,
    ][];
    return rows
      .map(([id, createdAtMs, accessCount, accesses]) => {
        const recentAccessesMs = JSON.parse(accesses) as Memory['recentAccessesMs'];
        const history = { createdAtMs, accessCount, recentAccessesMs };
        return { id, score: scoreOf(history, found.get(id) ?? {}, clock.now()) };
      })
      .filter(({ score }) => isWanted(score))
      .toSorted((a, b) => b.score.score - a.score.score || b.id - a.id)
      .slice(0, limit)
      .flatMap(({ id, score }) => {
        const memory = store.find(id);
        const foundBy = found.get(id)?.foundBy ?? 'words';
        return memory === null ? [] : [recalledAs(memory, { ...score, foundBy }, clock.now())];
      });
  };

  /** `null` where there is none in time, or none that the index can compare. */
  const vectorOf = async (text: string, signal?: AbortSignal): Promise<Float32Array | null> => {
    const index = vectors?.current() ?? null;
    if (embedder === null || index?.model !== embedder.model) return null;
    const embedding = embedder.embed([text.slice(0, EMBEDDED_LENGTH)], {
      urgent: true,
      ...(signal === undefined ? {} : { signal }),
    });
    if (!(await within(EMBEDDING_WAIT_MS, embedding))) return null;
    const embedded = await embedding;
    const vector = embedded.kind === 'embedded' ? embedded.vectors[0] : undefined;
    return vector?.length === index.dimensionCount ? vector : null;
  };

  const keep = (turnId: number, found: readonly RecalledMemory[]): void => {
    try {
      reminders.keep(turnId, found);
    } catch (error) {
      log.error({ err: error, turn: turnId }, 'memory.recall-not-kept');
    }
  };

  return {
    forTurn: async ({ turnId, scope }, text, signal) => {
      try {
        const isEmpty = anyInScope.get(scope) === undefined || text.trim() === '';
        const vector = isEmpty ? null : await vectorOf(text, signal);
        if (signal.aborted) return [];
        const found = isEmpty
          ? []
          : best({ scope, text, vector }, RECALLED_COUNT, isWorthRecalling);
        setImmediate(keep, turnId, found);
        return found;
      } catch (error) {
        log.error({ err: error, turn: turnId }, 'memory.recall-failed');
        return [];
      }
    },
    search: async (scope, text, limit) => {
      if (anyInScope.get(scope) === undefined || text.trim() === '') return [];
      return best({ scope, text, vector: await vectorOf(text) }, limit, () => true);
    },
    searchWords: (scope, text, limit) => best({ scope, text, vector: null }, limit, () => true),
    last: reminders.last,
    prune: reminders.prune,
  };
}
