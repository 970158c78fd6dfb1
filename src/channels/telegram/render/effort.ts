/** Costs in microseconds or so on a small server that has run the parser before. */
const PER_UNIT = 0.3;
const PER_LINE = 40;
const PER_BLANK_LINE = 10;
const PER_CONTAINER = 40;
const PER_INDENT = 8;
const PER_MARK = 10;
/** Above that of their marks. */
const PER_LINK = 30;
const PER_CELL = 8;
const PER_CODE_UNIT = 0.05;
const PER_CODE_LINE = 8;
/** Each mark without its fellow makes the parser walk past the others of its paragraph. */
const PER_LOOSE_PAIR = 0.06;
const PER_LOOSE_IMAGE = 16;

/** Deeper nesting on one line would take all of the parser's stack. */
const NESTED_PER_LINE_COUNT = 24;
const CONTAINERS = /^(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)|\[\^[^\]]*\]:))*[ \t]*/;
const CONTAINER = /[-*+>.):]/g;
/** The start of a block that ends the paragraph before it. */
const BLOCK_START = /^[ \t]*(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#)/;
const FENCE = /^(`{3,}(?=[^`]*$)|~{3,})(.*)$/;
/** Links, code and bold words whose two ends stand on one line with nothing in between, and `_` within a word. */
const WELL_FORMED =
  /\[[^[\]*]{0,80}\]\([^\s()<>[\]]*\)|(?<!`)(`+)(?!`)[^`]+\1(?!`)|(?<!\w)\*\*[^\s*]+(?: [^\s*]+)*\*\*(?!\w)|(?<=\w)_+(?=\w)/g;
const MARK = /[*_~[\]<&`|\\]|https?:/g;
const LOOSE_MARK = /[*_~[\]`]/g;
const IMAGE = /!\[/g;
const LINK = /\]\(/g;
const CELL = /\|/g;

interface Fence {
  readonly marks: string;
  /** The lists and quotes that it stands in. */
  readonly before: string;
}

/**
 * About how long the parser takes for Markdown, in microseconds; infinite where its stack might not
 * suffice. Time grows with the lines, their nesting and the marks, and, within a paragraph or a table,
 * with the square of the marks that are not plainly in pairs. In earnest there are few of those.
 */
export function effortOf(source: string): number {
  let fence: Fence | null = null;
  let effort = 0;
  let markCount = 0;
  let looseCount = 0;
  const tangle = () => markCount * looseCount * PER_LOOSE_PAIR;
  for (const line of source.split('\n')) {
    const before = CONTAINERS.exec(line)?.[0] ?? '';
    const within: Fence | null = fence;
    fence = nextFence(fence, before, line);
    if (within !== null && fence !== null) {
      effort += PER_CODE_LINE + line.length * PER_CODE_UNIT + fence.before.length * PER_INDENT;
      continue;
    }
    const containerCount = countOf(before, CONTAINER);
    if (containerCount >= NESTED_PER_LINE_COUNT) return Infinity;
    const isBlank = line.trim() === '';
    if (isBlank || BLOCK_START.test(line)) {
      effort += tangle();
      markCount = 0;
      looseCount = 0;
    }
    effort += isBlank ? PER_BLANK_LINE : PER_LINE;
    effort += containerCount * PER_CONTAINER + line.length * PER_UNIT;
    effort += before.length * PER_INDENT;
    const lineMarkCount = countOf(line, MARK);
    effort += lineMarkCount * PER_MARK;
    effort += countOf(line, LINK) * PER_LINK + countOf(line, CELL) * PER_CELL;
    markCount += lineMarkCount;
    looseCount += looseMarksOf(line);
  }
  return effort + tangle();
}

function looseMarksOf(line: string): number {
  const loose = line.replaceAll(WELL_FORMED, '');
  return countOf(loose, LOOSE_MARK) + countOf(loose, IMAGE) * PER_LOOSE_IMAGE;
}

function countOf(text: string, what: RegExp): number {
  return text.match(what)?.length ?? 0;
}

/** The fence that is open behind a line. One in a list or a quote ends with it at the latest. */
function nextFence(fence: Fence | null, before: string, line: string): Fence | null {
  const [, marks, rest = ''] = FENCE.exec(line.slice(before.length)) ?? [];
  if (fence === null) return marks === undefined ? null : { marks, before };
  if (marks?.startsWith(fence.marks) === true && rest.trim() === '') return null;
  return fence.before === '' || /^(?:\s|>|$)/.test(line) ? fence : null;
}
