import { describe, expect, test } from 'vitest';
import { isBetterRich } from '../../../../src/channels/telegram/render/rich.ts';
import { cpuTimeMs } from '../../../support/cpu-time.ts';

const TABLE = '| a | b |\n|---|:-:|\n| c | d |';
const WIDE = `\`\`\`\n${'x'.repeat(41)}\n\`\`\``;

describe('A rich message is better for', () => {
  test.each([
    ['a table', TABLE],
    ['a table without bars at its edges', 'a | b\n--|--\nc | d'],
    ['a table in a quote', '> | a | b |\n> |---|---|'],
    ['wide code', `Run:\n\n${WIDE}\n`],
    ['code that is wide in columns, not in characters', `~~~\n${'汉'.repeat(21)}\n~~~`],
    ['a table beside code with dollar signs', `Use \`$HOME\`:\n\n${TABLE}`],
    ['a table beside code that mentions HTML', `Use \`<b>\`:\n\n\`\`\`\n<img>\n\`\`\`\n\n${TABLE}`],
  ])('%s', (_, markdown) => {
    expect(isBetterRich(markdown)).toBe(true);
  });
});

describe('A text message is better for', () => {
  test.each([
    ['plain words', 'Just **words**, a | and a rule\n\n---\n'],
    ['narrow code', `\`\`\`\n${'x'.repeat(40)}\n\`\`\``],
    ['a table within code', `\`\`\`\n${TABLE}\n\`\`\``],
    ['an image, which Telegram would fetch', `${TABLE}\n\n![a](https://a.example/secret)`],
    ['an image by reference', `${TABLE}\n\n![a][r]\n\n[r]: https://a.example/secret`],
    ['HTML, which would come to mean something', `${TABLE}\n\n<img src="https://a.example">`],
    ['dollar signs, between which it would see LaTeX', `${TABLE}\n\nFrom $5 to $9`],
    ['a dollar sign in a cell', '| a | b |\n|---|---|\n| $1 | $2 |'],
    ['more than a rich message holds', `${TABLE}\n${'x'.repeat(32_768)}`],
  ])('%s', (_, markdown) => {
    expect(isBetterRich(markdown)).toBe(false);
  });
});

test('hostile text is told apart in no time', () => {
  const startedAt = cpuTimeMs();
  for (const piece of ['`', '-', '|-', '|', '<', '!', '- ', '``` ']) {
    isBetterRich(`a|b\n${piece.repeat(10_000)}x`);
  }
  expect(cpuTimeMs() - startedAt).toBeLessThan(2_000);
});
