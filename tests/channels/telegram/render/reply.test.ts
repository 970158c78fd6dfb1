import { expect, test } from 'vitest';
import { TEXT_LIMIT } from '../../../../src/channels/telegram/render/message.ts';
import { renderReply } from '../../../../src/channels/telegram/render/reply.ts';
import { checkText } from '../../../../src/playground/bot-api/formatted-text.ts';
import { cpuTimeMs } from '../../../support/cpu-time.ts';
import { shown } from './shown.ts';

const paragraph = `${'word '.repeat(199)}end.`;

function answerOf(paragraphCount: number): string {
  return Array.from({ length: paragraphCount }, () => paragraph).join('\n\n');
}

function accepted(markdown: string): ReturnType<typeof renderReply> {
  const reply = renderReply(markdown);
  for (const { text, entities } of reply.texts) {
    expect(checkText(text, [...entities], TEXT_LIMIT)).toBeNull();
  }
  return reply;
}

test('a short answer is one message', () => {
  expect(accepted('**Done.**').texts.map(shown)).toEqual(['<b>Done.</b>']);
  expect(accepted('**Done.**').document).toBeNull();
});

test.each(['', ' \n\t', '\u200B', '&nbsp;', '[]()', '> \n>\n', '```\n```', '\u202E\u0333'])(
  '%j, of which nothing would be seen, becomes a word of that',
  (markdown) => {
    expect(accepted(markdown)).toEqual({
      texts: [{ text: '(empty answer)', entities: [] }],
      document: null,
    });
  },
);

test('a long answer is up to six messages, with no word lost', () => {
  const markdown = answerOf(24);
  const { texts, document } = accepted(markdown);
  expect(document).toBeNull();
  expect(texts).toHaveLength(6);
  expect(texts.map(({ text }) => text).join('\n\n')).toBe(markdown);
});

test('what takes more than six messages is a beginning and a document with the Markdown itself', () => {
  const markdown = `# Title\n\n${answerOf(25)}\r\n`;
  const { texts, document } = accepted(markdown);
  expect(document).toEqual({ fileName: 'answer.md', content: markdown });
  expect(texts).toHaveLength(1);
  const [first = ''] = texts.map(shown);
  expect(first.startsWith(`<b><u>Title</u></b>\n\n${paragraph}\n\n`)).toBe(true);
  expect(
    first.endsWith(
      'end.\n\n<i>This is only the beginning: the whole answer is in the attached answer.md.</i>',
    ),
  ).toBe(true);
});

test('a document is sent too where it is the formatting that takes more than six messages', () => {
  const { texts, document } = accepted('- **a** `b`\n'.repeat(310));
  expect(document).not.toBeNull();
  expect(texts).toHaveLength(1);
  expect(texts[0]?.entities.length).toBeGreaterThan(90);
});

test('an answer that begins with more than can be sent of what cannot be seen is attached', () => {
  const { texts, document } = accepted(`${'\u200B'.repeat(50_000)}end`);
  expect(document).not.toBeNull();
  expect(texts.map(({ text }) => text)).toEqual([
    'This is only the beginning: the whole answer is in the attached answer.md.',
  ]);
});

test.each([
  ['prose', `${paragraph}\n\n`],
  ['a list', '- **item**\n'],
  ['one word', 'a'],
  ['a table', '| a | b |\n|---|---|\n'],
  ['quotes', '> a\n'],
  ['what cannot be seen', '\u200B'],
])('a megabyte of %s takes no more time than what is shown of it', (_, piece) => {
  const markdown = piece.repeat(Math.ceil(1_000_000 / piece.length));
  const startedAt = cpuTimeMs();
  accepted(markdown);
  expect(cpuTimeMs() - startedAt).toBeLessThan(3_000);
});

test.each([
  ['headings of one letter', 'a\n===\n'.repeat(10_000)],
  ['headings, underlined with dashes', 'a\nb\n---\n'.repeat(10_000)],
  ['blank lines in code that never ends', `\`\`\`\n${'\n'.repeat(1_400_000)}`],
  ['images within images', `${'!['.repeat(1_300)}a${'](b)'.repeat(1_300)}\n\n`.repeat(8)],
  ['loose stars in a table', `|a|b|\n|-|-|\n${`|${'a*'.repeat(30)}|b|\n`.repeat(1_600)}`],
  ['headings in an item of a list', `- a\n${'  a\n  ===\n'.repeat(10_000)}`],
  ['lines that go on with a deep quote', `${'>'.repeat(20)} a\n${'b\n'.repeat(50_000)}`],
])('%s do not hold up the other conversations, however many there are', (_, markdown) => {
  const startedAt = cpuTimeMs();
  accepted(markdown);
  expect(cpuTimeMs() - startedAt).toBeLessThan(2_000);
});

test('what is shown as it is has its words all the same, and what follows keeps its form', () => {
  const { texts, document } = accepted(`${'['.repeat(3_500)} end\n\n${paragraph}\n\n**after**`);
  expect(document).toBeNull();
  const whole = texts.map(shown).join('\n');
  expect(whole).toContain('[ end');
  expect(whole).toContain('<b>after</b>');
});

test('an answer as long and as dense as one would write keeps its form to the end', () => {
  const block =
    '### Step\n\n1. **Open** `src/a_b.ts` and see [the notes](https://x.org/a_b) first.\n' +
    '   - `one_more` thing, *twice*, for `a[0] * b`\n   - another thing\n\n' +
    '```ts\nconst a = b[0] * c;\n```\n\n| Name | Kind |\n|---|---|\n| `a_b` | **bold** |\n\n';
  const { texts, document } = accepted(`${block.repeat(50)}**The end.**`);
  expect(document).toBeNull();
  expect(texts.map(shown).join('')).not.toMatch(/\*\*|```|\|---/);
  expect(texts.map(shown).at(-1)).toMatch(/<b>The end\.<\/b>$/);
});
