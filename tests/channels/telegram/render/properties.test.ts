import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FormattedText } from '../../../../src/channels/telegram/render/formatted-text.ts';
import { renderMarkdown } from '../../../../src/channels/telegram/render/markdown.ts';
import { TEXT_LIMIT } from '../../../../src/channels/telegram/render/message.ts';
import { renderReply } from '../../../../src/channels/telegram/render/reply.ts';
import { sectionsOf } from '../../../../src/channels/telegram/render/sections.ts';
import { splitText } from '../../../../src/channels/telegram/render/split.ts';
import { checkText } from '../../../../src/playground/bot-api/formatted-text.ts';

const FRAGMENTS = [
  '**',
  '*',
  '_',
  '~~',
  '`',
  '```',
  '```ts\n',
  '\n```\n',
  '~~~\n',
  '\n',
  '\n\n',
  '  \n',
  '\\',
  '# ',
  '### ',
  '> ',
  '>> ',
  '- ',
  '* ',
  '1. ',
  '12) ',
  '   ',
  '\t',
  '- [ ] ',
  '- [x] ',
  '[',
  ']',
  '](',
  ')',
  '![',
  '](https://x.org/a_b)',
  '](src/a.ts#L1)',
  '](http://localhost)',
  '[r]',
  '[r]: https://x.org\n',
  '[^1]',
  '[^1]: note\n',
  '| a | b |\n|---|:-:|\n',
  '| 1 | 2 |\n',
  '|',
  '---\n',
  '===\n',
  '<b>',
  '<br>',
  '<!--',
  '&amp;',
  '&nbsp;',
  '&#0;',
  'https://x.org/_a_',
  'me@x.org',
  '日本語',
  'مرحبا',
  '👩‍👩‍👧‍👦',
  '🇫🇷',
  'e\u0301',
  '\uD83D',
  '\uDE00',
  '\u0000',
  '\u200B',
  '\u202E',
  '\r\n',
  '\u2028',
  ' ',
  ' ',
  'word',
  'Sentence. ',
];

const markdown = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...FRAGMENTS) },
      { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
      { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) },
    ),
    { maxLength: 60 },
  )
  .map((pieces) => pieces.join(''));

const limit = fc.integer({ min: 12, max: 80 });

const INVISIBLE =
  /^(?:\s|\p{Cc}|\p{Cf}|\p{Default_Ignorable_Code_Point}|\u{30A}|\u{2800}|\u{FFFC})$/u;

/** Every character that can be seen, with the entities that cover it. */
function inked({ text, entities }: FormattedText): string[] {
  const styles = Array.from({ length: text.length }, () => new Set<string>());
  for (const entity of entities) {
    const { offset, length, ...kind } = entity;
    for (let place = offset; place < offset + length; place += 1) {
      styles[place]?.add(JSON.stringify(kind));
    }
  }
  let place = 0;
  return Array.from(text).flatMap((character) => {
    const style = [...(styles[place] ?? [])].sort().join();
    place += character.length;
    return INVISIBLE.test(character) ? [] : [`${character} ${style}`];
  });
}

test('whatever the Markdown, Telegram accepts each message', () => {
  fc.assert(
    fc.property(markdown, (source) => {
      const { texts } = renderReply(source);
      expect(texts.length).toBeGreaterThan(0);
      for (const { text, entities } of texts) {
        expect(checkText(text, [...entities], TEXT_LIMIT)).toBeNull();
      }
    }),
    { numRuns: 1500 },
  );
});

test('wherever a text is cut, Telegram accepts each part', () => {
  fc.assert(
    fc.property(markdown, limit, (source, units) => {
      for (const { text, entities } of splitText(renderMarkdown(source), units)) {
        expect(checkText(text, [...entities], units)).toBeNull();
      }
    }),
    { numRuns: 1500 },
  );
});

test('wherever a text is cut, its parts hold every character in its form, white space apart', () => {
  fc.assert(
    fc.property(markdown, limit, (source, units) => {
      const whole = renderMarkdown(source);
      expect(splitText(whole, units).flatMap(inked)).toEqual(inked(whole));
    }),
    { numRuns: 1500 },
  );
});

test('no text has space around it, or more than one blank line in a row outside of code', () => {
  fc.assert(
    fc.property(markdown, (source) => {
      const { text, entities } = renderMarkdown(source);
      const pres = entities.filter((entity) => entity.type === 'pre');
      const outside = pres.reduceRight(
        (rest, { offset, length }) => `${rest.slice(0, offset)}code${rest.slice(offset + length)}`,
        text,
      );
      expect(outside).toBe(outside.trim());
      expect(outside).not.toMatch(/\n\n\n/);
    }),
    { numRuns: 1500 },
  );
});

test('no word is lost, however torn the Markdown', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 40 }), (fragments) => {
      const words = fragments.map((_, index) => `w${index}w`);
      const source = fragments.map((fragment, index) => `${words[index]} ${fragment}`).join('');
      const { text, entities } = renderMarkdown(source);
      const all = `${text} ${JSON.stringify(entities)}`;
      expect(words.filter((word) => !all.includes(word))).toEqual([]);
    }),
    { numRuns: 3000 },
  );
});

test('sections put together are the whole, blank lines apart', () => {
  fc.assert(
    fc.property(markdown, fc.integer({ min: 1, max: 400 }), (source, times) => {
      const whole = source.replaceAll(/\r\n?/g, '\n').repeat(times);
      const sections = [...sectionsOf(whole)].map((section) => section.source).join('');
      expect(sections.replaceAll(/\s/gu, '')).toBe(whole.replaceAll(/\s/gu, ''));
    }),
    { numRuns: 200 },
  );
});
