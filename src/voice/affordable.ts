/** About what a parser takes in microseconds on a small server; rather too much than too little. */
const PER_UNIT = 0.3;
const PER_LINE = 40;
const PER_MARK = 40;
const PER_INDENT = 8;
const PER_CELL = 8;
const PER_CODE_UNIT = 1;
const PER_CODE_LINE = 20;
/** A mark without its fellow may make the parser look through the rest of its paragraph. */
const PER_MARK_AND_UNIT = 0.03;
const BUDGET = 300_000;

/** Deeper nesting on one line would take all of the parser's stack. */
const NESTED_COUNT = 24;
const CONTAINERS = /^(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)|\[\^[^\]]*\]:))*[ \t]*/u;
/** The start of a block that ends the paragraph before it. */
const BLOCK_START = /^[ \t]*(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#)/u;
const CONTAINER = /[-*+>.):]/gu;
const CELL = /\|/gu;
const MARK = /[*_~[\]<&`\\]|https?:|www\./gu;
const FENCE = /^(`{3,}(?=[^`]*$)|~{3,})(.*)$/u;
const LIST_ITEM = /^(?:[-*+]|\d{1,9}[.)])[ \t]/u;

/**
 * How much of a Markdown, from its start and in UTF-16 units, is parsed in well under a second. The
 * parser's time grows with the square of the marks in a paragraph. Less than all of it ends where a
 * block ends, outside of code; none where even the first block would take too long.
 *
 * @param source With line feeds as its only line breaks.
 */
export function affordableUnits(source: string): number {
  let fence: string | null = null;
  let effort = 0;
  let paragraph = { markCount: 0, units: 0 };
  let afterBlank = true;
  let affordable = 0;
  for (let at = 0; at < source.length;) {
    const found = source.indexOf('\n', at);
    const end = found === -1 ? source.length : found;
    const line = source.slice(at, end);
    const isBlank = line.trim() === '';
    if (fence === null && (LIST_ITEM.test(line) || (afterBlank && /^\S/u.test(line)))) {
      affordable = at;
    }
    const before = CONTAINERS.exec(line)?.[0] ?? '';
    const within: string | null = fence;
    fence = nextFence(fence, line.slice(before.length));
    if (within !== null && fence !== null) {
      effort += PER_CODE_LINE + line.length * PER_CODE_UNIT;
    } else {
      if (countOf(before, CONTAINER) >= NESTED_COUNT) return affordable;
      if (isBlank || BLOCK_START.test(line)) paragraph = { markCount: 0, units: 0 };
      const markCount = countOf(line, MARK);
      const known = paragraph.markCount * paragraph.units;
      paragraph.markCount += markCount;
      paragraph.units += line.length;
      effort += PER_LINE + line.length * PER_UNIT + before.length * PER_INDENT;
      effort += markCount * PER_MARK + countOf(line, CELL) * PER_CELL;
      effort += (paragraph.markCount * paragraph.units - known) * PER_MARK_AND_UNIT;
    }
    if (effort > BUDGET) return affordable;
    afterBlank = isBlank;
    at = end + 1;
  }
  return source.length;
}

function countOf(text: string, what: RegExp): number {
  return text.match(what)?.length ?? 0;
}

/** The marks of the fence that is open behind a line. */
function nextFence(fence: string | null, line: string): string | null {
  const [, marks, rest = ''] = FENCE.exec(line) ?? [];
  if (fence === null) return marks ?? null;
  return marks?.startsWith(fence) === true && rest.trim() === '' ? null : fence;
}
