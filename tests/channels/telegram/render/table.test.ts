import { expect, test } from 'vitest';
import { renderMarkdown } from '../../../../src/channels/telegram/render/markdown.ts';
import { columnCount } from '../../../../src/channels/telegram/render/width.ts';
import { checkText } from '../../../../src/playground/bot-api/formatted-text.ts';
import { shown } from './shown.ts';

function rendered(...lines: string[]): string {
  const whole = renderMarkdown(lines.join('\n'));
  expect(checkText(whole.text, [...whole.entities], 4096)).toBeNull();
  return shown(whole);
}

test('a narrow table is aligned in a block of code', () => {
  expect(rendered('| Run | Time | ok |', '|-----|-----:|:--:|', '| **cold** | 437 ms | ✅ |')).toBe(
    '<pre>Run     Time  ok\n----  ------  --\ncold  437 ms  ✅</pre>',
  );
});

test('columns line up whatever the script', () => {
  const text = rendered('| a | b |', '|---|---|', '| 日本 | 1 |', '| e\u0301 | 2 |', '| 👩‍👩‍👧 | 3 |');
  const [, , ...rows] = text.replaceAll(/<\/?pre>/g, '').split('\n');
  expect(rows.map((row) => columnCount(row.slice(0, -1)))).toEqual([6, 6, 6]);
});

test('a wide table becomes lines, a group for each row, with all its formatting', () => {
  expect(
    rendered(
      '| Option | What it does |',
      '|--------|--------------|',
      '| `--fast` | Skips the **slow** tests altogether |',
      '| `--all` | Everything, [see here](https://x.org/) |',
    ),
  ).toBe(
    '<b>Option:</b> <code>--fast</code>\nWhat it does: Skips the <b>slow</b> tests altogether\n\n' +
      '<b>Option:</b> <code>--all</code>\nWhat it does: Everything, <link https://x.org/>see here</link>',
  );
});

test('a table with a link becomes lines however narrow, since code can hold none', () => {
  expect(rendered('| a | b |', '|---|---|', '| 1 | [c](https://x.org/) |')).toBe(
    '<b>a: 1</b>\nb: <link https://x.org/>c</link>',
  );
});

test('a table in a right-to-left script becomes lines, since code would mix it up', () => {
  expect(rendered('| שם | b |', '|---|---|', '| 1 | 2 |')).toBe('<b>שם: 1</b>\nb: 2');
});

test('a wide table without rows shows its header, and empty cells are left out', () => {
  const wide = 'a header that no phone can show in a line';
  expect(rendered(`| ${wide} | b |`, '|---|---|')).toBe(`<b>${wide}</b>\nb`);
  expect(rendered(`| ${wide} | b |`, '|---|---|', '| | 2 |')).toBe('b: 2');
});

test('a table that is torn is shown as it is', () => {
  expect(rendered('| a | b', '|---', '| 1 | 2 |')).toBe('| a | b\n|---\n| 1 | 2 |');
});
