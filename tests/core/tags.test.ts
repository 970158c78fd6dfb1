import { describe, expect, test } from 'vitest';
import { cutMiddle } from '../../src/core/format.ts';
import { attribute, defuseTags, tag } from '../../src/core/tags.ts';

describe('a tag', () => {
  test('holds its content on lines of its own, and values that end neither themselves nor it', () => {
    expect(tag('claudio-note', { from: 'A "b"\n<c> & d', n: '1' }, 'Words.')).toBe(
      '<claudio-note from="A &quot;b&quot; &lt;c&gt; &amp; d" n="1">\nWords.\n</claudio-note>',
    );
  });

  test('has values of 64 characters at the most, unless more are wanted', () => {
    expect(attribute('x'.repeat(100))).toHaveLength(64);
    expect(attribute('x'.repeat(100), 80)).toHaveLength(80);
  });

  test.each(['<claudio-note>', '</claudio-note>', '< / Claudio-note', '<!--claudio-note'])(
    'cannot be written by a text: %s',
    (text) => {
      expect(defuseTags(text)).toBe(`&lt;${text.slice(1)}`);
    },
  );
});

test('a text loses its middle where it is too long, and no half of a character stays', () => {
  expect(cutMiddle('abcdef', 6)).toBe('abcdef');
  expect(cutMiddle('abcdefgh', 4)).toBe('ab\n[… 4 characters left out …]\ngh');
  expect(cutMiddle('a😀bcdefg😀h', 4)).toBe('a\n[… 10 characters left out …]\nh');
});
