import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CAPTION_LIMIT,
  renderCaption,
  renderMessage,
  TEXT_LIMIT,
} from '../../../../src/channels/telegram/render/message.ts';
import { checkText } from '../../../standins/bot-api/formatted-text.ts';
import { shown } from './shown.ts';

test('one message keeps its formatting, up to the last unit that fits', () => {
  expect(shown(renderMessage('**Done.**'))).toBe('<b>Done.</b>');
  expect(renderMessage('a'.repeat(TEXT_LIMIT)).text).toBe('a'.repeat(TEXT_LIMIT));
  const cut = renderMessage('a'.repeat(TEXT_LIMIT + 1)).text;
  expect(cut).toBe(`${'a'.repeat(TEXT_LIMIT - 1)}…`);
});

test.each(['', ' \n', '\u200B', '[]()'])(
  '%j, of which nothing would be seen, is an ellipsis',
  (blank) => {
    expect(renderMessage(blank)).toEqual({ text: '…', entities: [] });
    expect(renderCaption(blank)).toEqual({ text: '', entities: [] });
  },
);

test('a caption is whole or none', () => {
  expect(renderCaption('a'.repeat(CAPTION_LIMIT))?.text).toBe('a'.repeat(CAPTION_LIMIT));
  expect(renderCaption('a'.repeat(CAPTION_LIMIT + 1))).toBeNull();
  expect(renderCaption('**a** '.repeat(101))).toBeNull();
  expect(shown(renderCaption('See [it](https://a.example).') ?? { text: '', entities: [] })).toBe(
    'See <link https://a.example/>it</link>.',
  );
});

test('whatever the Markdown, Telegram takes what comes of it', () => {
  const piece = fc.constantFrom(
    '**',
    '`',
    '```\n',
    '> ',
    '- ',
    '\n\n',
    '[a](https://a.b)',
    'word ',
    '🙂',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 1_500 }), (pieces) => {
      const markdown = pieces.join('');
      const message = renderMessage(markdown);
      expect(checkText(message.text, [...message.entities], TEXT_LIMIT)).toBeNull();
      const caption = renderCaption(markdown);
      if (caption === null || caption.text === '') return;
      expect(checkText(caption.text, [...caption.entities], CAPTION_LIMIT)).toBeNull();
    }),
    { numRuns: 60 },
  );
});

test.each([
  ['headings of one letter', 'a\n===\n'.repeat(10_000)],
  ['images within images', `${'!['.repeat(1_300)}a${'](b)'.repeat(1_300)}\n\n`.repeat(8)],
  ['loose stars in a table', `|a|b|\n|-|-|\n${`|${'a*'.repeat(30)}|b|\n`.repeat(1_600)}`],
  ['a megabyte of one word', 'a'.repeat(1_000_000)],
  ['a megabyte of what cannot be seen', '\u200B'.repeat(1_000_000)],
])('%s do not hold up the other conversations', (_, markdown) => {
  const startedAt = performance.now();
  renderMessage(markdown);
  renderCaption(markdown);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
