/** The marker that a private key begins with. https://www.rfc-editor.org/rfc/rfc7468 */
export const PRIVATE_KEY_BEGIN = '-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY';

const BEGIN = new RegExp(`${PRIVATE_KEY_BEGIN}(?: BLOCK)?-----`, 'gu');
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/gu;
/** What stands between a marker and the key: line breaks, also as JSON writes them, and what marks a quote. */
const GAP = /(?:[\s>|"'`]|\\[nrt])*/uy;
/** `Proc-Type: 4,ENCRYPTED` */
const HEADER = /[A-Za-z-]{1,40}:[^\n]{0,200}(?:\n|$)/uy;
const CONTENT = /[A-Za-z0-9+/]{16}/uy;
/** A line that may belong to a key: without a word behind another. */
const LINE = /[^\S\n]*(?:[>|"'][^\S\n]*)?(?:[A-Za-z-]{1,40}:[^\n]{0,200}|\S*)[^\S\n]*(?:\n|$)/uy;

/** In UTF-16 units. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * The private keys in a text, each with its markers: up to the one at its end, and where that is missing as
 * far as the lines look like a key. A marker without a key behind it is none.
 *
 * @returns Where they stand, in order.
 */
export function privateKeys(text: string): readonly Stretch[] {
  const spans: Stretch[] = [];
  let isEndless = false;
  let from = 0;
  for (;;) {
    const begin = matchAt(BEGIN, text, from);
    if (begin === null) return spans;
    from = begin.end;
    if (!hasContent(text, begin.end)) continue;
    const end: Stretch | null = isEndless ? null : matchAt(END, text, begin.end);
    isEndless = end === null;
    from = end === null ? endOfLines(text, begin.end) : end.end;
    spans.push({ start: begin.start, end: from });
  }
}

function hasContent(text: string, from: number): boolean {
  let at = matchAt(GAP, text, from)?.end ?? from;
  for (;;) {
    const header = matchAt(HEADER, text, at);
    if (header === null) return matchAt(CONTENT, text, at) !== null;
    at = matchAt(GAP, text, header.end)?.end ?? header.end;
  }
}

function endOfLines(text: string, from: number): number {
  let end = from;
  while (end < text.length) {
    const line = matchAt(LINE, text, end);
    if (line === null) break;
    end = line.end;
  }
  return end === from ? text.length : from + text.slice(from, end).trimEnd().length;
}

function matchAt(pattern: RegExp, text: string, from: number): Stretch | null {
  pattern.lastIndex = from;
  const match = pattern.exec(text);
  return match === null ? null : { start: match.index, end: match.index + match[0].length };
}
