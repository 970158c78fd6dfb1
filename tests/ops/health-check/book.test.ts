import { expect, test } from 'vitest';
import { enter, enterTold, owed, readBook, type Book } from '../../../src/ops/health-check/book.ts';
import { alertMessage } from '../../../src/ops/health-check/message.ts';
import type { Observation } from '../../../src/ops/health-check/observation.ts';

const MINUTE_MS = 60_000;
const START_MS = new Date(2026, 0, 15, 3, 10).getTime();

const full: Observation = {
  name: 'disk',
  subject: 'The disk of /home',
  state: 'failed',
  text: 'is 93 % full',
  remedy: 'Free some space.',
};
const fine: Observation = { ...full, state: 'ok', text: '80 % full' };
const down: Observation = {
  name: 'service',
  subject: 'The service',
  state: 'failed',
  text: 'does not answer',
  isToldOnce: true,
};

/** A chat, and the book that goes with it from run to run. */
function chat() {
  let book: Book = {};
  return {
    book: () => book,
    /** Runs it at so many minutes after the start; returns the message, or null. */
    run(minute: number, found: readonly Observation[], isReached = true): string | null {
      const nowMs = START_MS + minute * MINUTE_MS;
      // As it is kept in the file.
      book = readBook(JSON.stringify(enter(book, found, nowMs)));
      const what = owed(book, nowMs);
      const message = alertMessage(what, nowMs);
      book = enterTold(book, what, message === null || isReached, nowMs);
      return isReached ? message : null;
    },
  };
}

const minutesTold = (
  runs: (minute: number) => string | null,
  from: number,
  to: number,
): number[] => {
  const told: number[] = [];
  for (let minute = from; minute <= to; minute += 5) if (runs(minute) !== null) told.push(minute);
  return told;
};

test('an alert says what, since when and what to do, and its end is told', () => {
  const { run, book } = chat();
  expect(run(0, [full])).toBe(
    '⚠️ **The disk of /home** is 93 % full.\nSince 03:10.\n→ Free some space.',
  );
  expect(run(25, [fine])).toBe('✅ **The disk of /home** is well again, after 25 min.');
  expect(run(30, [fine])).toBeNull();
  expect(book()).toEqual({});
});

test('the same comes again after 30 minutes at the earliest, and then ever more seldom', () => {
  const { run } = chat();
  const told = minutesTold((minute) => run(minute, [full]), 0, 48 * 60);
  expect(told).toEqual([0, 30, 90, 210, 450, 930, 1890]);
});

test('what is told once is told once, until it has ended', () => {
  const { run } = chat();
  expect(minutesTold((minute) => run(minute, [down]), 0, 48 * 60)).toEqual([0]);
  expect(run(2885, [{ ...down, state: 'ok', text: 'is well' }])).toContain('after 48 h 5 min');
  expect(run(2890, [down])).toContain('does not answer');
});

test('where the person begins from the start, it is told once more', () => {
  const { run } = chat();
  expect(run(0, [down])).not.toBeNull();
  expect(run(60, [{ ...down, isPending: true, isReset: true }])).toBeNull();
  expect(run(65, [{ ...down, isPending: true }])).toBeNull();
  expect(minutesTold((minute) => run(minute, [down]), 70, 300)).toEqual([70]);
  expect(run(305, [{ ...down, state: 'ok' }])).toContain('after 5 h 5 min');
});

test('what comes back within 30 minutes is not told before they are over', () => {
  const { run } = chat();
  expect(run(0, [full])).not.toBeNull();
  expect(run(5, [fine])).toContain('✅');
  expect(run(10, [full])).toBeNull();
  // It was never told that it came back: neither is that it went.
  expect(run(15, [fine])).toBeNull();
  expect(minutesTold((minute) => run(minute, [full]), 20, 60)).toEqual([30, 60]);
});

