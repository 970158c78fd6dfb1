/**
 * The words of a query, each as a phrase of FTS5 in which nothing but the word itself counts. None where
 * the query holds no letter and no digit.
 *
 * Source: https://sqlite.org/fts5.html#full_text_query_syntax
 */
export function phrasesOf(query: string): readonly string[] {
  return query
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ')
    .split(/\s+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .map((word) => `"${word.replaceAll('"', '""')}"`);
}

/** Phrases, the last of them as the beginning of a word. */
export function withBeginning(phrases: readonly string[]): string {
  return `${phrases.join(' ')}*`;
}
