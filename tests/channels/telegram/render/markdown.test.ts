import { describe, expect, test } from 'vitest';
import { renderMarkdown } from '../../../../src/channels/telegram/render/markdown.ts';
import { checkText } from '../../../../src/playground/bot-api/formatted-text.ts';
import { cpuTimeMs } from '../../../support/cpu-time.ts';
import { shown } from './shown.ts';

function rendered(markdown: string): string {
  const whole = renderMarkdown(markdown);
  if (whole.text !== '') expect(checkText(whole.text, [...whole.entities], Infinity)).toBeNull();
  return shown(whole);
}

function timeMs(markdown: string): number {
  const startedAt = cpuTimeMs();
  renderMarkdown(markdown);
  return cpuTimeMs() - startedAt;
}

describe('Within a line', () => {
  test.each([
    ['bold', 'a **b** c', 'a <b>b</b> c'],
    ['italics', 'a *b* _c_', 'a <i>b</i> <i>c</i>'],
    ['strikethrough', 'a ~~b~~ c', 'a <s>b</s> c'],
    ['code', 'run `npm  test` now', 'run <code>npm  test</code> now'],
    ['italics within bold', '**a *b* c**', '<b>a <i>b</i> c</b>'],
    ['bold over a line break', '**a\nb**', '<b>a\nb</b>'],
    ['a footnote', 'a[^n]\n\n[^n]: why', 'a[n]\n\n[n] why'],
    ['emoji', '**👩‍👩‍👧** 🇫🇷', '<b>👩‍👩‍👧</b> 🇫🇷'],
    ['right-to-left script', '**مرحبا** بك', '<b>مرحبا</b> بك'],
    ['combining marks', '*e\u0301*', '<i>e\u0301</i>'],
  ])('%s keeps its form', (_, markdown, expected) => {
    expect(rendered(markdown)).toBe(expected);
  });

  test('bold ends before code and begins again behind it, since code can stand in no other form', () => {
    expect(rendered('**a `b` c**')).toBe('<b>a</b> <code>b</code> <b>c</b>');
  });

  test('bold within bold is bold once', () => {
    expect(rendered('# a **b** c')).toBe('<b><u>a b c</u></b>');
  });

  test('a line break stays one, be it soft, hard or a tag', () => {
    expect(rendered('a\nb  \nc\\\nd<br>e <BR /> f')).toBe('a\nb\nc\nd\ne\nf');
  });
});

describe('A link', () => {
  test('leads to http, https and tg addresses', () => {
    expect(rendered('[a](https://x.org/y?z=1) [b](http://x.org) [c](tg://resolve?domain=d)')).toBe(
      '<link https://x.org/y?z=1>a</link> <link http://x.org/>b</link> <link tg://resolve?domain=d>c</link>',
    );
  });

  test('may have formatted words, code becoming plain', () => {
    expect(rendered('[a **b** `c`](https://x.org/)')).toBe(
      '<link https://x.org/>a <b>b</b> c</link>',
    );
  });

  test.each([
    ['a path', '[the code](src/a_b.ts#L4)', 'the code (<code>src/a_b.ts#L4</code>)'],
    ['a path that its words name', '[src/a.ts:4](src/a.ts#L4)', 'src/a.ts:4'],
    ['a file URL', '[a](file:///etc/hosts)', 'a (<code>file:///etc/hosts</code>)'],
    ['a script', '[a](javascript:alert(1))', 'a (<code>javascript:alert(1)</code>)'],
    [
      'this machine, which Telegram refuses',
      '[a](http://localhost:3000)',
      'a (http://localhost:3000)',
    ],
    ['a mail address, which Telegram finds itself', '[a](mailto:b@c.org)', 'a (b@c.org)'],
    ['a place in the same document', '[a](#b)', 'a'],
    ['a user who may be unknown', '[a](tg://user?id=1)', 'a (<code>tg://user?id=1</code>)'],
    ['an address with a password', '[a](https://b:c@d.org)', 'a (https://b:c@d.org)'],
  ])('to %s becomes text', (_, markdown, expected) => {
    expect(rendered(markdown)).toBe(expected);
  });

  test('that is written out stays as it is, for Telegram to find, with all its signs', () => {
    const text = 'see https://x.org/a_b_c/*d*?e=_f_ and http://localhost:3000/_x_ and me@x.org';
    expect(rendered(text)).toBe(text);
    expect(rendered('<https://x.org/_a_> <me@x.org>')).toBe('https://x.org/_a_ me@x.org');
  });

  test('by reference finds its definition, which is not shown itself', () => {
    expect(rendered('[a][r] [r]\n\n[R]: https://x.org/ "t"')).toBe(
      '<link https://x.org/>a</link> <link https://x.org/>r</link>',
    );
  });

  test('by reference finds a definition that is far away', () => {
    const far = Array.from({ length: 300 }, (_, n) => `Paragraph ${n} is here.`).join('\n\n');
    const text = rendered(`[a][r], b[^1]\n\n${far}\n\n[a][r]\n\n[r]: https://x.org/\n[^1]: note`);
    expect(text.match(/<link https:\/\/x\.org\/>a<\/link>/g)).toHaveLength(2);
    expect(text.startsWith('<link https://x.org/>a</link>, b[1]\n\nParagraph 0')).toBe(true);
    expect(text.endsWith('[1] note')).toBe(true);
  });

  test('definition that nothing refers to is shown, since it was perhaps not meant as one', () => {
    expect(rendered('[todo]: later')).toBe('[todo]: later');
  });

  test('to an image has its alternative text, or the name of the file', () => {
    expect(rendered('![a chart](https://x.org/b.png) ![](https://x.org/b.png?c)')).toBe(
      '<link https://x.org/b.png>a chart</link> <link https://x.org/b.png?c>b.png</link>',
    );
    expect(rendered('![a chart](out/b.png)')).toBe('a chart (<code>out/b.png</code>)');
  });
});

