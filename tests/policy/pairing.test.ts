import { expect, test } from 'vitest';
import { conversationOf } from '../../src/core/conversation.ts';
import { newId } from '../../src/platform/clock.ts';
import { createPairings } from '../../src/policy/pairing.ts';
import { testClock } from '../support/clock.ts';
import { testDatabase } from '../support/database.ts';

function conversationWith(bot: string) {
  return conversationOf({ channel: 'telegram', bot, chat: '555', thread: null });
}

test('codes are eight characters that cannot be taken for another, each of them anywhere, and never twice', () => {
  const database = testDatabase();
  const pairings = createPairings({ database, clock: testClock(), newId });
  // So many that each sign is at each place, but for one run in many millions.
  const codes = database.transaction(() =>
    Array.from({ length: 800 }, (_, bot) => {
      const asked = pairings.ask({ id: '555', name: 'Member' }, conversationWith(String(bot)));
      return 'pairing' in asked ? asked.pairing.code : asked.kind;
    }),
  );
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code).toMatch(/^[2-9A-HJKMNP-Z]{8}$/u);
  for (let place = 0; place < 8; place += 1) {
    expect(new Set(codes.map((code) => code[place])).size, `place ${place}`).toBe(31);
  }
});

test('what is open for one bot leaves the others their own, and is decided there alone', () => {
  const pairings = createPairings({ database: testDatabase(), clock: testClock(), newId });
  const ask = (id: string, bot: string) =>
    pairings.ask({ id, name: '' }, conversationWith(bot)).kind;
  expect(['1', '2', '3', '4'].map((id) => ask(id, '1'))).toEqual([
    'asked',
    'asked',
    'asked',
    'crowded',
  ]);
  expect(ask('4', '2')).toBe('asked');
  expect(pairings.decide(1, 'telegram:2', 'approved', '42')).toEqual({ kind: 'over' });
  expect(pairings.decide(1, 'telegram:1', 'refused', '42').kind).toBe('decided');
  expect(pairings.decide(1, 'telegram:1', 'approved', '42')).toEqual({ kind: 'over' });
  expect(ask('1', '1')).toBe('refused');
  expect(ask('1', '2')).toBe('asked');
});
