import type { MessageEntity } from '@grammyjs/types';
import { describe, expect, test } from 'vitest';
import { checkText } from '../../../../src/playground/bot-api/formatted-text.ts';

const bold = (offset: number, length: number): MessageEntity => ({ type: 'bold', offset, length });
const of = (type: 'italic' | 'code' | 'pre' | 'blockquote', offset: number, length: number) =>
  ({ type, offset, length }) satisfies MessageEntity;
const link = (url: string): MessageEntity => ({ type: 'text_link', offset: 0, length: 1, url });

describe('The stand-in takes', () => {
  test('a text at the limit, and a hundred entities', () => {
    expect(checkText('a'.repeat(4096), [], 4096)).toBeNull();
    const entities = Array.from({ length: 100 }, (_, n) => bold(2 * n, 1));
    expect(checkText('a '.repeat(100), entities, 4096)).toBeNull();
  });

  test('marks in marks, and anything but a quote in a quote', () => {
    expect(
      checkText('abc', [bold(0, 3), of('italic', 0, 3), of('italic', 1, 1)].slice(0, 2), 9),
    ).toBeNull();
    expect(checkText('abc', [of('blockquote', 0, 3), of('code', 0, 3)], 9)).toBeNull();
    expect(checkText('abc', [of('code', 0, 3), of('blockquote', 0, 3)], 9)).toBeNull();
    expect(checkText(' b\nc', [of('blockquote', 0, 4), of('pre', 0, 2)], 9)).toBeNull();
    expect(checkText('a\nb\n', [of('blockquote', 0, 4), of('pre', 0, 4)], 9)).toBeNull();
    expect(checkText('abc', [bold(0, 3), { ...link('https://x.org'), length: 3 }], 9)).toBeNull();
  });
});

describe('The stand-in refuses', () => {
  test.each(['', ' \n', '\u200B', '\u2800', '\u3164', '\u00AD\uFE0F'])('%j as empty', (text) => {
    expect(checkText(text, [], 9)).toBe('Bad Request: message text is empty');
  });

  test('a text over the limit in UTF-16 units', () => {
    expect(checkText('😀😀', [], 3)).toBe('Bad Request: message is too long');
  });

  test('a lone surrogate', () => {
    expect(checkText('a\uD83D', [], 9)).toBe('Bad Request: strings must be encoded in UTF-8');
  });

  test('more than a hundred entities', () => {
    const entities = Array.from({ length: 101 }, (_, n) => bold(2 * n, 1));
    expect(checkText('a '.repeat(101), entities, 4096)).toMatch(/ENTITIES_TOO_LONG/);
  });

  test.each([
    ['that is empty', bold(0, 0), /incorrect length 0/],
    ['that starts before the text', bold(-1, 2), /incorrect offset -1/],
    ['that starts behind the text', bold(4, 1), /begins after the end/],
    ['that ends behind the text', bold(1, 4), /ends after the end/],
    [
      'that starts within a pair',
      bold(2, 2),
      /begins in a middle of a UTF-16 symbol at byte offset/,
    ],
    ['that ends within a pair', bold(0, 2), /ends in a middle of a UTF-16 symbol at byte offset/],
    ['of white space', { ...bold(3, 1) }, /ENTITY_BOUNDS_INVALID/],
    [
      'of a kind that there is not',
      JSON.parse('{"type":"b","offset":0,"length":1}'),
      /Unsupported type/,
    ],
    [
      'with a language that is no code',
      JSON.parse('{"type":"bold","offset":0,"length":1,"language":"x"}'),
      /language/,
    ],
  ])('an entity %s', (_, entity, expected) => {
    expect(checkText('a😀 ', [entity], 9)).toMatch(expected);
  });

  test.each([
    'src/a.ts',
    'javascript:alert(1)',
    'mailto:a@b.c',
    'http://localhost:1',
    'https://a b.c',
    'ftp://a.b',
    '',
    `https://x.org/${'a'.repeat(2048)}`,
  ])('a link to %j', (url) => {
    expect(checkText('a', [link(url)], 9)).toMatch(/^Bad Request: entity URL/);
  });

  test.each([
    ['overlap', [bold(0, 2), of('italic', 1, 2)], /overlap/],
    ['are the same', [bold(0, 3), bold(0, 3)], /bold can't be nested in bold/],
    ['put code into bold', [bold(0, 3), of('code', 0, 2)], /code can't be nested in bold/],
    ['put bold into code', [of('code', 0, 3), bold(0, 2)], /bold can't be nested in code/],
    ['put code and bold on the same', [of('code', 0, 3), bold(0, 3)], /can't be nested/],
    [
      'put code into a link',
      [{ ...link('https://x.org'), length: 3 }, of('code', 0, 3)],
      /can't be nested/,
    ],
    [
      'put a quote into a quote',
      [of('blockquote', 0, 3), of('blockquote', 1, 1)],
      /can't be nested/,
    ],
    ['put a quote into bold', [bold(0, 3), of('blockquote', 1, 1)], /can't be nested/],
  ])('entities that %s', (_, entities, expected) => {
    expect(checkText('abc', entities, 9)).toMatch(expected);
  });
});