test('something is being done about it: nothing is told, and the time counts from the beginning', () => {
  const { run } = chat();
  for (const minute of [0, 5, 10]) expect(run(minute, [{ ...down, isPending: true }])).toBeNull();
  expect(run(15, [down])).toContain('Since 03:10, for 15 min.');
  const mended = chat();
  expect(mended.run(0, [{ ...down, isPending: true }])).toBeNull();
  expect(mended.run(5, [{ ...down, state: 'ok' }])).toBeNull();
  expect(mended.book()).toEqual({});
});

test('what may mend itself gets its time', () => {
  const { run } = chat();
  const passing = { ...full, patienceMs: 4 * MINUTE_MS };
  expect(run(0, [passing])).toBeNull();
  expect(run(5, [fine])).toBeNull();
  expect(run(10, [passing])).toBeNull();
  expect(run(15, [passing])).toContain('Since 03:20, for 5 min.');
});

test('several come as one message, each in words of its own; a text cannot change its form', () => {
  const { run } = chat();
  const odd = { ...full, name: 'odd', subject: 'The *odd* one', text: 'said [x](y)\nand more' };
  const message = run(0, [full, odd, { ...down, sinceMs: START_MS - 25 * MINUTE_MS }]);
  expect(message?.split('\n\n')).toHaveLength(3);
  expect(message).toContain(String.raw`**The \*odd\* one** said \[x\]\(y\) and more.`);
  expect(message).toContain('does not answer.\nSince 02:45, for 25 min.');
});

test('a message stays short, however much is wrong', () => {
  const { run } = chat();
  const many = Array.from({ length: 50 }, (_, index) => ({
    ...full,
    name: `disk ${index}`,
    text: 'x'.repeat(5000),
    remedy: 'y'.repeat(5000),
  }));
  const message = run(0, many) ?? '';
  expect(message.length).toBeLessThan(4096);
  expect(message).toContain('… and 42 more');
});

test('an alert that the chat did not take comes the next time, and an end is told with it where it had to', () => {
  const { run, book } = chat();
  expect(run(0, [full], false)).toBeNull();
  expect(run(5, [full])).toContain('Since 03:10, for 5 min.');
  expect(run(10, [fine], false)).toBeNull();
  expect(run(15, [fine])).toBe('✅ **The disk of /home** is well again, after 10 min.');
  expect(run(60, [fine])).toBeNull();
  expect(book()).toEqual({});

  const unreached = chat();
  expect(unreached.run(0, [full], false)).toBeNull();
  expect(unreached.run(20, [fine], false)).toBeNull();
  expect(unreached.run(40, [fine])).toBe(
    '✅ **The disk of /home** is well again, after 20 min.\n' +
      'This chat could not be reached meanwhile: from 03:10 on it is 93 % full.',
  );
  expect(unreached.run(45, [fine])).toBeNull();
});

test('what comes back before its end could be told has not ended', () => {
  const { run } = chat();
  expect(run(0, [full])).not.toBeNull();
  expect(run(10, [fine], false)).toBeNull();
  expect(run(15, [full])).toBeNull();
  expect(run(20, [fine])).toBe('✅ **The disk of /home** is well again, after 20 min.');
});

test('what was not looked at stands as it did; what is no question any more goes without a word', () => {
  const { run, book } = chat();
  expect(run(0, [full])).not.toBeNull();
  expect(run(5, [])).toBeNull();
  expect(Object.keys(book())).toEqual(['disk']);
  expect(run(10, [{ ...full, state: 'off' }])).toBeNull();
  expect(book()).toEqual({});
  run(15, [full]);
  run(24 * 60 + 20, []);
  expect(book()).toEqual({});
});

test('a clock that is set back neither silences an alert nor counts below nothing', () => {
  const { run } = chat();
  expect(run(10_000, [full])).not.toBeNull();
  expect(run(0, [full])).toContain('Since 03:10.');
  expect(run(5, [full])).toBeNull();
  expect(run(10, [fine])).toContain('after 10 min');
});

test.each(['', '{', '[]', '{"disk":{"subject":1}}', 'null'])(
  'a book that is broken begins anew: %s',
  (text) => {
    expect(readBook(text)).toEqual({});
  },
);
