/** A part ends before `end`, the next one starts at `next`; what lies between is dropped. */
interface Cut {
  readonly end: number;
  readonly next: number;
}

/** Where a part may end: between `at` and `bound`, in UTF-16 units. */
interface Stretch {
  readonly text: string;
  readonly at: number;
  readonly bound: number;
  /** Whether the character at a place is in a block of code. */
  readonly inPre: (place: number) => boolean;
  /** Whether what ends at a place is a heading. */
  readonly isHeading: (end: number) => boolean;
}

const SENTENCE_END = /[.!?…]["'”’)\]]*(?=\s)|[。！？][”』」]*/gu;

/**
 * The best place to end a part: after a paragraph, though not one that announces the next, then after
 * a line, a line of code, a sentence, a word, a character as a reader sees it. Weaker kinds count
 * only in the second half of what fits, so that no part is needlessly short.
 */
export function bestCut(stretch: Stretch): Cut {
  const { text, at, bound } = stretch;
  if (bound >= text.length) return { end: text.length, next: text.length };
  const quarter = at + ((bound - at) >> 2);
  const half = at + ((bound - at) >> 1);
  return (
    afterParagraph(stretch, quarter) ??
    afterLine(stretch, half) ??
    afterLineOfCode(stretch, half) ??
    afterSentence(stretch, half) ??
    afterWord(stretch, half) ??
    afterWord(stretch, at + 1) ??
    afterSegment(stretch, 'word', half) ??
    afterSegment(stretch, 'grapheme', at + 1) ??
    afterCharacter(stretch)
  );
}

/** The places of a text within the stretch, last first. */
function* placesOf({ text, bound }: Stretch, wanted: string, from: number): Generator<number> {
  const window = text.slice(from, bound + wanted.length);
  for (let found = window.lastIndexOf(wanted); found >= 0;) {
    yield from + found;
    found = found === 0 ? -1 : window.lastIndexOf(wanted, found - 1);
  }
}

function afterParagraph(stretch: Stretch, from: number): Cut | null {
  let fallback: Cut | null = null;
  for (const place of placesOf(stretch, '\n\n', from)) {
    if (stretch.inPre(place)) continue;
    const announces = stretch.isHeading(place) || stretch.text[place - 1] === ':';
    if (!announces) return { end: place, next: place };
    fallback ??= { end: place, next: place };
  }
  return fallback;
}

function afterLine(stretch: Stretch, from: number): Cut | null {
  for (const place of placesOf(stretch, '\n', from)) {
    if (!stretch.inPre(place)) return { end: place, next: place };
  }
  return null;
}

/** An empty line in code is as good as the end of a paragraph. */
function afterLineOfCode(stretch: Stretch, from: number): Cut | null {
  for (const place of placesOf({ ...stretch, bound: stretch.bound - 1 }, '\n\n', from)) {
    return { end: place + 1, next: place + 2 };
  }
  for (const place of placesOf(stretch, '\n', from)) return { end: place, next: place + 1 };
  return null;
}

function afterSentence(stretch: Stretch, from: number): Cut | null {
  const window = stretch.text.slice(from, stretch.bound + 1);
  let best: Cut | null = null;
  for (const match of window.matchAll(SENTENCE_END)) {
    const place = from + match.index + match[0].length;
    if (place <= stretch.bound && !stretch.inPre(place)) best = { end: place, next: place };
  }
  return best;
}

/** In code the space stays at the end of the part. */
function afterWord({ text, bound, inPre }: Stretch, from: number): Cut | null {
  for (let place = bound; place >= from; place -= 1) {
    const kept = inPre(place);
    if (/\s/.test(text.charAt(kept ? place - 1 : place))) return { end: place, next: place };
  }
  return null;
}

/** Where words are not set apart by spaces, and where there is but one of them. */
function afterSegment(
  { text, at, bound }: Stretch,
  granularity: 'word' | 'grapheme',
  from: number,
): Cut | null {
  const segments = new Intl.Segmenter(undefined, { granularity }).segment(
    text.slice(at, bound + 64),
  );
  const place = at + (segments.containing(bound - at)?.index ?? 0);
  return place < from ? null : { end: place, next: place };
}

/** A character of more units than a part can have is cut all the same, though not within a pair. */
function afterCharacter({ text, at, bound }: Stretch): Cut {
  const inPair = (text.codePointAt(bound - 1) ?? 0) > 0xffff && bound - 1 > at;
  const place = inPair ? bound - 1 : bound;
  return { end: place, next: place };
}
