/** After one of these an `@` is the middle of a word: printable ASCII, a letter or a digit. */
const INSIDE_WORD = /[\x21-\x7e\p{L}\p{N}]/u;
const LEADING_SLASH = /^[\s\uFEFF]*\//;

/**
 * Takes away what Claude Code would do with a prompt before the model sees it: an `@` at the start of a
 * word puts the file of that name into the request, whatever the tools allow, and a leading `/` runs a
 * command. Both get a visible backslash; an invisible character would end up in people's code.
 *
 * Claude Code 2.1.329 starts a word after any JavaScript `\s` and after CJK punctuation. Here every
 * character counts that is not plainly the inside of a word, so that a version with a longer list finds
 * nothing either.
 */
export function defusePrompt(prompt: string): string {
  const mentions = prompt.replace(/(^|[^])@/gu, (match, before: string) =>
    before !== '' && INSIDE_WORD.test(before) ? match : `${before}\\@`,
  );
  return LEADING_SLASH.test(mentions) ? mentions.replace('/', '\\/') : mentions;
}
