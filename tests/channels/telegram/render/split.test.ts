import { describe, expect, test } from 'vitest';
import type { FormattedText } from '../../../../src/channels/telegram/render/formatted-text.ts';
import { renderMarkdown } from '../../../../src/channels/telegram/render/markdown.ts';
import { splitText } from '../../../../src/channels/telegram/render/split.ts';
import { checkText } from '../../../../src/playground/bot-api/formatted-text.ts';
import { cpuTimeMs } from '../../../support/cpu-time.ts';
import { shown } from './shown.ts';

function parts(whole: FormattedText, limit: number): string[] {
  const all = splitText(whole, limit);
  for (const part of all) expect(checkText(part.text, [...part.entities], limit)).toBeNull();
  return all.map(shown);
}

function split(markdown: string, limit: number): string[] {
  return parts(renderMarkdown(markdown), limit);
}

function plain(text: string): FormattedText {
  return { text, entities: [] };
}

describe('A text is cut', () => {
  test('not at all where it fits exactly', () => {
    expect(parts(plain('a'.repeat(4096)), 4096)).toHaveLength(1);
    expect(parts(plain('a'.repeat(4097)), 4096).map((part) => part.length)).toEqual([4096, 1]);
  });

  test('between paragraphs rather than lines, even if a line ended later', () => {
    expect(split('aa aa aa\n\nbb. bb\nbb bb bb', 20)).toEqual(['aa aa aa', 'bb. bb\nbb bb bb']);
  });

  test('at a paragraph that ends exactly at the limit', () => {
    expect(split('aaaa aaaaa\n\nb', 10)).toEqual(['aaaa aaaaa', 'b']);
  });

  test('before a heading rather than behind it', () => {
    expect(split('aaaa aaaa\n\n## bb\n\ncc cc cc cc cc', 20)).toEqual([
      'aaaa aaaa',
      '<b>bb</b>\n\ncc cc cc cc cc',
    ]);
  });

  test('before a line that announces what follows', () => {
    expect(split('aaaa aaaa\n\nbb:\n\n```\nccccccccccccc\n```', 20)).toEqual([
      'aaaa aaaa',
      'bb:\n\n<pre>ccccccccccccc</pre>',
    ]);
  });

  test('between lines rather than sentences', () => {
    expect(split('aa aa aa aa\nbb. bb bb bb bb', 20)).toEqual(['aa aa aa aa', 'bb. bb bb bb bb']);
  });

  test('between sentences rather than words', () => {
    expect(split('aaaa aaaa aaaa. bb bb bb bb', 20)).toEqual(['aaaa aaaa aaaa.', 'bb bb bb bb']);
    expect(split('我看到了我看到了。你看到了', 10)).toEqual(['我看到了我看到了。', '你看到了']);
  });

  test('between words', () => {
    expect(split('aaaa bbbb cccc', 10)).toEqual(['aaaa bbbb', 'cccc']);
  });

  test('between words that no space sets apart', () => {
    expect(split('สวัสดีครับผมชื่อคลอดิโอ', 12).join('|')).toBe('สวัสดีครับผม|ชื่อคลอดิโอ');
  });

  test('between what a reader sees as characters, within a word of any length', () => {
    const family = '👩‍👩‍👧‍👦';
    expect(split(family.repeat(5), 30)).toEqual([family.repeat(2), family.repeat(2), family]);
    expect(split('e\u0301'.repeat(10), 11)).toEqual(['e\u0301'.repeat(5), 'e\u0301'.repeat(5)]);
    expect(split('🇫🇷'.repeat(4), 11)).toEqual(['🇫🇷🇫🇷', '🇫🇷🇫🇷']);
  });

  test('within a character only where it is longer than a part, and never within a pair', () => {
    expect(split(`a${'\u0301'.repeat(25)}`, 10).map((part) => part.length)).toEqual([10, 10, 6]);
    expect(parts(plain('😀'.repeat(4)), 3)).toEqual(['😀', '😀', '😀', '😀']);
  });

  test('so that no first part is tiny only because a line ends there', () => {
    expect(split('a\nbbbb bbbb bbbb bbbb bbbb', 20)).toEqual(['a\nbbbb bbbb bbbb', 'bbbb bbbb']);
  });

  test('so that a long word stays whole where it fits into the next part', () => {
    const url = `https://x.org/${'y'.repeat(20)}`;
    expect(split(`see ${url} there`, 40)).toEqual([`see ${url}`, 'there']);
    expect(split(`see it at ${url} there`, 40)).toEqual(['see it at', `${url} there`]);
  });
});

