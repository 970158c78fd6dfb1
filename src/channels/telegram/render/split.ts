import type { MessageEntity } from '@grammyjs/types';
import { bestCut } from './cut.ts';
import { endOf, type FormattedText, withoutEdges } from './formatted-text.ts';
import { isBlank } from './visible.ts';

/** How many entities of a message Telegram regards; it drops the others without a word. */
export const ENTITY_LIMIT = 100;

/** Limits of one part. `units` are of UTF-16. */
export interface PartLimits {
  readonly units: number;
  readonly entityCount: number;
}

/**
 * Cuts a text into parts of at most `limit` UTF-16 units and {@link ENTITY_LIMIT} entities, at the
 * best places there are. Formatting that crosses a cut goes on in the next part. White space at a cut
 * is dropped, in `pre` one line feed at the most; besides that only stretches as long as a part with
 * nothing visible in them are, since Telegram would refuse such a part.
 *
 * A `pre` that starts a part keeps its indentation: Telegram trims the start of a message only as far
 * as the first entity (`fix_formatted_text` in tdlib's `td/telegram/MessageEntity.cpp`).
 *
 * @param limit At least 2, so that a surrogate pair fits. A blank text has no parts.
 */
export function splitText(whole: FormattedText, limit: number): FormattedText[] {
  return [...partsOf(whole, { units: limit, entityCount: ENTITY_LIMIT })];
}

/** The same one by one, for whoever needs only the first few. */
export function* partsOf(whole: FormattedText, limits: PartLimits): Generator<FormattedText> {
  const { text, entities } = whole;
  const pres = entities.filter((entity) => entity.type === 'pre');
  const headingEnds = new Set(entities.filter((e) => isHeading(text, e)).map(endOf));
  let open: readonly MessageEntity[] = [];
  let upcoming = 0;
  for (let at = 0; at < text.length;) {
    while (pres[0] !== undefined && endOf(pres[0]) <= at) pres.shift();
    at = skipSpace(text, at, pres[0]?.offset ?? text.length);
    const tooMany = entities[upcoming + limits.entityCount - open.length]?.offset ?? text.length;
    const cut = bestCut({
      text,
      at,
      bound: Math.min(at + limits.units, tooMany > at ? tooMany : text.length, text.length),
      inPre: (place) => holds(pres, place),
      isHeading: (end) => headingEnds.has(end),
    });
    const started: MessageEntity[] = [];
    for (let next = entities[upcoming]; next !== undefined && next.offset < cut.next;) {
      started.push(next);
      upcoming += 1;
      next = entities[upcoming];
    }
    const within = [...open, ...started];
    const end = withoutSpace(text, at, cut.end, (place) => holds(pres, place));
    const part = partOf(text, at, end, within, limits.entityCount);
    if (!isBlank(part.text)) yield part;
    open = within.filter((entity) => endOf(entity) > cut.next);
    at = cut.next;
  }
}

function isHeading(text: string, entity: MessageEntity): boolean {
  const startsLine = entity.offset === 0 || text[entity.offset - 1] === '\n';
  return entity.type === 'bold' && startsLine;
}

/** Whether the character at a place is code; the blocks are sorted, and few in any one part. */
function holds(pres: readonly MessageEntity[], place: number): boolean {
  for (const pre of pres) {
    if (pre.offset > place) return false;
    if (place < endOf(pre)) return true;
  }
  return false;
}

function partOf(
  text: string,
  start: number,
  end: number,
  entities: readonly MessageEntity[],
  entityCount: number,
): FormattedText {
  const own = text.slice(start, end);
  const clipped = entities.map((entity) => {
    const offset = Math.max(entity.offset, start) - start;
    return { ...entity, offset, length: Math.min(endOf(entity), end) - start - offset };
  });
  return { text: own, entities: withoutEdges(own, clipped).slice(0, entityCount) };
}

function skipSpace(text: string, at: number, stop: number): number {
  let place = at;
  while (place < stop && /\s/.test(text.charAt(place))) place += 1;
  return place;
}

function withoutSpace(
  text: string,
  at: number,
  end: number,
  inPre: (place: number) => boolean,
): number {
  let place = end;
  while (place > at && !inPre(place - 1) && /\s/.test(text.charAt(place - 1))) place -= 1;
  return place;
}
