import type { Gap } from './formatted-text.ts';

/** A stretch of Markdown that means the same when it is read by itself. */
interface Section {
  readonly source: string;
  /** What stands between it and the section before. */
  readonly gap: Gap;
  /** Whether it is the rest of a block of code, to be shown as it is. */
  readonly isRest?: true;
}

/** A parser's fixed cost and its growth with the square of the length balance at about this many units. */
const WANTED_UNITS = 2_000;
/** Past this a section is cut where a list item starts. */
const LONG_LIST_UNITS = 4_000;
/** Past this it is cut at any line: a table so long loses its form, and a paragraph nothing. */
const LONG_UNITS = 24_000;
/** The same in lines, where they are so short that there are more blocks in them than one would write. */
const LONG_LIST_LINE_COUNT = 200;
const LONG_LINE_COUNT = 400;
/** Past this a block of code is cut: it is more than would be sent. */
const LONG_CODE_UNITS = 64_000;
const LIST_ITEM = /^(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/;
/** A fence at the margin or in the first item of a list; deeper ones end with their list at the latest. */
const FENCE = /^( {0,3}|[-*+] {1,2}|\d[.)] )(`{3,}(?=[^`]*$)|~{3,})(.*)$/;

/** `indent` tells a fence that is surely at the top level, 0, from one that may belong to a list. */
interface Fence {
  readonly marks: string;
  readonly indent: number;
}

/**
 * Cuts Markdown where nothing is open: at a line that starts at the margin after a blank line,
 * outside of a fence and of a list. The parser's time grows with the square of what it gets at once,
 * and what will not be sent need not be parsed at all. Only long stretches without such a place are
 * cut elsewhere: past {@link LONG_UNITS} or {@link LONG_LINE_COUNT}, and code past
 * {@link LONG_CODE_UNITS}, whose rest is a section of its own.
 *
 * @param markdown With line feeds as its only line breaks.
 */
export function* sectionsOf(markdown: string): Generator<Section> {
  let fence: Fence | 'unclear' | null = null;
  let start = 0;
  let lineCount = 0;
  let gap: Gap = '';
  let afterBlank = true;
  for (let at = 0; at < markdown.length;) {
    const end = lineEnd(markdown, at);
    const line = markdown.slice(at, end);
    if (mayCut(line, { units: at - start, lineCount, afterBlank, fence })) {
      yield { source: markdown.slice(start, at), gap };
      start = at;
      lineCount = 0;
      gap = afterBlank ? '\n\n' : '\n';
      if (fence === 'unclear') fence = null;
    }
    if (line.trim() === '' && start === at && fence === null) start = end + 1;
    fence = nextFence(fence, line);
    if (fence === null && end - start > LONG_UNITS) {
      yield* pieces(markdown.slice(start, end), gap);
      start = end;
      lineCount = 0;
      gap = '\n';
    }
    if (fence !== null && end - start > LONG_CODE_UNITS) {
      const cut = wholeAt(markdown, Math.max(at, start + LONG_UNITS));
      yield { source: markdown.slice(start, cut), gap };
      yield { source: markdown.slice(cut), gap: '\n', isRest: true };
      return;
    }
    if (fence === null && !line.startsWith('|')) lineCount += 1;
    afterBlank = line.trim() === '';
    at = end + 1;
  }
  if (start < markdown.length) yield { source: markdown.slice(start), gap };
}

function lineEnd(markdown: string, at: number): number {
  const found = markdown.indexOf('\n', at);
  return found === -1 ? markdown.length : found;
}

/** Of the section before a line: its length, and what it may end with. */
interface Stretch {
  readonly units: number;
  /** Without code, and without the rows of tables, which keep their form only as a whole. */
  readonly lineCount: number;
  readonly afterBlank: boolean;
  readonly fence: Fence | 'unclear' | null;
}

function mayCut(line: string, { units, lineCount, afterBlank, fence }: Stretch): boolean {
  if (fence === 'unclear') return units > LONG_UNITS;
  if (fence !== null) return false;
  if (units > LONG_UNITS || lineCount > LONG_LINE_COUNT) return true;
  if (LIST_ITEM.test(line)) return units > LONG_LIST_UNITS || lineCount > LONG_LIST_LINE_COUNT;
  return units >= WANTED_UNITS && afterBlank && /^\S/.test(line);
}

/** The state after a line; `unclear` where only a parser could tell whether a list holds the fence. */
function nextFence(fence: Fence | 'unclear' | null, line: string): Fence | 'unclear' | null {
  if (fence === 'unclear') return fence;
  const [, indent = '', marks, rest = ''] = FENCE.exec(line) ?? [];
  if (marks === undefined) return fence;
  if (fence === null) return { marks, indent: indent.length };
  const closes = marks.startsWith(fence.marks) && rest.trim() === '' && indent.trim() === '';
  if (closes && indent.length >= fence.indent) return null;
  return fence.indent === 0 ? fence : 'unclear';
}

/** A stretch with a line of unusual length, cut at spaces where there are any. */
function* pieces(long: string, before: Gap): Generator<Section> {
  let gap = before;
  for (let at = 0; at < long.length;) {
    const limit = at + LONG_UNITS;
    const space = long.slice(at, limit).lastIndexOf(' ');
    const end = limit >= long.length ? long.length : space > 0 ? at + space : wholeAt(long, limit);
    yield { source: long.slice(at, end), gap };
    gap = long[end] === ' ' ? ' ' : '';
    at = end + gap.length;
  }
}

/** The place itself, or the one before it where it lies between the halves of a surrogate pair. */
function wholeAt(text: string, at: number): number {
  return (text.codePointAt(at - 1) ?? 0) > 0xffff ? at - 1 : at;
}
