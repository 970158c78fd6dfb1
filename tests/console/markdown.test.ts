import fc from 'fast-check';
import { jsx } from 'hono/jsx';
import { renderToString } from 'hono/jsx/dom/server';
import { expect, test } from 'vitest';
import { createMarkdown } from '../../src/console/markdown.tsx';
import { cpuTimeMs } from '../support/cpu-time.ts';
import { readable } from './world.ts';

/** Markdown as elements, without the one around them. */
function rendered(markdown: string): string {
  const html = renderToString(jsx('div', {}, createMarkdown()(markdown)));
  return html.slice('<div>'.length, -'</div>'.length);
}

/** The levels of its headings. */
function levels(markdown: string): readonly number[] {
  return [...rendered(markdown).matchAll(/<h(\d)[ >]/gu)].map(([, level]) => Number(level));
}

test.each([
  [
    'a **b** *c* ~~d~~ `e < f`',
    '<p dir="auto">a <strong>b</strong> <em>c</em> <del>d</del> <code>e &lt; f</code></p>',
  ],
  ['one\ntwo', '<p dir="auto">one<br/>two</p>'],
  ['- a\n- [x] b\n- [ ] c', '<ul dir="auto"><li>a</li><li>☑ b</li><li>☐ c</li></ul>'],
  ['3. a\n4. b', '<ol dir="auto" start="3"><li>a</li><li>b</li></ol>'],
  ['> so\n\n---', '<blockquote><p dir="auto">so</p></blockquote><hr/>'],
  ['```sh\nls <a>\n```', '<pre dir="ltr"><code>ls &lt;a&gt;</code></pre>'],
  [
    '[a](https://example.org/b?c=1&d=2)',
    '<p dir="auto"><a href="https://example.org/b?c=1&amp;d=2" rel="noreferrer noopener">a</a></p>',
  ],
  [
    '[a][b]\n\n[b]: http://example.org',
    '<p dir="auto"><a href="http://example.org/" rel="noreferrer noopener">a</a></p>',
  ],
  [
    '![a](https://example.org/b.png)',
    '<p dir="auto"><a href="https://example.org/b.png" rel="noreferrer noopener">a</a></p>',
  ],
  [
    'a[^1]\n\n[^1]: b',
    '<p dir="auto">a<sup>[1]</sup></p><div class="row"><sup>[1]</sup><div><p dir="auto">b</p></div></div>',
  ],
  ['[note]: kept', '<p dir="auto">[note]: kept</p>'],
])('%j is shown as what it means', (markdown, html) => {
  expect(rendered(markdown)).toBe(html);
});

test('a table has its headings, scrolls by itself, and can be reached by the keyboard', () => {
  const html = rendered('| a | b |\n|---|---|\n| 1 | **2** |');
  expect(html).toMatch(
    /^<div class="scroll" tabindex="0"><table><caption class="visually-hidden">/u,
  );
  expect(html).toContain(
    '<tr><th scope="col" dir="auto">a</th><th scope="col" dir="auto">b</th></tr>',
  );
  expect(html).toContain('<tr><td dir="auto">1</td><td dir="auto"><strong>2</strong></td></tr>');
});

test('headings begin below that of the page, and leave no level out', () => {
  expect(levels('### a\n\n##### b\n\n### c\n\n# d\n\n## e')).toEqual([2, 3, 2, 2, 3]);
  expect(levels('# a\n## b\n### c\n#### d\n##### e\n###### f')).toEqual([2, 3, 4, 5, 6, 6]);
});

