import type { Clock } from '../core/clock.ts';
import { phrasesOf, withBeginning } from '../inbox/search-words.ts';
import type { Database } from '../platform/database/open.ts';
import { WALKED_COUNT } from './walk.ts';

/** So many messages are on a page. */
export const HIT_COUNT = 25;
/** So much of a query counts, in characters and words. */
const QUERY_LENGTH = 200;
const WORD_COUNT = 12;
/** So much of a message is read. */
const READ_LENGTH = 20_000;
/** A search goes on for so long, and then says how far it came. */
const SEARCH_MS = 4;
/** A word is common where so many messages hold it. */
const COMMON_COUNT = 500;
/** Among so many messages words that are all common are looked for at first, then among twice as many. */
const SPAN_COUNT = 500;
/** Ends with a word that is long enough: very many begin with a letter or two, and all would be looked up. */
const LONG_ENOUGH =
  /(?:\p{Script=Latin}{4}|[^\P{L}\p{Script=Latin}])[\p{L}\p{N}\p{M}]*[^\p{L}\p{N}]*$/u;

/** A message that holds the words. */
export interface Hit {
  readonly id: number;
  readonly conversationId: string;
  readonly role: 'person' | 'claude' | 'command' | 'overheard';
  readonly author: string | null;
  readonly text: string;
  readonly createdAtMs: number;
}

/** What a search has found. */
export type SearchOutcome =
  | { readonly kind: 'no-words' }
  | {
      readonly kind: 'found';
      /** The newest first. */
      readonly hits: readonly Hit[];
      /** The cursor of those that are older; `null`: there are none. */
      readonly olderId: number | null;
      /** Whether the last of the words counts as the beginning of a word. */
      readonly isBeginning: boolean;
    };

/**
 * Makes the search in all messages, or those of one conversation, for those that hold all the words of a
 * query. Case and accents do not matter. Where fewer than a page hold them, the last word also counts as
 * the beginning of a word, unless it is short.
 *
 * Each search takes a few milliseconds, however many messages there are: a page may be short or empty
 * though there is more behind `olderId`.
 */
export function createMessageSearch(
  database: Database,
  clock: Pick<Clock, 'elapsed'>,
): (
  query: string,
  where: {
    readonly conversationId: string | null;
    readonly beforeId: number | null;
    /** What the page before has found out; `null`: it is to be found out. */
    readonly isBeginning: boolean | null;
  },
) => SearchOutcome {
  const sqlite = database.orm.$client;
  // As whole numbers, or FTS5 takes no notice of them and goes on to the end: JavaScript's are real ones.
  const matching = sqlite
    .prepare<{ match: string; from: number; before: number; limit: number }, number>(
      `SELECT rowid FROM messages_search WHERE messages_search MATCH :match
       AND rowid < CAST(:before AS INTEGER) AND rowid >= CAST(:from AS INTEGER) ORDER BY rowid DESC LIMIT :limit`,
    )
    .pluck();
  const inConversation = sqlite
    .prepare<{ ids: string; conversationId: string }, number>(
      `SELECT id FROM messages WHERE id IN (SELECT value FROM json_each(:ids))
       AND +conversation_id = :conversationId ORDER BY id DESC LIMIT ${HIT_COUNT + 1}`,
    )
    .pluck();
  const byIds = sqlite.prepare<[string], Hit>(
    `SELECT id, conversation_id AS conversationId, role, author,
       substr(text, 1, ${READ_LENGTH}) AS text, created_at_ms AS createdAtMs
     FROM messages WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id DESC`,
  );

  const newestId = sqlite.prepare<[], number | null>('SELECT max(id) FROM messages').pluck();

  const isCommon = (match: string): boolean =>
    matching.all({ match, from: 1, before: Number.MAX_SAFE_INTEGER, limit: COMMON_COUNT })
      .length === COMMON_COUNT;
  /** What is matched one by one: FTS5 is quick with words together, unless all are common and never meet. */
  const apart = (phrases: readonly string[]): readonly string[] =>
    phrases.length > 1 && phrases.every(isCommon) ? phrases : [phrases.join(' ')];
  const walk = (
    matches: readonly string[],
    beforeId: number | null,
    conversationId: string | null,
  ) => {
    const startedMs = clock.elapsed();
    const isWhole = matches.length === 1;
    const ids: number[] = [];
    let before = Math.min(beforeId ?? Number.MAX_SAFE_INTEGER, (newestId.get() ?? 0) + 1);
    let span = isWhole ? before : SPAN_COUNT;
    while (before > 1) {
      const from = Math.max(1, before - span);
      const limit = isWhole ? (conversationId === null ? HIT_COUNT + 1 : WALKED_COUNT) : span;
      const [first = [], ...others] = matches.map((match) =>
        matching.all({ match, from, before, limit }),
      );
      const sets = others.map((found) => new Set(found));
      const walked = first.filter((id) => sets.every((found) => found.has(id)));
      ids.push(
        ...(conversationId === null
          ? walked
          : inConversation.all({ ids: JSON.stringify(walked), conversationId })),
      );
      if (ids.length > HIT_COUNT) {
        const page = ids.slice(0, HIT_COUNT);
        return { ids: page, olderId: page.at(-1) ?? null };
      }
      before = isWhole && walked.length === limit ? (walked.at(-1) ?? from) : from;
      span *= 2;
      if (clock.elapsed() - startedMs >= SEARCH_MS) break;
    }
    return { ids, olderId: before > 1 ? before : null };
  };

  return (query, { conversationId, beforeId, isBeginning: isKnown }) => {
    const phrases = phrasesOf(query.slice(0, QUERY_LENGTH)).slice(0, WORD_COUNT);
    const last = phrases.at(-1);
    if (last === undefined) return { kind: 'no-words' };
    const words = apart(phrases);
    // Asked of all, so that it is the same for each page. Where that takes too long, there are many.
    const isBeginning =
      LONG_ENOUGH.test(last) && (isKnown ?? walk(words, null, null).olderId === null);
    const matches = isBeginning ? [withBeginning(phrases)] : words;
    const { ids, olderId } = walk(matches, beforeId, conversationId);
    return { kind: 'found', hits: byIds.all(JSON.stringify(ids)), olderId, isBeginning };
  };
}
