import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { affordableUnits } from '../../src/voice/affordable.ts';
import { speakable } from '../../src/voice/speakable.ts';
import { cpuTimeMs } from '../support/cpu-time.ts';

const FRAGMENTS = [
  '**',
  '*',
  '_',
  '~~',
  '`',
  '``',
  '\\',
  '<',
  '>',
  '|',
  '[',
  ']',
  '](',
  ')',
  '![',
  '&amp;',
  '```',
  '```ts\n',
  '\n```\n',
  '~~~\n',
  '    ',
  '\t',
  '\n',
  '\n\n',
  '  \n',
  '\r\n',
  '# ',
  '\n# ',
  '> ',
  '\n> ',
  '\n- ',
  '\n  - ',
  '\n1. ',
  '\n   1) ',
  '\n- [ ] ',
  '\n- [x] ',
  '](https://x.org/a_b)',
  '](src/a.ts#L1)',
  '[r]',
  '\n\n[r]: https://x.org\n',
  '[^1]',
  '\n\n[^1]: note\n',
  '\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n',
  '\n---\n',
  '\n===\n',
  '<b>',
  '</b>',
  '<br>',
  '<!--',
  '-->',
  '<a href="b">',
  '<div>\n',
  '\n</div>\n',
  '<T>',
  'https://x.org/_a_',
  'www.x.org',
  'me@x.org',
  '`http://x.org`',
  '&#10;',
  '&nbsp;',
  '&lt;',
  '日本語。',
  '👩‍👩‍👧‍👦',
  '🇫🇷',
  '1️⃣',
  'e\u0301',
  '\uD83D',
  '\u0000',
  '\u202E',
  '\u2028',
  '. ',
  '! ',
  '." ',
  ' ',
  ' ',
  'word',
  'A sentence. ',
  'Another one? ',
];
const limit = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant(10_000));

/** Markdown with a word of its own between any two fragments. */
const markdown = fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 40 }).map((fragments) => ({
  words: fragments.map((_, index) => `w${index}w`),
  source: fragments.map((fragment, index) => `w${index}w${fragment}`).join(''),
}));

/** Whether a word was too long to be said, and its end is to be read. */
function isHalved(word: string, text: string, leftOut: string): boolean {
  const said = text.replace(/\.$/u, '');
  return Array.from(word).some(
    (_, at) => said.endsWith(word.slice(0, at)) && leftOut.includes(word.slice(at)),
  );
}

test('every word is said or left out, and never too much is said', () => {
  let cutCount = 0;
  fc.assert(
    fc.property(markdown, limit, ({ words, source }, maxChars) => {
      const { text, leftOut } = speakable(source, maxChars);
      expect(text.length).toBeLessThanOrEqual(maxChars);
      const lost = words.filter(
        (word) => !`${text}\n${leftOut}`.includes(word) && !isHalved(word, text, leftOut),
      );
      expect(lost).toEqual([]);
      if (maxChars < 10_000 && text !== '' && leftOut !== '') cutCount += 1;
    }),
    { numRuns: 4_000 },
  );
  expect(cutCount).toBeGreaterThan(500);
});

test('what is said has no blank lines, no space around its lines, and a word in each', () => {
  fc.assert(
    fc.property(markdown, limit, ({ source }, maxChars) => {
      const { text } = speakable(source, maxChars);
      for (const line of text === '' ? [] : text.split('\n')) {
        expect(line).toBe(line.trim());
        expect(line).toMatch(/[\p{L}\p{N}].*\P{L}$/su);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('whatever the characters, it never throws and keeps to the limit', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), limit, (source, maxChars) => {
      expect(speakable(source, maxChars).text.length).toBeLessThanOrEqual(maxChars);
    }),
    { numRuns: 2_000 },
  );
});

describe('hostile Markdown is worked on for a bounded time only', () => {
  const UNITS = 100_000;
  const REPEATED = [
    '*[',
    '![',
    '[a](',
    '[a](<b ',
    '_a ',
    '**a ',
    '<a ',
    '<a b="',
    '&a',
    '~~a ',
    '[',
    ']',
    '` `` ',
    'http://a ',
    'www.a ',
    '|',
    '*a **b ',
    '\\',
    '>',
    '> ',
    '- ',
    '1. ',
    'a\n',
    'a\n\n',
    '- a\n',
    '[a]: b\n',
    '[^a]: b\n',
    '<!--',
    '```\n',
    '[^a]',
    '---\n',
    'a\n===\n',
    '|a|\n|-|\n',
    '. *a* ',
    '<',
    '<b>',
    '(',
    '"',
    '. ',
    '🎉',
    ' ',
    '\t',
    '\n',
    'a',
  ];

  it.each(REPEATED)('%j', (unit) => {
    const source = `hello ${unit.repeat(UNITS / unit.length)} goodbye`;
    const startMs = cpuTimeMs();
    const { text, leftOut } = speakable(source, 10_000);
    expect(cpuTimeMs() - startMs).toBeLessThan(5_000);
    expect(`${text} ${leftOut}`).toContain('hello');
    expect(`${text} ${leftOut}`).toContain('goodbye');
  });

  it.each<[string, string]>([
    ['emphasis', `${'*a '.repeat(1_000)}${' a*'.repeat(1_000)}`],
    ['quotes', `${'>'.repeat(5_000)}a`],
    ['lists on one line', `${'- '.repeat(5_000)}a`],
    [
      'lists over lines',
      Array.from({ length: 300 }, (_, at) => `${'  '.repeat(at)}- a`).join('\n'),
    ],
    ['runs of backticks', Array.from({ length: 400 }, (_, at) => '`'.repeat(at)).join(' ')],
    ['a far end', `${'[a](<b '.repeat(3_000)}${'x '.repeat(40_000)}`],
  ])('deep: %s', (_, source) => {
    const startMs = cpuTimeMs();
    const { text, leftOut } = speakable(source, 10_000);
    expect(cpuTimeMs() - startMs).toBeLessThan(5_000);
    expect(text.length + leftOut.length).toBeGreaterThan(0);
  });

  it('the good beginning of an answer is said all the same', () => {
    const { text, leftOut } = speakable(`All is well.\n\n${'*['.repeat(50_000)}`, 10_000);
    expect(text).toBe('All is well.');
    expect(leftOut).toBe('*['.repeat(50_000));
  });

  it('an answer in earnest is parsed as a whole', () => {
    const code = `\`\`\`\n${'const a = b[c] * d_e;\n'.repeat(1_000)}\`\`\``;
    const prose =
      'It has **bold** words, `code` and a [link](https://x.org/a). And more.\n\n- one\n\n';
    const answer = `${prose.repeat(100)}${code}\n\nThe end.`;
    expect(affordableUnits(answer)).toBe(answer.length);
  });
});
