import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CAPTION_LIMIT,
  renderCaption,
  renderEnd,
  renderMessage,
  TEXT_LIMIT,
} from '../../../../src/channels/telegram/render/message.ts';
import { checkText } from '../../../../src/playground/bot-api/formatted-text.ts';
import { cpuTimeMs } from '../../../support/cpu-time.ts';
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
    expect(renderEnd(blank)).toEqual({ text: '…', entities: [] });
    expect(renderCaption(blank)).toEqual({ text: '', entities: [] });
  },
);

test('of what does not fit one message the end is shown, from the beginning of a word', () => {
  expect(shown(renderEnd('**Done.**'))).toBe('<b>Done.</b>');
  expect(renderEnd('a'.repeat(TEXT_LIMIT)).text).toBe('a'.repeat(TEXT_LIMIT));
  expect(renderEnd('a'.repeat(TEXT_LIMIT + 1)).text).toBe(`…${'a'.repeat(TEXT_LIMIT - 1)}`);
  const words = Array.from({ length: 20_000 }, (_, index) => `word${index}`);
  const text = renderEnd(`${words.join(' ')} **now**`);
  expect(text.text).toMatch(/^…word\d+ word.*word19999 now$/);
  expect(text.text.length).toBeGreaterThan(TEXT_LIMIT - 64);
  expect(text.entities).toEqual([{ type: 'bold', offset: text.text.length - 3, length: 3 }]);
});

test('code that began before the end is still code there', () => {
  const { text, entities } = renderEnd(`See:\n\n~~~\n${'some code\n'.repeat(5_000)}# last`);
  expect(text).toMatch(/^…(?:some )?code\nsome.*# last$/s);
  expect(entities).toEqual([{ type: 'pre', offset: 1, length: text.length - 1 }]);
});

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
      const end = renderEnd(markdown);
      expect(checkText(end.text, [...end.entities], TEXT_LIMIT)).toBeNull();
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
  const startedAt = cpuTimeMs();
  renderMessage(markdown);
  renderEnd(markdown);
  renderCaption(markdown);
  expect(cpuTimeMs() - startedAt).toBeLessThan(2_000);
});
