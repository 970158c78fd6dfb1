import type { Database } from '../platform/database/open.ts';

/** A memory that has words of the query. */
export interface WordMatch {
  readonly memoryId: number;
  /** How much of what the words of the query tell is told by those that it has: 0 to 1. */
  readonly share: number;
}

/** What is looked at of a query: its beginning, and of that the longest words, which tell most. */
const QUERY_LENGTH = 4000;
const MAX_WORD_COUNT = 12;
/**
 * A word that stands in more than every twentieth memory tells little, and takes long: what a search
 * costs is the number of times that its words stand in memories. Between these bounds.
 */
const COMMON_SHARE = 0.05;
const MIN_COMMON_COUNT = 50;
const MAX_COMMON_COUNT = 500;
/** So many of the rarest words are searched for, as long as all of them stand in no more memories than this. */
const SEARCHED_WORD_COUNT = 8;
const MAX_POSTING_COUNT = 1000;
/** Of how many words it is known that they are common. */
const MAX_KNOWN_COUNT = 10_000;
/** Where all words are common: so many of the newest memories that have each. */
const NEWEST_COUNT = 200;
/** As if there were so many memories more, without any of the words: among three, a word in one is not common. */
const UNSEEN_MEMORY_COUNT = 100;
/**
 * What a word counts that no memory has, which may be what is asked for or just another way to ask; and
 * one that is common.
 */
const LITTLE = 0.25;
/** What a word of up to three letters counts: among few memories "the" and "has" may be rare. */
const SHORT = 0.3;
const SHORT_WORD = /^"\p{Script=Latin}{1,3}"$/u;

/** Where words count. */
const COLUMNS = '{text context outcome trigger}';

interface Word {
  /** As a query of FTS5: https://sqlite.org/fts5.html#full_text_query_syntax */
  readonly phrase: string;
  /** The memories in which it stands, newest first, as far as was counted. */
  readonly memoryIds: readonly number[];
  readonly weight: number;
}

/**
 * Makes the search by words: the memories of a scope that BM25 ranks highest for the rarest words of a
 * query, best first. Words are compared by their stems, without case and accents, as `memories_search`
 * has them. Whatever else a query holds, such as operators and quotes, separates words. Takes a few
 * milliseconds whatever the query, also where each of its words is in every memory; among 100,000 of
 * several scopes some ten more, because the scope is looked for as well.
 *
 * Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (Foundations
 * and Trends in Information Retrieval 3, 2009); https://sqlite.org/fts5.html#the_bm25_function
 */
