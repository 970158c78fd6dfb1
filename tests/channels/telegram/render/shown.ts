import type { MessageEntity } from '@grammyjs/types';
import type { FormattedText } from '../../../../src/channels/telegram/render/formatted-text.ts';

const SIGNS: Readonly<Record<string, string>> = {
  bold: 'b',
  italic: 'i',
  underline: 'u',
  strikethrough: 's',
  code: 'code',
  pre: 'pre',
  blockquote: 'quote',
  text_link: 'link',
};

/** A formatted text with its entities as tags, `<b>…</b>`, to read and compare in tests. */
export function shown({ text, entities }: FormattedText): string {
  let tagged = '';
  for (let place = 0; place <= text.length; place += 1) {
    const closing = entities.filter((e) => e.offset + e.length === place);
    const opening = entities.filter((e) => e.offset === place);
    tagged += closing
      .map((e) => `</${signOf(e)}>`)
      .toReversed()
      .join('');
    tagged += opening.map((e) => `<${signOf(e)}${attributeOf(e)}>`).join('');
    tagged += text.charAt(place);
  }
  return tagged;
}

function signOf(entity: MessageEntity): string {
  return SIGNS[entity.type] ?? entity.type;
}

function attributeOf(entity: MessageEntity): string {
  if (entity.type === 'text_link') return ` ${entity.url}`;
  return entity.type === 'pre' && entity.language !== undefined ? ` ${entity.language}` : '';
}