test.each([
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  'a <b onclick="x">c</b>',
  '<!-- --> <iframe src="https://example.org">',
  '[a](javascript:alert(1))',
  '[a](JaVaScRiPt:alert(1))',
  '[a](java\nscript:alert(1))',
  '[a](&#106;avascript:alert(1))',
  '[a](data:text/html,<script>alert(1)</script>)',
  '[a](vbscript:x)',
  '[a](file:///etc/passwd)',
  '[a](//example.org)',
  '[a](/leave)',
  '[a](https://user:pass@example.org)',
  '[a]: javascript:alert(1)\n\n[a]',
  '![a](javascript:alert(1))',
  '![a](x" onerror="alert(1))',
  '<javascript:alert(1)>',
  '<https://example.org/"onmouseover="alert(1)>',
  '[a](https://example.org/"onmouseover="alert(1))',
  '`</code><script>alert(1)</script>`',
  '```"><script>alert(1)</script>\nx\n```',
  '| <script> |\n|---|\n| "><img src=x> |',
  '[^<script>]\n\n[^<script>]: x',
  '&lt;script&gt; &#60;script&#62;',
])('hostile Markdown is harmless: %j', (markdown) => {
  const html = rendered(markdown);
  const tags = [...html.matchAll(/<\/?([a-z0-9]+)([^>]*)>/giu)];
  expect(tags.length).toBeGreaterThan(0);
  for (const [, name = '', attributes = ''] of tags) {
    expect(name).toMatch(
      /^(?:p|a|br|code|pre|strong|em|sup|div|table|thead|tbody|tr|th|td|caption)$/u,
    );
    expect(attributes).toMatch(
      /^(?: class="[a-z- ]+"| tabindex="0"| scope="col"| dir="(?:auto|ltr)"| href="https?:\/\/example\.org\/[^"]*" rel="noreferrer noopener")*\/?$/u,
    );
  }
});

test('no link leads anywhere but to a web page, whatever is written', () => {
  const target = fc.oneof(
    fc.string(),
    fc.webUrl(),
    fc.constantFrom('javascript:x', 'data:,x', '\u0001javascript:x', ' javascript:x'),
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), target, (words, url) => {
      const html = rendered(
        `[${words}](<${url}>) ![${words}](${url}) <${url}>\n\n[r]: <${url}>\n\n[r]`,
      );
      for (const [, href = ''] of html.matchAll(/href="([^"]*)"/gu)) {
        expect(href).toMatch(/^https?:\/\//u);
      }
    }),
  );
});

test('no text of it is lost', () => {
  const word = fc.stringMatching(/^[a-z]{3,8}$/u);
  const piece = fc.oneof(
    word,
    word.map((one) => `**${one}**`),
    word.map((one) => `# ${one}\n`),
    word.map((one) => `\n- ${one}\n`),
    word.map((one) => `\n\`\`\`\n${one}\n\`\`\`\n`),
    word.map((one) => `[${one}](https://example.org)`),
    word.map((one) => `<${one}>`),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = readable(rendered(pieces.join(' ')));
      for (const one of pieces) {
        expect(text).toContain(/[a-z]{3,8}/u.exec(one)?.[0] ?? '');
      }
    }),
  );
});

test('what would take long to parse is shown as it was written, at once', () => {
  for (const markdown of [
    '*a '.repeat(20_000),
    '['.repeat(20_000),
    `${'> '.repeat(2000)}deep`,
    '![a'.repeat(6000),
  ]) {
    const startMs = cpuTimeMs();
    const html = rendered(markdown);
    expect(cpuTimeMs() - startMs).toBeLessThan(1500);
    expect(readable(html).replaceAll(/\s/gu, '')).toContain(
      markdown.slice(0, 200).replaceAll(/\s/gu, ''),
    );
  }
});

test('a page spends only so much on it, and shows the rest as it was written', () => {
  const show = createMarkdown();
  const text = 'some **bold** words, and `code`, and more.\n\n'.repeat(40);
  const pages = Array.from({ length: 120 }, () => renderToString(jsx('div', {}, show(text))));
  expect(pages[0]).toContain('<strong>');
  expect(pages.at(-1)).not.toContain('<strong>');
  expect(pages.at(-1)).toContain('some **bold** words');
});
