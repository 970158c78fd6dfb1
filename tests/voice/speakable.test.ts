import { describe, expect, it } from 'vitest';
import { speakable } from '../../src/voice/speakable.ts';

const said = (markdown: string): string => speakable(markdown, 10_000).text;
const leftOut = (markdown: string): string => speakable(markdown, 10_000).leftOut;

describe('what is said', () => {
  it.each<[string, string, string]>([
    ['a heading', '# Title', 'Title.'],
    ['a heading that asks', '## Why?', 'Why?'],
    ['marks of emphasis', 'So **very** *much*.', 'So very much.'],
    ['list items', '- one\n- two!\n- three:\n', 'one.\ntwo!\nthree:'],
    ['the numbers of a list', '3. three\n4. four', '3. three.\n4. four.'],
    ['no number where nothing is said', '1. https://x.org\n2. **two**\n3. ![a](b)', '2. two.'],
    ['a quote', '> Said\n> so.', 'Said so.'],
    ['inline code', 'Run `npm test` now.', 'Run npm test now.'],
    ['a link', 'See [the docs](https://x.org).', 'See the docs.'],
    ['a reference', 'See [the docs][d].\n\n[d]: https://x.org', 'See the docs.'],
    ['a bare URL', 'See https://x.org/a_b, then go on.', 'See x.org, then go on.'],
    ['a URL in brackets', 'Here (https://x.org) it is.', 'Here it is.'],
    ['a URL as code', 'Open `http://localhost:3000`.', 'Open localhost.'],
    [
      'a URL as a link',
      'Open <https://x.org> and [www.y.org](https://y.org).',
      'Open x.org and y.org.',
    ],
    ['a URL in bold', 'It is **https://www.x.org/a?b#c**!', 'It is x.org!'],
    ['a URL with a name in it', 'Open `ssh://me@x.org:22/a` now.', 'Open x.org now.'],
    ['whom a mail goes to', 'Write to <mailto:me@x.org?subject=a> now.', 'Write to me@x.org now.'],
    ['a URL behind a word in brackets', 'Two (see https://x.org).', 'Two (see x.org).'],
    [
      'no URLs alone',
      'These:\n\n- https://x.org\n- **<https://y.org>**, `https://z.org`',
      'These:',
    ],
    ['a mail address', 'Write to me@x.org.', 'Write to me@x.org.'],
    ['a file name', 'Add it to .env now.', 'Add it to .env now.'],
    ['an image', 'Look: ![a cat](cat.png)', 'Look:'],
    ['tags', 'Press <kbd>Ctrl</kbd><br>now.', 'Press Ctrl now.'],
    ['a word to fill in', 'Set Array<string> to <name>.', 'Set Array string to name.'],
    ['a comment', 'Be <!-- not --> quiet.', 'Be quiet.'],
    ['a footnote', 'So it is[^1].\n\n[^1]: Or not.', 'So it is.'],
    ['struck-out text', 'It costs ~~ten~~ nine.', 'It costs nine.'],
    ['emoji', '🎉 Done 👩‍👩‍👧‍👦 1️⃣ ❤️ 🇫🇷 © 5!', 'Done © 5!'],
    ['a line of emoji', 'One\n\n🎉🎉\n\ntwo', 'One.\ntwo.'],
    ['a rule', 'One\n\n---\n\ntwo', 'One.\ntwo.'],
    ['entities and escapes', 'a &amp; b \\* c', 'a & b * c.'],
    ['quotation marks at the end', 'He said "yes."', 'He said "yes."'],
    ['lines that end in Windows ways', 'One\r\ntwo.\r\n\r\nThree.', 'One two.\nThree.'],
    ['another script', '终于好了。\n\n- 一\n', '终于好了。\n一.'],
  ])('%s', (_, markdown, expected) => {
    expect(said(markdown)).toBe(expected);
  });
});

