import { expect, test } from 'vitest';
import { daysAgo, listedMemory, originLine, originOf, percent } from '../../src/memory/telling.ts';
import { memoryWorld } from '../support/memory.ts';

const DAY_MS = 24 * 3_600_000;
const NOW_MS = new Date(2026, 10, 21, 12).getTime();

test.each([
  [-1, 'today'],
  [0, 'today'],
  [1, 'yesterday'],
  [59, '59 days ago'],
  [60, '2 months ago'],
  [365, '12 months ago'],
  [700, '23 months ago'],
  [730, '2 years ago'],
  [3653, '10 years ago'],
])('%d days ago is told as a person says it', (days, words) => {
  expect(daysAgo(NOW_MS - days * DAY_MS, NOW_MS)).toBe(words);
});

test('a share is told in whole percent, and never as less than nothing or more than all', () => {
  expect([0, 0.005, 0.408, 1, 1.2, -0.3].map(percent)).toEqual([
    '0 %',
    '1 %',
    '41 %',
    '100 %',
    '100 %',
    '0 %',
  ]);
});

test('what else a memory says is shown on a line of its own, which is cut like its text', () => {
  const { remember } = memoryWorld();
  const shown = { number: 3, length: 20, confidence: null };
  const howTo = remember('Run the tests before anything else', {
    kind: 'procedural',
    trigger: 'a *deploy*',
    outcome: 'x'.repeat(300),
    createdAtMs: new Date(2023, 10, 21, 12).getTime(),
  });
  const [text = '', details = '', about = '', ...more] = listedMemory(howTo, {
    ...shown,
    nowMs: NOW_MS,
  }).split('\n');
  expect(more).toEqual([]);
  expect(text).toBe('**3.** Run the tests befor…');
  expect(details).toMatch(/^When\\: a \\\*deploy\\\* · Outcome\\: x+…$/u);
  expect(details.length).toBeLessThan(170);
  expect(about).toBe('*How\\-to, you told me, Nov 21, 2023*');
});

test('where a memory has it from is the first message that says so, and how many more', () => {
  const message = {
    messageId: 1,
    role: 'person' as const,
    author: 'Ann',
    text: 'deploys go\nout on Tuesdays',
    createdAtMs: NOW_MS,
  };
  const command = { ...message, role: 'command' as const, text: '/remember it' };
  const photo = { ...message, text: '', author: null };
  expect(originOf([], NOW_MS)).toBeNull();
  expect(originOf([command], NOW_MS)).toBeNull();
  expect(originOf([message], NOW_MS)).toBe('“deploys go out on Tuesdays” (Ann, 12:00)');
  expect(originOf([command, { ...message, role: 'claude', author: null }], NOW_MS)).toBe(
    '“deploys go out on Tuesdays” (Claude, 12:00)',
  );
  expect(originOf([photo, message, command, message], NOW_MS + DAY_MS)).toBe(
    'a message without words (you, Nov 21, 12:00), and 2 more',
  );
  expect(originLine({ source: 'learned' }, [message], NOW_MS)).toBe(
    'From: “deploys go out on Tuesdays” (Ann, 12:00)',
  );
  // What Claude noted, the person who was answered need not have said.
  expect(originLine({ source: 'noted' }, [message], NOW_MS)).toBe(
    'Noted by Claude in answer to: “deploys go out on Tuesdays” (Ann, 12:00)',
  );
  expect(originLine({ source: 'noted' }, [], NOW_MS)).toBeNull();
  const long = originOf([{ ...message, text: '🦓 '.repeat(9000) }], NOW_MS) ?? '';
  expect(long.length).toBeLessThan(110);
});