export function createWordSearch(
  database: Database,
): (scope: string, query: string, limit: number) => readonly WordMatch[] {
  const sqlite = database.orm.$client;
  const lastId = sqlite.prepare('SELECT coalesce(max(id), 0) FROM memories').pluck();
  const newest = sqlite
    .prepare(
      'SELECT rowid FROM memories_search WHERE memories_search MATCH ? ORDER BY rowid DESC LIMIT ?',
    )
    .pluck();
  // The last column is the scope, which all have.
  const ranked = sqlite
    .prepare(
      `SELECT rowid FROM memories_search
       WHERE memories_search MATCH ? AND rank MATCH 'bm25(1, 1, 1, 1, 0)' ORDER BY rank LIMIT ?`,
    )
    .pluck();

  const isOnlyScope = sqlite
    .prepare(
      `SELECT (SELECT min(scope) FROM memories WHERE status = 'live') = @scope
         AND (SELECT max(scope) FROM memories WHERE status = 'live') = @scope`,
    )
    .pluck();
  const inScope = sqlite
    .prepare(
      `SELECT id FROM memories WHERE scope = ? AND status = 'live'
       AND id IN (SELECT value FROM json_each(?)) ORDER BY id DESC`,
    )
    .pluck();

  /** Words that were common already. They are in most queries, and need not be counted each time. */
  const common = { aboveCount: 0, inScopes: new Set<string>() };

  return (scope, query, limit) => {
    const totalCount = Number(lastId.get()) + UNSEEN_MEMORY_COUNT;
    const commonCount = Math.min(
      MAX_COMMON_COUNT,
      Math.max(MIN_COMMON_COUNT, Math.floor(totalCount * COMMON_SHARE)),
    );
    if (common.aboveCount !== commonCount || common.inScopes.size > MAX_KNOWN_COUNT) {
      common.aboveCount = commonCount;
      common.inScopes.clear();
    }
    const phrases = phrasesOf(query);
    const isOnly = isOnlyScope.get({ scope }) === 1;
    const within = (words: string): string =>
      isOnly ? anywhere(words) : `${anywhere(words)} AND scope : s${hexOf(scope)}`;
    /** The newest that have a word. That a scope is asked for takes long, and is seldom needed. */
    const having = (phrase: string, count: number): readonly number[] => {
      const ids = newest.all(anywhere(phrase), count) as number[];
      if (isOnly || ids.length === 0) return ids;
      const ours = inScope.all(scope, JSON.stringify(ids)) as number[];
      return ids.length < count || ours.length === count
        ? ours
        : (newest.all(within(phrase), count) as number[]);
    };
    const key = (phrase: string): string => `${scope} ${phrase}`;
    const rare = phrases
      .filter((phrase) => !common.inScopes.has(key(phrase)))
      .map((phrase): Word => {
        const memoryIds = having(phrase, commonCount + 1);
        const sizeWeight = SHORT_WORD.test(phrase) ? SHORT : 1;
        return { phrase, memoryIds, weight: weightOf(memoryIds.length, totalCount) * sizeWeight };
      })
      .filter(({ phrase, memoryIds }) => {
        const isCommon = memoryIds.length > commonCount;
        if (isCommon) common.inScopes.add(key(phrase));
        return !isCommon;
      });
    const known = rarest(rare);
    if (known.length > 0) {
      const had = weightsById(known);
      const whole = wholeOf(rare, totalCount);
      const ids = ranked.all(within(known.map(({ phrase }) => phrase).join(' OR ')), limit);
      return (ids as number[]).map((memoryId) => ({
        memoryId,
        share: Math.min(1, (had.get(memoryId) ?? 0) / whole),
      }));
    }
    const everywhere = phrases
      .filter((phrase) => common.inScopes.has(key(phrase)))
      .slice(0, SEARCHED_WORD_COUNT)
      .map((phrase): Word => ({
        phrase,
        memoryIds: having(phrase, NEWEST_COUNT),
        weight: weightOf(commonCount, totalCount) * LITTLE,
      }));
    const had = weightsById(everywhere);
    const whole = wholeOf([...rare, ...everywhere], totalCount);
    return [...had.keys()]
      .map((memoryId) => ({ memoryId, share: Math.min(1, (had.get(memoryId) ?? 0) / whole) }))
      .toSorted((a, b) => b.share - a.share || b.memoryId - a.memoryId)
      .slice(0, limit);
  };
}

function anywhere(words: string): string {
  return `${COLUMNS} : (${words})`;
}

/** As the triggers of `memories_search` write it: letters and digits, which are one word. */
function hexOf(scope: string): string {
  return Buffer.from(scope).toString('hex');
}

/** The longest words of a text, each once, as FTS5 tells them apart: https://sqlite.org/fts5.html#unicode61_tokenizer */
function phrasesOf(text: string): readonly string[] {
  const plain = text
    .slice(0, QUERY_LENGTH)
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]+/gu, '')
    .normalize('NFC')
    .toLowerCase();
  return [...new Set(plain.match(/[\p{L}\p{N}\p{Co}]+/gu))]
    .toSorted((a, b) => b.length - a.length)
    .slice(0, MAX_WORD_COUNT)
    .map((word) => `"${word}"`);
}

/** What a word tells that stands in so many memories: the inverse document frequency of BM25. */
function weightOf(count: number, totalCount: number): number {
  const told = Math.log(1 + (totalCount - count + 0.5) / (count + 0.5));
  return count === 0 ? told * LITTLE : told;
}

/** The rarest that are in any memory, within the limits; at least one. */
function rarest(words: readonly Word[]): readonly Word[] {
  let postingCount = 0;
  return words
    .filter(({ memoryIds }) => memoryIds.length > 0)
    .toSorted((a, b) => a.memoryIds.length - b.memoryIds.length)
    .slice(0, SEARCHED_WORD_COUNT)
    .filter(({ memoryIds }, at) => {
      postingCount += memoryIds.length;
      return at === 0 || postingCount <= MAX_POSTING_COUNT;
    });
}

/** What the words of each memory weigh together. */
function weightsById(words: readonly Word[]): ReadonlyMap<number, number> {
  const weights = new Map<number, number>();
  for (const { memoryIds, weight } of words) {
    for (const id of memoryIds) weights.set(id, (weights.get(id) ?? 0) + weight);
  }
  return weights;
}

/** What all words weigh: at least as much as one that is in a single memory. */
function wholeOf(words: readonly Word[], totalCount: number): number {
  return Math.max(
    weightOf(1, totalCount),
    words.reduce((sum, { weight }) => sum + weight, 0),
  );
}
