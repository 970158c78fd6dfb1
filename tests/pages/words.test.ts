import { jsx } from 'hono/jsx';
import { expect, test } from 'vitest';
import { agoOf } from '../../src/pages/client/ago.ts';
import { htmlOf } from './html.tsx';
import { Badge, Empty, Pager, Scroll, Time } from '../../src/pages/words.tsx';

const NOW = Date.UTC(2026, 10, 21, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

test.each([
  [0, 'just now'],
  [59_999, 'just now'],
  [-59_999, 'just now'],
  [MINUTE_MS, '1 min ago'],
  [HOUR_MS - 1, '59 min ago'],
  [-2 * MINUTE_MS, 'in 2 min'],
  [HOUR_MS, '1 h ago'],
  [DAY_MS - 1, '23 h ago'],
  [-5 * HOUR_MS, 'in 5 h'],
  [DAY_MS, '1 day ago'],
  [7 * DAY_MS - 1, '6 days ago'],
  [7 * DAY_MS, null],
  [-7 * DAY_MS, null],
])('what is %i ms ago is: %s', (sinceMs, words) => {
  expect(agoOf(NOW - sinceMs, NOW)).toBe(words);
});

test('a moment says how long ago it is, and carries all of it', async () => {
  const html = await htmlOf(jsx(Time, { atMs: NOW - 2 * MINUTE_MS, nowMs: NOW }));
  expect(html).toMatch(
    /^<time datetime="2026-11-21T11:58:00\.000Z" title="Nov 2[012], 2026, \d\d:\d\d:00" data-relative="">2 min ago<\/time>$/u,
  );
});

test('a moment of long ago says its date', async () => {
  const html = await htmlOf(jsx(Time, { atMs: Date.UTC(2025, 5, 15, 12), nowMs: NOW }));
  expect(html).toMatch(/>Jun 1[456], 2025, \d\d:\d\d<\/time>$/u);
});

test('what is put into the words is escaped', async () => {
  const markup = `"><img onerror=alert(1)><script>`;
  const escaped = '&quot;&gt;&lt;img onerror=alert(1)&gt;&lt;script&gt;';
  expect(await htmlOf(jsx(Badge, { kind: 'ok', children: markup }))).toBe(
    `<span class="badge ok">${escaped}</span>`,
  );
  expect(await htmlOf(jsx(Empty, { children: markup }))).toBe(`<p class="empty">${escaped}</p>`);
  expect(await htmlOf(jsx(Scroll, { label: markup, children: markup }))).toBe(
    `<div class="scroll" role="group" aria-label="${escaped}" tabindex="0">${escaped}</div>`,
  );
  expect(await htmlOf(jsx(Pager, { newer: `/a?q=${markup}` }))).toContain(`href="/a?q=${escaped}"`);
});

test('a pager leads to what there is, and is not there where there is nothing', async () => {
  expect(await htmlOf(jsx(Pager, {}))).toBe('');
  const both = await htmlOf(jsx(Pager, { newer: '/?to=1', older: '/?from=2' }));
  expect(both).toContain('<a href="/?to=1" rel="prev">← Newer</a>');
  expect(both).toContain('<a href="/?from=2" rel="next">Older →</a>');
  expect(await htmlOf(jsx(Pager, { older: '/?from=2' }))).not.toContain('Newer');
});
