import type { MessageEntity } from '@grammyjs/types';

/** Entities that may hold, and stand in, any other but code. */
const MARKS = ['bold', 'italic', 'underline', 'strikethrough', 'spoiler'];
const QUOTES = ['blockquote', 'expandable_blockquote'];
const CODES = ['code', 'pre'];
/** What a bot may set besides; Telegram finds mentions, URLs and the like by itself. */
const OTHERS = ['text_link', 'text_mention', 'custom_emoji', 'date_time'];
const MAX_ENTITY_COUNT = 100;
const MAX_URL_LENGTH = 2048;
/** White space, format characters, fillers, and what the Bot API server deletes. */
const INVISIBLE =
  /\s|\p{Cc}|\p{Cf}|\p{Default_Ignorable_Code_Point}|\u{30A}|\u{333}|\u{33F}|\u{2800}|\u{FFFC}/gu;

/**
 * What the Bot API would say to a text with entities, as the description of its 400, or `null` where
 * it would take both as they are. Stricter than Telegram, which drops or mends some faults without a
 * word: those are refused here, so that a test sees them.
 *
 * Sources: https://core.telegram.org/bots/api#formatting-options, `fix_formatted_text` and
 * `are_entities_valid` in tdlib's `td/telegram/MessageEntity.cpp`, `LinkManager::check_link`.
 *
 * @param limit In UTF-16 units: 4096 for a text, 1024 for a caption.
 */
export function checkText(text: string, entities: MessageEntity[], limit: number): string | null {
  if (!text.isWellFormed()) return refusal('strings must be encoded in UTF-8');
  if (text.replace(INVISIBLE, '') === '') return refusal('message text is empty');
  if (text.length > limit) return refusal('message is too long');
  if (entities.length > MAX_ENTITY_COUNT) return refusal('ENTITIES_TOO_LONG');
  const faults = entities.map(
    (entity) =>
      faultOfKind(entity) ?? faultOfBounds(text, entity) ?? faultOfEdges(text, entity, entities),
  );
  const fault = faults.find((found) => found !== null) ?? faultOfNesting(entities);
  return fault === null ? null : refusal(fault);
}

function refusal(reason: string): string {
  return `Bad Request: ${reason}`;
}

function faultOfKind(entity: MessageEntity): string | null {
  if (![...MARKS, ...QUOTES, ...CODES, ...OTHERS].includes(entity.type)) {
    return "can't parse MessageEntity: Unsupported type specified";
  }
  if ('language' in entity && (entity.type !== 'pre' || !isLanguage(entity.language))) {
    return 'MessageEntityPreCode.language is invalid';
  }
  if (entity.type === 'text_link') return faultOfUrl(entity.url);
  return 'url' in entity ? "can't parse MessageEntity: unexpected url" : null;
}

function isLanguage(language: unknown): boolean {
  return typeof language === 'string' && /^[!-~]{1,64}$/.test(language);
}

/** Telegram reads `mailto:` as the name of a user at a web site, and finds no host in `localhost`. */
function faultOfUrl(url: string): string | null {
  const invalid = (reason: string) => `entity URL '${url}' is invalid: ${reason}`;
  if (url.length > MAX_URL_LENGTH) return invalid('URL is too long');
  if (/\s|\p{Cc}/u.test(url)) return invalid('Disallowed character in URL host');
  if (/^tg:\/\/[a-z0-9_-]+/i.test(url)) return null;
  const [, host] = /^https?:\/\/([^/?#]*)/i.exec(url) ?? [];
  if (host === undefined) return invalid('Unsupported URL protocol');
  if (host.includes('@')) return invalid('Disallowed character in URL userinfo');
  const name = host.replace(/:\d{1,5}$/, '');
  if (!/^[a-z0-9_.-]+$/i.test(name)) return invalid('Disallowed character in URL host');
  return name.includes('.') ? null : invalid('Wrong HTTP URL');
}

function faultOfBounds(text: string, { offset, length }: MessageEntity): string | null {
  if (!Number.isInteger(offset) || offset < 0) {
    return `receive an entity with incorrect offset ${offset}`;
  }
  if (!Number.isInteger(length) || length <= 0) {
    return `receive an entity with incorrect length ${length}`;
  }
  const end = offset + length;
  if (offset >= text.length) {
    return `entity begins after the end of the text at UTF-16 offset ${offset}`;
  }
  if (end > text.length) {
    return `entity beginning at UTF-16 offset ${offset} ends after the end of the text at UTF-16 offset ${end}`;
  }
  if (splitsPair(text, offset)) {
    return `entity begins in a middle of a UTF-16 symbol at byte offset ${bytesBefore(text, offset)}`;
  }
  return splitsPair(text, end)
    ? `entity beginning at UTF-16 offset ${offset} ends in a middle of a UTF-16 symbol at byte offset ${bytesBefore(text, end)}`
    : null;
}

function splitsPair(text: string, place: number): boolean {
  return /^[\uDC00-\uDFFF]/.test(text.slice(place, place + 1));
}

function bytesBefore(text: string, place: number): number {
  return Buffer.byteLength(text.slice(0, place + 1));
}

/**
 * White space at an edge is content only where it is that of a block of code, which may stand at the edge
 * of a quote; but code of nothing else is a fault.
 */
function faultOfEdges(
  text: string,
  entity: MessageEntity,
  all: readonly MessageEntity[],
): string | null {
  const [start, end] = [entity.offset, entity.offset + entity.length];
  const covered = text.slice(start, end);
  if (covered.trim() === '') return 'ENTITY_BOUNDS_INVALID';
  const pres = all.filter((other) => other.type === 'pre' && contains(entity, other));
  const isFree =
    (covered === covered.trimStart() || pres.some(({ offset }) => offset === start)) &&
    (covered === covered.trimEnd() || pres.some(({ offset, length }) => offset + length === end));
  return isFree ? null : 'ENTITY_BOUNDS_INVALID';
}

function faultOfNesting(entities: readonly MessageEntity[]): string | null {
  for (const [index, one] of entities.entries()) {
    for (const other of entities.slice(index + 1)) {
      const [outer, inner] = contains(one, other) ? [one, other] : [other, one];
      if (!overlaps(one, other)) continue;
      if (!contains(outer, inner)) return 'entities overlap without one holding the other';
      // Of two entities with the same bounds, either one may be the inner one.
      if (!mayHold(outer, inner) && !(contains(inner, outer) && mayHold(inner, outer))) {
        return `${inner.type} can't be nested in ${outer.type}`;
      }
    }
  }
  return null;
}

function mayHold(outer: MessageEntity, inner: MessageEntity): boolean {
  if (outer.type === inner.type || CODES.includes(outer.type)) return false;
  if (QUOTES.includes(outer.type)) return !QUOTES.includes(inner.type);
  if (MARKS.includes(outer.type))
    return !CODES.includes(inner.type) && !QUOTES.includes(inner.type);
  return MARKS.includes(inner.type);
}

function overlaps(a: MessageEntity, b: MessageEntity): boolean {
  return a.offset < b.offset + b.length && b.offset < a.offset + a.length;
}

function contains(a: MessageEntity, b: MessageEntity): boolean {
  return a.offset <= b.offset && b.offset + b.length <= a.offset + a.length;
}