describe('Formatting', () => {
  test('that crosses a cut goes on in the next part', () => {
    expect(split('**aaaa *bbbb cccc* dd**', 10)).toEqual([
      '<b>aaaa <i>bbbb</i></b>',
      '<b><i>cccc</i> dd</b>',
    ]);
  });

  test('of a link keeps its address on both sides of a cut', () => {
    expect(split('[aaaa bbbb cccc](https://x.org/)', 10)).toEqual([
      '<link https://x.org/>aaaa bbbb</link>',
      '<link https://x.org/>cccc</link>',
    ]);
  });

  test('of a quote goes on, with what is in it', () => {
    expect(split('> aaaa\n>\n> ```js\n> b();\n> c();\n> ```', 12)).toEqual([
      '<quote>aaaa</quote>',
      '<quote><pre js>b();\nc();</pre></quote>',
    ]);
  });

  test('of code keeps its language, and the next line its indentation', () => {
    expect(split('```py\nif a:\n    bbbb()\n    cccc()\n```', 18)).toEqual([
      '<pre py>if a:\n    bbbb()</pre>',
      '<pre py>    cccc()</pre>',
    ]);
  });

  test('of code is kept in one piece by a cut before it', () => {
    expect(split('aaaa aaaa\n\n```\nb\nc\nd\n```', 14)).toEqual([
      'aaaa aaaa',
      '<pre>b\nc\nd</pre>',
    ]);
  });

  test('of long code prefers an empty line, and loses no space', () => {
    expect(split('```\naa\nbb\n\ncc\n  dd\n```', 10)).toEqual([
      '<pre>aa\nbb\n</pre>',
      '<pre>cc\n  dd</pre>',
    ]);
    expect(split('```\naaaa bbbb cccc\n```', 10)).toEqual([
      '<pre>aaaa bbbb </pre>',
      '<pre>cccc</pre>',
    ]);
  });

  test('of code in a quote loses no line either, and the quote reaches around it', () => {
    expect(split('> ```\n> aa\n> bb\n> \n> cc\n>   dd\n> ```', 10)).toEqual([
      '<quote><pre>aa\nbb\n</pre></quote>',
      '<quote><pre>cc\n  dd</pre></quote>',
    ]);
  });

  test('is never more than a hundred entities in a part', () => {
    const whole = renderMarkdown(Array.from({ length: 250 }, (_, n) => `**${n}**`).join(' '));
    const split100 = splitText(whole, 4096);
    expect(split100.map((part) => part.entities.length)).toEqual([100, 100, 50]);
    expect(split100.map((part) => part.text).join(' ')).toBe(whole.text);
  });
});

describe('What cannot be seen', () => {
  test('makes no part of its own', () => {
    expect(parts(plain(`a${' '.repeat(50)}b`), 10)).toEqual(['a', 'b']);
    expect(parts(plain(`${'\u200B'.repeat(25)}b`), 10)).toEqual([`${'\u200B'.repeat(5)}b`]);
    expect(splitText(plain('\u200B\n\n '), 10)).toEqual([]);
  });

  test('is kept where it stands beside what can', () => {
    expect(parts(plain('a\u200Bb'), 10)).toEqual(['a\u200Bb']);
  });
});

test('A megabyte is cut in a moment', () => {
  const whole = renderMarkdown('- **a** `b` [c](https://x.org)\n'.repeat(10_000));
  const startedAt = cpuTimeMs();
  expect(splitText(whole, 4096).length).toBeGreaterThan(300);
  expect(splitText(plain('a'.repeat(1_000_000)), 4096)).toHaveLength(245);
  expect(cpuTimeMs() - startedAt).toBeLessThan(3_000);
});