describe('what is left out', () => {
  it('nothing, of plain words', () => {
    expect(leftOut('# Title\n\nSo *it* is, `really`.\n\n- one\n\n---\n\n</details>')).toBe('');
  });

  it('is cut out of the answer as it stands, in order', () => {
    const code = '~~~js title="a"\nlet a = "`";\n\n\n  b\n~~~';
    const table = '| a | b |\n|:--|--:|\n| 1 | [x](y) |';
    const image = '![a cat](cat.png "Cat")';
    const markdown = `Intro [one](https://1.org "t") and\n[two](<2 3.md>).\n\n${code}\n\nThen ${image}.\n\n${table}\n\nSee https://3.org.\n\n[^1]: A note.\n`;
    expect(leftOut(markdown)).toBe(
      `- [one](https://1.org "t")\n- [two](<2 3.md>)\n\n${code}\n\n- ${image}\n\n${table}\n\n- https://3.org\n\n[^1]: A note.`,
    );
  });

  it('references come with what they refer to', () => {
    expect(leftOut('See [the docs][d].\n\n[d]: https://x.org "Docs"')).toBe(
      '- [the docs][d]\n\n[d]: https://x.org "Docs"',
    );
  });

  it('code in a list or a quote stands by itself', () => {
    const markdown = '1. Run:\n\n   ```sh\n   a\n     b\n   ```\n\n> ```\n> c\n> ````\n> d';
    expect(leftOut(markdown)).toBe('```sh\na\n  b\n```\n\n```\nc\n```');
  });

  it('code with backticks in it gets a longer fence', () => {
    expect(leftOut('- x\n\n  ````md\n  ```\n  a\n  ```\n  ````')).toBe('````md\n```\na\n```\n````');
  });

  it('indented code gets a fence', () => {
    expect(leftOut('So:\n\n    a\n      b\n')).toBe('```\na\n  b\n```');
  });

  it('a table in a list or a quote stands by itself', () => {
    const table = '| a |\n|---|\n| 1 |';
    const within = (mark: string, indent: string) => mark + table.replaceAll('\n', `\n${indent}`);
    expect(leftOut(within('- ', '  '))).toBe(table);
    expect(leftOut(within('> ', '> '))).toBe(table);
  });

  it('a link with an image for words, once', () => {
    const badge = '[![build](b.svg)](https://ci.org)';
    expect(speakable(`${badge}\n\nGood.`, 100)).toEqual({ text: 'Good.', leftOut: `- ${badge}` });
  });

  it('boxes to tick, which are also said', () => {
    const list = '- [x] one\n- [ ] two [a](b)';
    expect(speakable(list, 100)).toEqual({ text: 'one.\ntwo a.', leftOut: list });
  });

  it('HTML with words in it, and comments', () => {
    const html = '<details>\n<summary>Log</summary>';
    expect(leftOut(`${html}\n\nIt <!-- hm --> is.\n\n</details>`)).toBe(`${html}\n\n- <!-- hm -->`);
  });
});

describe('an answer that is too long', () => {
  const markdown =
    'First one. Second **one** here. Third one.\n\n- item one\n- item two. More.\n\nEnd.';
  it.each<[number, string, string]>([
    [20, 'First one.', 'Second **one** here. Third one.\n\n- item one\n- item two. More.\n\nEnd.'],
    [36, 'First one. Second one here.', 'Third one.\n\n- item one\n- item two. More.\n\nEnd.'],
    [45, 'First one. Second one here. Third one.', '- item one\n- item two. More.\n\nEnd.'],
    [55, 'First one. Second one here. Third one.\nitem one.', '- item two. More.\n\nEnd.'],
    [61, 'First one. Second one here. Third one.\nitem one.\nitem two.', 'More.\n\nEnd.'],
    [200, 'First one. Second one here. Third one.\nitem one.\nitem two. More.\nEnd.', ''],
  ])('is said up to the end of a sentence: %d characters', (limit, text, rest) => {
    expect(speakable(markdown, limit)).toEqual({ text, leftOut: rest });
  });

  it('is cut between words where no sentence ends', () => {
    expect(speakable('one two three four', 12)).toEqual({
      text: 'one two.',
      leftOut: 'three four',
    });
  });

  it('is cut anywhere where no word ends, but not within a character', () => {
    expect(speakable('𝒶𝒷𝒸𝒹', 6)).toEqual({ text: '𝒶𝒷.', leftOut: '𝒸𝒹' });
  });

  it('leaves out, in order, what cannot be said of its beginning, and all of the rest', () => {
    const code = '```\na. b\n```';
    expect(speakable(`See [x](y).\n\n${code}\n\nA long line. Another.\n\n${code}`, 26)).toEqual({
      text: 'See x.\nA long line.',
      leftOut: `- [x](y)\n\n${code}\n\nAnother.\n\n${code}`,
    });
  });

  it('goes on with text that has escapes or line breaks in it where it was cut', () => {
    const quote = '> One line here,\n> and it ends. Then\n> comes more.';
    expect(speakable(quote, 32)).toEqual({
      text: 'One line here, and it ends.',
      leftOut: 'Then\n> comes more.',
    });
    expect(speakable('Is 1 \\< 2? Yes.\nNo. Maybe.', 22)).toEqual({
      text: 'Is 1 < 2? Yes. No.',
      leftOut: 'Maybe.',
    });
  });

  it('tears no list with boxes to tick, though some of it was said', () => {
    const list = '- [x] one two\n- [ ] three four';
    expect(speakable(`Intro.\n\n${list}\n\nEnd.`, 24)).toEqual({
      text: 'Intro.\none two.',
      leftOut: `${list}\n\nEnd.`,
    });
  });

  it('keeps the indentation of code that comes next', () => {
    const code = '    a\n      b';
    expect(speakable(`One two.\n\n${code}\n\nThree four five.`, 12)).toEqual({
      text: 'One two.',
      leftOut: '```\na\n  b\n```\n\nThree four five.',
    });
  });
});