describe('Blocks', () => {
  test('headings show their level', () => {
    expect(rendered('# a\n## b\n### c')).toBe('<b><u>a</u></b>\n\n<b>b</b>\n\n<b><i>c</i></b>');
  });

  test('paragraphs are one blank line apart, however many there were', () => {
    expect(rendered('\n\n  a\n\n\n\n\nb\n\n&nbsp;\n\nc\n\n')).toBe('a\n\nb\n\nc');
  });

  test('a rule becomes a line', () => {
    expect(rendered('a\n\n***\n\nb')).toBe('a\n\n────────────\n\nb');
  });

  test('lists of any kind keep their numbers, boxes and nesting', () => {
    const markdown = '3. a\n4. b\n   - c\n     more\n     * d\n- [ ] e\n- [x] f';
    expect(rendered(markdown)).toBe('3. a\n4. b\n   ◦ c\n     more\n     ▪ d\n\n☐ e\n☑ f');
  });

  test('items of a list stand apart if they do in the source', () => {
    expect(rendered('- a\n\n  b\n\n- c')).toBe('• a\n\n  b\n\n• c');
  });

  test('code keeps its language and its indentation', () => {
    expect(rendered('```ts\n  if (a) {\n\n\n    b();\n  }\n```')).toBe(
      '<pre ts>  if (a) {\n\n\n    b();\n  }</pre>',
    );
    expect(rendered('a\n\n    b\n      c')).toBe('a\n\n<pre>b\n  c</pre>');
  });

  test('tabs in code become spaces, since Telegram makes each a single one', () => {
    expect(rendered('```\n\ta\tb\n```')).toBe('<pre>    a   b</pre>');
  });

  test('what stands behind the language of code is shown above it', () => {
    expect(rendered('```ts title="a.ts"\nb\n```')).toBe(
      '<code>title="a.ts"</code>\n<pre ts>b</pre>',
    );
    expect(rendered('```src/a.ts\nb\n```')).toBe('<code>src/a.ts</code>\n<pre>b</pre>');
  });

  test('code in an item of a list has its own lines', () => {
    expect(rendered('1. a\n   ```sh\n   b\n   ```\n2. ```\n   c\n   ```')).toBe(
      '1. a\n<pre sh>b</pre>\n2.\n<pre>c</pre>',
    );
  });

  test('a quote that begins with indented code holds all of it', () => {
    expect(renderMarkdown('> ```\n>   a\n> b\n> ```')).toEqual({
      text: '  a\nb',
      entities: [
        { type: 'blockquote', offset: 0, length: 5 },
        { type: 'pre', offset: 0, length: 5 },
      ],
    });
  });

  test('quotes become one, whatever is nested in them', () => {
    expect(rendered('> a\n> > b\n>\n> ```\n> c\n> ```\n>\n> - `d`\n\ne')).toBe(
      '<quote>a\n\nb\n\n<pre>c</pre>\n\n• <code>d</code></quote>\n\ne',
    );
  });
});

