import { type FormattedText } from './formatted-text.ts';
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

/** Markdown as what stands below a file, empty where there is nothing to see; null where it is too long. */
export function renderCaption(markdown: string): FormattedText | null {
  return whole(markdown, CAPTION_LIMIT);
}
