import type { Memory, MemoryKind } from '../core/memory.ts';
import { phrasesOf } from '../inbox/search-words.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Database } from '../platform/database/open.ts';
import { pageOfWalk, WALKED_COUNT } from './walk.ts';

/** So many memories are on a page. */
export const MEMORY_COUNT = 50;
/** So many scopes can be chosen from. */
const SCOPE_COUNT = 50;
/** So much of a query counts, in characters and words. */
const QUERY_LENGTH = 200;
const WORD_COUNT = 12;
/** So much of a message is read. */
const SAID_LENGTH = 300;

/** Which memories are wanted; `null`: all. */
export interface MemoryFilter {
  /** Words that it holds, all of them; blank: whatever it holds. */
  readonly query: string;
  readonly scope: string | null;
  readonly kind: MemoryKind | null;
  readonly beforeId: number | null;
}

/** A page of memories, or why there is none. */
export type MemoryList =
  | { readonly kind: 'no-words' }
  | {
      readonly kind: 'found';
      /** The newest first. */
      readonly memories: readonly Memory[];
      /** The cursor of those that are older; `null`: there are none. */
      readonly olderId: number | null;
    };

/** A message that a memory came from. */
export interface MemorySource {
  readonly messageId: number;
  readonly conversationId: string;
  readonly role: 'person' | 'claude' | 'command' | 'overheard';
  readonly author: string | null;
  /** Its beginning. */
  readonly text: string;
  readonly createdAtMs: number;
}

/** What a memory has to do with messages and other memories. */
export interface MemoryTies {
  /** Oldest first. */
  readonly sources: readonly MemorySource[];
  /** In whose place it came, latest first. */
  readonly replaced: readonly Memory[];
  /** The events that it was made of, oldest first. */
  readonly episodes: readonly Memory[];
}

/** Reads what is remembered. */
export interface Memories {
  /**
   * Those that are live. Looks at a bounded number: a page may be short or empty though there is more
   * behind `olderId`.
   */
  list(filter: MemoryFilter): MemoryList;
  /** At most `limit` of each. */
  ties(id: number, limit: number): MemoryTies;
  /** Where there are live ones. */
  scopes(): readonly string[];
}

export function createMemories(database: Database, { find }: Pick<MemoryStore, 'find'>): Memories {
  const sqlite = database.orm.$client;
  const ids = (statement: string) => sqlite.prepare<unknown[], number>(statement).pluck();
  const memoriesOf = (found: readonly number[]) => found.map(find).filter((one) => one !== null);

  const latest = 'AND id < :before ORDER BY id DESC LIMIT :limit';
  const all = ids(`SELECT id FROM memories WHERE 1 ${latest}`);
  const inScope = ids(`SELECT id FROM memories WHERE status = 'live' AND scope = :scope ${latest}`);
  const withWords = ids(
    `SELECT rowid FROM memories_search WHERE memories_search MATCH :match AND rowid < :before
     ORDER BY rowid DESC LIMIT :limit`,
  );
  const fitting = ids(
    `SELECT id FROM memories WHERE id IN (SELECT value FROM json_each(:ids)) AND +status = 'live'
       AND (:scope IS NULL OR scope = :scope) AND (:kind IS NULL OR kind = :kind)
     ORDER BY id DESC LIMIT ${MEMORY_COUNT + 1}`,
  );
  const sources = sqlite.prepare<[number, number], MemorySource>(
    `SELECT message_id AS messageId, conversation_id AS conversationId, role, author,
       substr(text, 1, ${SAID_LENGTH}) AS text, created_at_ms AS createdAtMs
     FROM memory_sources JOIN messages ON messages.id = message_id
     WHERE memory_id = ? ORDER BY message_id LIMIT ?`,
  );
  const replaced = ids('SELECT id FROM memories WHERE replaced_by_id = ? ORDER BY id DESC LIMIT ?');
  const episodes = ids(
    'SELECT episode_id FROM memory_origins WHERE memory_id = ? ORDER BY episode_id LIMIT ?',
  );
  const scopes = sqlite
    .prepare<[], string>(
      `WITH RECURSIVE seen (scope) AS (
         SELECT min(scope) FROM memories WHERE status = 'live'
         UNION ALL SELECT (SELECT min(scope) FROM memories
           WHERE status = 'live' AND memories.scope > seen.scope) FROM seen WHERE scope IS NOT NULL
       ) SELECT scope FROM seen WHERE scope IS NOT NULL LIMIT ${SCOPE_COUNT}`,
    )
    .pluck();

  const walk = ({ query, scope, beforeId }: MemoryFilter): readonly number[] | null => {
    const place = { before: beforeId ?? Number.MAX_SAFE_INTEGER, limit: WALKED_COUNT };
    if (query.trim() === '') {
      return scope === null ? all.all(place) : inScope.all({ ...place, scope });
    }
    const phrases = phrasesOf(query.slice(0, QUERY_LENGTH)).slice(0, WORD_COUNT);
    if (phrases.length === 0) return null;
    const match = `{text context outcome trigger} : (${phrases.join(' ')})`;
    return withWords.all({ ...place, match });
  };

  return {
    list: (filter) => {
      const walked = walk(filter);
      if (walked === null) return { kind: 'no-words' };
      const { scope, kind } = filter;
      const fit = fitting.all({ ids: JSON.stringify(walked), scope, kind });
      const page = pageOfWalk(walked, fit, MEMORY_COUNT);
      return { kind: 'found', memories: memoriesOf(page.ids), olderId: page.olderId };
    },
    ties: (id, limit) => ({
      sources: sources.all(id, limit),
      replaced: memoriesOf(replaced.all(id, limit)),
      episodes: memoriesOf(episodes.all(id, limit)),
    }),
    scopes: () => scopes.all(),
  };
}
