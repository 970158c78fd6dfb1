import { expect, test } from 'vitest';
import { formatLine, isWanted } from '../../../src/ops/log-reader/line.ts';

const ALL = { level: null, turn: null };

function line(fields: object): string {
  return JSON.stringify({
    level: 'info',
    time: '2026-01-15T12:00:00.000Z',
    event: 'turn.started',
    ...fields,
  });
}

function two(part: number): string {
  return String(part).padStart(2, '0');
}

function at(iso: string): string {
  const time = new Date(iso);
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${time.toTimeString().slice(0, 8)}`;
}

const NOON = at('2026-01-15T12:00:00.000Z');

test('a line shows the local time, a mark for its level, the event and its fields', () => {
  expect(formatLine(line({ turn: 5, reason: 'no answer in time' }), false)).toBe(
    `${NOON} · turn.started           turn=5 reason="no answer in time"`,
  );
  expect(formatLine(line({ level: 'error', event: 'queue.unreadable' }), false)).toBe(
    `${NOON} ✖ queue.unreadable`,
  );
  expect(formatLine(line({ level: 'warn' }), false)).toContain(' ⚠ turn.started');
});

test('an error is shown by its message, long values are cut, nothing is left out that tells something', () => {
  const shown = formatLine(
    line({
      err: { type: 'Error', message: 'disk full', stack: 'Error: disk full\n    at x.ts:1:1' },
      long: 'x'.repeat(1000),
      nothing: null,
      empty: '',
      zero: 0,
      list: [1, 2],
    }),
    false,
  );
  expect(shown).toMatch(/err="disk full" long=x{159}… zero=0 list=\[1,2\]$/u);
});

test('what was logged cannot move the cursor or turn the writing round', () => {
  const shown = formatLine(line({ text: 'a\u001B[2Jb\u202Ec\nd' }), false);
  expect(shown).toContain(String.raw`text="a\u001b[2Jb\u202ec d"`);
  expect(formatLine('half a \u001B[31m line', false)).toBe(String.raw`half a \u001b[31m line`);
});

test('a line that is none of ours is shown as it is', () => {
  for (const raw of ['not JSON', '{"level":"info"', '{"level":30,"time":1}', '"text"', 'null']) {
    expect(formatLine(raw, true)).toBe(raw);
    expect(isWanted(raw, { level: 'error', turn: null })).toBe(true);
    expect(isWanted(raw, { level: null, turn: 1 })).toBe(false);
  }
  expect(isWanted('  ', ALL)).toBe(false);
});

test('colours come where they are asked for, and nowhere else', () => {
  expect(formatLine(line({ level: 'error' }), true)).toContain('\u001B[31m✖ turn.started\u001B[0m');
  expect(formatLine(line({ level: 'error' }), false)).not.toContain('\u001B');
});

test('a level takes in what is worse', () => {
  const wanted = ['debug', 'info', 'warn', 'error'].filter((level) =>
    isWanted(line({ level }), { level: 'warn', turn: null }),
  );
  expect(wanted).toEqual(['warn', 'error']);
});

test('a turn has its own lines, and those that bear its mark', () => {
  const five = { level: null, turn: 5 };
  expect(isWanted(line({ turn: 5 }), five)).toBe(true);
  expect(isWanted(line({ turn: 55 }), five)).toBe(false);
  expect(isWanted(line({ marker: '7b1c-uuid.5.2' }), five)).toBe(true);
  expect(isWanted(line({ marker: '7b1c-uuid.15.5' }), five)).toBe(false);
  expect(isWanted(line({}), five)).toBe(false);
});
