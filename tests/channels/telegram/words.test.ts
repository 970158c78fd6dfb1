import { expect, it } from 'vitest';
import { wordsOf } from '../../../src/channels/telegram/words.ts';
import { parse } from './recorded.ts';

it.each([
  ['location', '(A location: 52.5200, 13.4050)'],
  ['live-location', '(A live location, at first: 52.5200, 13.4050)'],
  ['venue', '(A place: Here, There (0.5000, 0.5000))'],
  ['contact', '(A contact: Second Person, +10000000000)'],
  ['poll', '(A poll: Ship it today?\n- Yes\n- Not on a Friday)'],
  ['checklist', '(A checklist: Release\n- [x] Tests\n- [ ] Changelog)'],
  ['dice', '(A throw of 🎲: 4)'],
  ['sticker', '(A sticker: 👍 from the set ThumbsUp)'],
])('puts a %s into words', (name, text) => {
  expect(parse(name)).toMatchObject({ kind: 'message', text, attachments: [], command: null });
});

it('says what it knows of a sticker', () => {
  expect(wordsOf({ sticker: { file_id: 'x', emoji: '😀' } })).toBe('A sticker: 😀');
  expect(wordsOf({ sticker: { file_id: 'x' } })).toBe('A sticker');
});

it('keeps a name on one line and within bounds', () => {
  const contact = { phone_number: '+1', first_name: 'One\n\nTwo', last_name: '🦀'.repeat(2_000) };
  const words = wordsOf({ contact }) ?? '';
  expect(words).toMatch(/^A contact: One Two 🦀/);
  expect(words).not.toContain('\n');
  expect(words.length).toBeLessThan(1_100);
  expect(words.isWellFormed()).toBe(true);
});

it('has no words for odd shapes', () => {
  expect(wordsOf({})).toBeNull();
  expect(wordsOf({ location: { latitude: 'north' }, poll: 1, dice: null })).toBeNull();
  expect(wordsOf({ poll: { question: 'What now?', options: 'none' } })).toBe('A poll: What now?');
});
