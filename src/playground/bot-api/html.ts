import type { MessageEntity } from '@grammyjs/types';

// parse_mode HTML: https://core.telegram.org/bots/api#html-style. Telegram itself lets a bare `&` or
// `>` pass; its documentation asks for both to be escaped, and so does this.

type EntityType = 'bold' | 'italic' | 'underline' | 'strikethrough' | 'spoiler';

const SIMPLE: Readonly<Record<string, EntityType>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
};
const ATTRIBUTES: Readonly<Record<string, RegExp>> = {
  a: /^ href="([^"<>]+)"$/,
  span: /^ class="(tg-spoiler)"$/,
  code: /^(?: class="language-([^"<>]+)")?$/,
  pre: /^$/,
  blockquote: /^( expandable)?$/,
};
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };
const TOKEN = /<(\/?)([^\s<>/]*)([^<>]*)>|&(?:#x([\da-f]+)|#(\d+)|([a-z]+));|[<>&]/giu;

interface OpenTag {
  readonly name: string;
  readonly argument: string | undefined;
  readonly offset: number;
}

/** The text and the entities of HTML, or what is wrong with it. */
export type ParsedHtml =
  | { readonly kind: 'parsed'; readonly text: string; readonly entities: MessageEntity[] }
  | { readonly kind: 'fault'; readonly fault: string };

function entityOf(tag: OpenTag, length: number, inner: string): MessageEntity {
  const span = { offset: tag.offset, length };
  const simple = SIMPLE[tag.name];
  if (simple !== undefined) return { type: simple, ...span };
  if (tag.name === 'a') return { type: 'text_link', ...span, url: tag.argument ?? inner };
  if (tag.name === 'span') return { type: 'spoiler', ...span };
  if (tag.name === 'pre') return { type: 'pre', ...span };
  if (tag.name === 'code') return { type: 'code', ...span };
  return { type: tag.argument === undefined ? 'blockquote' : 'expandable_blockquote', ...span };
}

export function parseHtml(html: string): ParsedHtml {
  const open: OpenTag[] = [];
  const entities: MessageEntity[] = [];
  let text = '';
  let from = 0;
  const fault = (what: string, index: number): ParsedHtml => ({
    kind: 'fault',
    fault: `can't parse entities: ${what} at byte offset ${Buffer.byteLength(html.slice(0, index))}`,
  });

  for (const token of html.matchAll(TOKEN)) {
    const [whole, slash, rawName, attributes = '', hex, decimal, named] = token;
    text += html.slice(from, token.index);
    from = token.index + whole.length;

    if (rawName === undefined) {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      const character = named === undefined ? undefined : NAMED[named.toLowerCase()];
      if (whole.length === 1 || (named !== undefined && character === undefined)) {
        return fault(`Unescaped "${whole}"`, token.index);
      }
      if (character === undefined && !(code > 0 && code < 0x10_ff_ff)) {
        return fault(`Wrong character reference "${whole}"`, token.index);
      }
      text += character ?? String.fromCodePoint(code);
      continue;
    }

    const name = rawName.toLowerCase();
    if (slash === '') {
      const pattern = SIMPLE[name] === undefined ? ATTRIBUTES[name] : /^$/;
      if (pattern === undefined) return fault(`Unsupported start tag "${name}"`, token.index);
      const match = pattern.exec(attributes);
      if (match === null) return fault(`Wrong attributes of the tag "${name}"`, token.index);
      open.push({ name, argument: match[1], offset: text.length });
      continue;
    }

    const tag = open.pop();
    if (tag === undefined) return fault('Unexpected end tag', token.index);
    if (tag.name !== name) {
      return fault(`Unmatched end tag, expected "</${tag.name}>", found "</${name}>"`, token.index);
    }
    const inner = text.slice(tag.offset);
    if (inner === '') continue;
    const nested = entities.at(-1);
    if (
      name === 'code' &&
      tag.argument !== undefined &&
      open.at(-1)?.name === 'pre' &&
      open.at(-1)?.offset === tag.offset
    ) {
      entities.push({
        type: 'pre',
        offset: tag.offset,
        length: inner.length,
        language: tag.argument,
      });
    } else if (!(name === 'pre' && nested?.type === 'pre' && nested.length === inner.length)) {
      entities.push(entityOf(tag, inner.length, inner));
    }
  }
  const unclosed = open.pop();
  if (unclosed !== undefined) {
    return {
      kind: 'fault',
      fault: `can't parse entities: Can't find end tag corresponding to start tag "${unclosed.name}"`,
    };
  }
  text += html.slice(from);
  entities.sort((a, b) => a.offset - b.offset || b.length - a.length);
  return { kind: 'parsed', text, entities };
}
