import { type FormattedText, Writer } from './formatted-text.ts';
import { renderBeginning } from './markdown.ts';
import { TEXT_LIMIT } from './message.ts';
import { ENTITY_LIMIT, type PartLimits, partsOf } from './split.ts';
import { isBlank } from './visible.ts';

/** More messages than this would bury the chat: a document takes their place. */
const MESSAGE_LIMIT_COUNT = 6;
/** In microseconds or so: more than six dense messages take, and no more than other chats can wait. */
const EFFORT_LIMIT = 140_000;

/** A reply in Telegram's own form. */
export interface RenderedReply {
  /** What to send, in this order; never empty, and each one fits a message. */
  readonly texts: readonly FormattedText[];
  /** The whole answer, to send behind the one text there is then, its beginning. */
  readonly document: { readonly fileName: string; readonly content: string } | null;
}

const LIMITS: PartLimits = { units: TEXT_LIMIT, entityCount: ENTITY_LIMIT };
const EMPTY: FormattedText = { text: '(empty answer)', entities: [] };
const FILE_NAME = 'answer.md';
const NOTE = `This is only the beginning: the whole answer is in the attached ${FILE_NAME}.`;

/**
 * Gives an answer its form: up to six messages, or else its beginning and the Markdown as a document.
 * Telegram has nothing to parse in it, and so nothing to refuse.
 */
export function renderReply(markdown: string): RenderedReply {
  const units = (MESSAGE_LIMIT_COUNT + 1) * TEXT_LIMIT;
  const { beginning, complete } = renderBeginning(markdown, { units, effort: EFFORT_LIMIT });
  if (complete && isBlank(beginning.text)) return { texts: [EMPTY], document: null };
  const texts: FormattedText[] = [];
  for (const part of complete ? partsOf(beginning, LIMITS) : []) {
    texts.push(part);
    if (texts.length > MESSAGE_LIMIT_COUNT) break;
  }
  if (complete && texts.length <= MESSAGE_LIMIT_COUNT) return { texts, document: null };
  return {
    texts: [announced(beginning)],
    document: { fileName: FILE_NAME, content: markdown },
  };
}

/** One message from the beginning of an answer, if any of it can be seen, and where the rest is. */
function announced(answer: FormattedText): FormattedText {
  const out = new Writer();
  out.marked('italic', () => out.write(NOTE));
  const note = out.finish();
  const limits = {
    units: TEXT_LIMIT - note.text.length - 2,
    entityCount: ENTITY_LIMIT - note.entities.length,
  };
  for (const first of partsOf(answer, limits)) {
    const offset = first.text.length + 2;
    const shifted = note.entities.map((entity) => ({ ...entity, offset: entity.offset + offset }));
    return {
      text: `${first.text}\n\n${note.text}`,
      entities: [...first.entities, ...shifted],
    };
  }
  return note;
}