describe('What is not Markdown', () => {
  test.each([
    [
      'names with underscores',
      'snake_case_name \\_\\_init\\_\\_.py',
      'snake_case_name __init__.py',
    ],
    ['stars', '2 * 3 * 4 ** 5', '2 * 3 * 4 ** 5'],
    ['tildes', '~5 and ~6, ~/a ~/b', '~5 and ~6, ~/a ~/b'],
    [
      'tags',
      'List<String> and <tag a="b">**c**</tag>',
      'List<String> and <tag a="b"><b>c</b></tag>',
    ],
    [
      'a block of HTML',
      '<details>\n<summary>a</summary>\n\n*b*\n</details>',
      '<details>\n<summary>a</summary>\n\n<i>b</i>\n</details>',
    ],
    ['unclosed marks', '**a and `b and [c](d', '**a and `b and [c](d'],
    ['brackets', 'a[0] and [b] and [c]()', 'a[0] and [b] and c'],
  ])('%s come out as they are', (_, markdown, expected) => {
    expect(rendered(markdown)).toBe(expected);
  });

  test('a fence that is not closed holds the rest', () => {
    expect(rendered('a\n```js\nb\n\n**c**')).toBe('a\n\n<pre js>b\n\n**c**</pre>');
  });

  test('a fence with its code on the same line is shown all the same', () => {
    expect(rendered('```bash npm install')).toBe('<code>bash npm install</code>');
  });

  test('control characters go, lone surrogates are replaced, and so is what Telegram would delete', () => {
    expect(rendered('a\u0000b\u001B[1mc\u007F \uD83D d\u202Ee\u2028f a\u030A\r\ng')).toBe(
      'a\uFFFDb[1mc \uFFFD de\nf å\ng',
    );
    expect(rendered('&#x202E;a&#7;b `c\uDC00`')).toBe('a\uFFFDb <code>c\uFFFD</code>');
  });
});

describe('Time and depth', () => {
  const many = 10_000;

  test.each([
    '>',
    '> ',
    '[',
    '![',
    '*',
    '*a ',
    '_a ',
    '`a',
    '[a](',
    '- ',
    '1. ',
    '[]',
    ']',
    '[^a]',
    '**a *b ',
    '|a\n',
    '> *a\n',
  ])('%j ten thousand times neither hangs nor overflows, and is all shown', (piece) => {
    const startedAt = cpuTimeMs();
    const { text } = renderMarkdown(`${piece.repeat(many)} end`);
    expect(cpuTimeMs() - startedAt).toBeLessThan(5_000);
    expect(text).toContain('end');
  });

  test.each([
    ['prose', 'The quick **brown** fox.\n\n'],
    ['a list', '- item `here`\n'],
    ['a table', '| a | b |\n'],
    ['lines', 'word word\n'],
    ['one line', 'word word '],
    ['blank lines', '\n'],
  ])('ten times as much of %s takes about ten times as long', (_, piece) => {
    const size = (bytes: number) => piece.repeat(Math.ceil(bytes / piece.length));
    timeMs(size(20_000));
    const tenthMs = timeMs(size(50_000));
    expect(timeMs(size(500_000))).toBeLessThan(40 * tenthMs + 200);
  });

  test('sections are cut where it changes nothing', () => {
    const block =
      '1. a\n\n   ```sh\n   b\n\n   c\n   ```\n\n2. d\n\n```ts\nx\n\ny\n```\n\n> q\n\n| t | u |\n|---|---|\n| 1 | 2 |\n\n~~~\n```\n\nz\n~~~';
    const once = shown(renderMarkdown(block));
    const often = shown(renderMarkdown(Array.from({ length: 100 }, () => block).join('\n\n')));
    expect(often).toBe(Array.from({ length: 100 }, () => once).join('\n\n'));
  });
});
