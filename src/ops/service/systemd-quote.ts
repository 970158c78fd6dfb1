const ESCAPES: Readonly<Record<string, string>> = {
  '\\': String.raw`\\`,
  '"': String.raw`\"`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
  '%': '%%',
};
/** systemd takes no program whose path has one of these, however it is quoted. */
const NO_PROGRAM = /["'\\\p{Cc}]/u;

/** A word of a setting such as Environment=: https://www.freedesktop.org/software/systemd/man/systemd.syntax.html#Quoting */
export function quoteWord(text: string): string {
  return `"${text.replaceAll(/[\\"\n\r\t%]/gu, (letter) => ESCAPES[letter] ?? letter)}"`;
}

/** The text of a word that {@link quoteWord} has made. */
export function unquoteWord(word: string): string {
  const plain = new Map(Object.entries(ESCAPES).map(([letter, written]) => [written, letter]));
  return word.slice(1, -1).replaceAll(/\\.|%%/gu, (written) => plain.get(written) ?? written);
}

/** A word of a command line, where `$` would be a variable. */
export function quoteArgument(text: string): string {
  return quoteWord(text.replaceAll('$', '$$$$'));
}

/**
 * The first word of a command line. A `$` is no variable there; a path that systemd takes for no
 * program goes through the shell, which replaces itself by it.
 */
export function quoteProgram(path: string): string {
  if (!NO_PROGRAM.test(path)) return quoteWord(path);
  return `/bin/sh -c ${quoteArgument('exec "$0" "$@"')} ${quoteArgument(path)}`;
}
