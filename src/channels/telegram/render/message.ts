import { ending } from '../../../core/format.ts';
import { endOf, type FormattedText, withoutEdges } from './formatted-text.ts';
import { openFenceOf } from './fence.ts';
import { renderBeginning } from './markdown.ts';
import { ENTITY_LIMIT, partsOf } from './split.ts';
import { isBlank } from './visible.ts';

/**
 * UTF-16 units that `sendMessage` and `editMessageText` take.
 *
 * Source: https://core.telegram.org/bots/api#sendmessage
 */
export const TEXT_LIMIT = 4096;
/** The same for what stands below a photo or a file: https://core.telegram.org/bots/api#sendphoto */
export const CAPTION_LIMIT = 1024;
/** In microseconds or so: about what one dense message takes. */
const EFFORT_LIMIT = 40_000;
const ELLIPSIS = '…';
/** UTF-16 units of Markdown from which an end is rendered. */
const END_SOURCE_LIMIT = 3 * TEXT_LIMIT;
/** A longer word is cut. */
const WORD_LIMIT = 64;

/** The text if it is one part of at most so many units, else null; an empty one where it is blank. */
function whole(markdown: string, units: number): FormattedText | null {
  const enough = { units: units + 1, effort: EFFORT_LIMIT };
  const { beginning, complete } = renderBeginning(markdown, enough);
  if (!complete) return null;
  const [first, second] = partsOf(beginning, { units, entityCount: ENTITY_LIMIT });
  return second === undefined ? (first ?? { text: '', entities: [] }) : null;
}

/** Markdown as one message, cut with an ellipsis where it is longer. Never empty. */
export function renderMessage(markdown: string): FormattedText {
  const fitting = whole(markdown, TEXT_LIMIT);
  if (fitting !== null && !isBlank(fitting.text)) return fitting;
  const units = TEXT_LIMIT - ELLIPSIS.length;
  const { beginning } = renderBeginning(markdown, { units, effort: EFFORT_LIMIT });
  const [first] = partsOf(beginning, { units, entityCount: ENTITY_LIMIT });
  return first === undefined
    ? { text: ELLIPSIS, entities: [] }
    : { ...first, text: first.text + ELLIPSIS };
}

/** Markdown as one message, of which the end is shown where it is longer. Never empty. */
export function renderEnd(markdown: string): FormattedText {
  // What a message shows stems from about as much Markdown; what is before that is not even parsed.
  const tail = ending(markdown, END_SOURCE_LIMIT);
  const isWhole = tail.length === markdown.length;
  const fitting = isWhole ? whole(markdown, TEXT_LIMIT) : null;
  if (fitting !== null) return isBlank(fitting.text) ? { text: ELLIPSIS, entities: [] } : fitting;
  const fence = openFenceOf(markdown.slice(0, markdown.length - tail.length));
  const source = fence === null ? tail : `${fence}\n${tail}`;
  const { beginning } = renderBeginning(source, { units: Infinity, effort: EFFORT_LIMIT });
  return lastOf(beginning, TEXT_LIMIT - ELLIPSIS.length);
}

/** The last units of a text behind an ellipsis, from the beginning of a word if one is near. */
function lastOf({ text, entities }: FormattedText, units: number): FormattedText {
  const rest = ending(text, units);
  const word = rest.length < text.length ? rest.search(/\s\S/u) : -1;
  const shown = (word >= 0 && word < WORD_LIMIT ? rest.slice(word) : rest).trim();
  if (isBlank(shown)) return { text: ELLIPSIS, entities: [] };
  const start = text.trimEnd().length - shown.length;
  const within = `${ELLIPSIS}${shown}`;
  const clipped = entities.map((entity) => {
    const from = Math.max(entity.offset, start);
    const length = endOf(entity) - from;
    return { ...entity, offset: from - start + ELLIPSIS.length, length };
  });
  const visible = withoutEdges(
    within,
    clipped.filter(({ length }) => length > 0),
  );
  return { text: within, entities: visible.slice(-ENTITY_LIMIT) };
}

/** Markdown as what stands below a file, empty where there is nothing to see; null where it is too long. */
export function renderCaption(markdown: string): FormattedText | null {
  return whole(markdown, CAPTION_LIMIT);
}
