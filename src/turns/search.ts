import { and, eq, inArray, ne, sql } from 'drizzle-orm';
import { messages, turns } from '../../drizzle/schema.ts';
import { excerpt } from '../core/format.ts';
import { phrasesOf, withBeginning } from '../inbox/search-words.ts';
import type { Database } from '../platform/database/open.ts';

/** So many words stand around a match. */
const EXCERPT_WORD_COUNT = 32;
/** A word may be as long as a whole message. */
const EXCERPT_LENGTH = 600;

/** A message in which all the words were found. */
export interface SearchHit {
  readonly role: 'person' | 'claude';
  /** The person's name; `null` for Claude. */
  readonly author: string | null;
  readonly createdAtMs: number;
  /** One line, the words that were found between `**`. */
  readonly excerpt: string;
}

/** Looks through what was said. */
export interface Search {
  /**
   * The messages of a conversation that hold all the words, the last of them as the beginning of a word;
   * newest first. Case and accents do not matter. Left out are the message that is being answered, and
   * what Claude was never given: commands, what still waits, what was taken back.
   *
   * @param limit At least 1.
   * @returns `no-words` where the query holds no letter and no digit.
   */
  find(
    where: { readonly conversationId: string; readonly messageId: number },
    query: string,
    limit: number,
  ):
    { readonly kind: 'found'; readonly hits: readonly SearchHit[] } | { readonly kind: 'no-words' };
}

export function createSearch(database: Database): Search {
  const { orm } = database;
  // One turn that got as far is enough: a second, with another model, may wait or have been taken back.
  const wasGiven = sql`coalesce((select max(${turns.attemptCount} > 0 or ${turns.status} = 'joined')
    from ${turns} where ${turns.messageId} = ${messages.id}), 1)`;
  const matching = orm
    .select({
      role: messages.role,
      author: messages.author,
      createdAtMs: messages.createdAtMs,
      excerpt: sql<string>`snippet(messages_search, 0, '**', '**', '…', ${EXCERPT_WORD_COUNT})`,
    })
    .from(messages)
    .innerJoin(sql`messages_search`, sql`messages_search.rowid = ${messages.id}`)
    .where(
      and(
        sql`messages_search match ${sql.placeholder('match')}`,
        eq(messages.conversationId, sql.placeholder('conversationId')),
        inArray(messages.role, ['person', 'claude']),
        ne(messages.id, sql.placeholder('messageId')),
        wasGiven,
      ),
    )
    // By the column of the index that is searched: it is walked in this order, and only so far as needed.
    .orderBy(sql`messages_search.rowid desc`)
    .limit(sql.placeholder('limit'))
    .prepare();

  return {
    find: ({ conversationId, messageId }, query, limit) => {
      const phrases = phrasesOf(query);
      if (phrases.length === 0) return { kind: 'no-words' };
      const hits = matching
        .all({ match: withBeginning(phrases), conversationId, messageId, limit })
        .flatMap((row) =>
          row.role === 'person' || row.role === 'claude'
            ? [{ ...row, role: row.role, excerpt: excerpt(row.excerpt, EXCERPT_LENGTH) }]
            : [],
        );
      return { kind: 'found', hits };
    },
  };
}
