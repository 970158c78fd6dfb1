/** A stretch of a text, which is one of the words that were looked for or is not. */
export interface Stretch {
  readonly text: string;
  readonly isFound: boolean;
}

/** So much stands before the first word that was found, and so much is shown, in UTF-16 units. */
const LEAD_LENGTH = 80;
const SHOWN_LENGTH = 320;
/** As FTS5 tells words apart: https://sqlite.org/fts5.html#unicode61_tokenizer */
const WORD = /[\p{L}\p{N}\p{M}\p{Co}]+/gu;

/**
 * The part of a text in which words of a query stand, on one line, and what of it they are. Where none is
 * found, its beginning.
 *
 * @param isBeginning Whether the last word of the query counts as the beginning of a word.
 */
export function foundIn(text: string, query: string, isBeginning: boolean): readonly Stretch[] {
  const words = [...query.matchAll(WORD)].map(([word]) => fold(word));
  const last = words.at(-1);
  const wanted = new Set(words);
  const isWanted = (word: string): boolean => {
    const folded = fold(word);
    return wanted.has(folded) || (isBeginning && last !== undefined && folded.startsWith(last));
  };
  const line = text.replaceAll(/\s+/gu, ' ').trim();
  const firstAt = firstOf(line, isWanted);
  const start = firstAt <= LEAD_LENGTH ? 0 : line.lastIndexOf(' ', firstAt - LEAD_LENGTH) + 1;
  const from = Math.max(start, firstAt - 2 * LEAD_LENGTH);
  const shown = line.slice(from, from + SHOWN_LENGTH).toWellFormed();
  const stretches: Stretch[] = from > 0 ? [{ text: '… ', isFound: false }] : [];
  let at = 0;
  for (const { 0: word, index } of shown.matchAll(WORD)) {
    if (!isWanted(word)) continue;
    if (index > at) stretches.push({ text: shown.slice(at, index), isFound: false });
    stretches.push({ text: word, isFound: true });
    at = index + word.length;
  }
  const rest = shown.slice(at);
  const isCut = from + SHOWN_LENGTH < line.length;
  return [...stretches, { text: isCut ? `${rest} …` : rest, isFound: false }];
}

/** Where the first word that is wanted stands; 0 where there is none. */
function firstOf(line: string, isWanted: (word: string) => boolean): number {
  for (const { 0: word, index } of line.matchAll(WORD)) if (isWanted(word)) return index;
  return 0;
}

function fold(word: string): string {
  if (/^[a-z\d]*$/iu.test(word)) return word.toLowerCase();
  return word
    .normalize('NFD')
    .replaceAll(/\p{M}+/gu, '')
    .normalize('NFC')
    .toLowerCase();
}
