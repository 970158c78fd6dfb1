/** What nobody writes in earnest, and what would take a parser seconds, or all of its stack. */
const NESTED_PER_LINE_COUNT = 24;
const MARKS_PER_PARAGRAPH_COUNT = 3_000;
const NESTED = new RegExp(
  String.raw`^(?:[ \t]*(?:>|[-*+][ \t]|\d{1,9}[.)][ \t])){${NESTED_PER_LINE_COUNT}}`,
);
/** The start of a block that ends the paragraph before it, a row of a table among them. */
const BLOCK_START = /^[ \t]*(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#|\|)/;
const FENCE = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?:```|~~~)/;
const MARK = /[*_~[\]<&`]/g;

/**
 * Whether Markdown holds so many marks in one paragraph, or so many quotes and lists on one line,
 * that it is to be shown as it is: the parser's time grows with their square, and deep nesting
 * overflows the stack. Code between fences does not count.
 */
export function isTangled(source: string): boolean {
  let fence: 'none' | 'margin' | 'indented' = 'none';
  let markCount = 0;
  for (const line of source.split('\n')) {
    if (FENCE.test(line))
      fence = fence !== 'none' ? 'none' : /^[`~]/.test(line) ? 'margin' : 'indented';
    else if (fence === 'indented' && /^\S/.test(line)) fence = 'none';
    if (fence !== 'none') continue;
    if (NESTED.test(line)) return true;
    if (BLOCK_START.test(line) || line.trim() === '') markCount = 0;
    markCount += line.match(MARK)?.length ?? 0;
    if (markCount > MARKS_PER_PARAGRAPH_COUNT) return true;
  }
  return false;
}
