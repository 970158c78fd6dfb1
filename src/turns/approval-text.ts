import { beginning, escapeMarkdown } from '../core/format.ts';

/** So much of what a tool is given is shown, in UTF-16 units: the whole fits one message of a chat. */
export const SHOWN_LENGTH = 2800;
export const WORDS_LENGTH = 300;

/** What nobody sees, what changes the order of what is seen, and what looks like a space and is none. */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;

/** Such characters as their numbers. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** A block that ends where it should, whatever stands in it. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(0, ...(text.match(/`+/gu) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A line of words. */
export function inWords(text: string): string {
  return escapeMarkdown(visible(beginning(text.trim(), WORDS_LENGTH)));
}

/** How much of a text is not shown; empty: nothing. */
export function leftOut(text: string, shownLength = SHOWN_LENGTH): string {
  const length = text.length - shownLength;
  return length > 0 ? `⚠️ ${length} characters of it are not shown here.` : '';
}
