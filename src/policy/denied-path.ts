import { RE2JS } from 're2js';

/** A set of characters, a star or a question mark, or what stands for itself. */
const PIECES = /\[[^\]]+\]|\/\*\*$|\*\*\/|\*\*|[*?]|[^*?[/]+|[^]/gu;

/**
 * Whether a path is denied, for tools that Claude Code does not see to. In linear time.
 *
 * @param path Absolute, with links resolved.
 * @param patterns As `deniedFiles` makes them.
 */
export function isDenied(path: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => meaningOf(pattern).matches(path));
}

/** A pattern in the form of gitignore, whatever the case: a folder means all in it. */
function meaningOf(pattern: string): RE2JS {
  const source = pattern.slice(1).replaceAll(PIECES, (piece) => {
    switch (piece) {
      case '/**':
        return '/.*';
      case '**/':
        return '(?:.*/)?';
      case '**':
        return '.*';
      case '*':
        return '[^/]*';
      case '?':
        return '[^/]';
      default:
        return piece.startsWith('[') && piece.endsWith(']') && piece.length > 2
          ? setOf(piece)
          : RE2JS.quote(piece);
    }
  });
  return RE2JS.compile(`${source}(?:/.*)?`, RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL);
}

/** One that makes no sense, such as `[z-a]`, stands for every character: rather too much than too little. */
function setOf(piece: string): string {
  const set = `[${piece
    .slice(1, -1)
    .replaceAll(/[\\[\]^]/gu, String.raw`\$&`)
    .replace(/^!/u, '^')}]`;
  try {
    RE2JS.compile(set);
    return set;
  } catch {
    return '[^/]';
  }
}
