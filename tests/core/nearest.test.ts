import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from '../../src/core/nearest.ts';

const NAMES = ['PORT', 'MODEL', 'WEBHOOK_URL', 'WEBHOOK_SECRET', 'TELEGRAM_BOT_TOKEN'];

test('a slip of the finger finds the word that was meant, whatever its case', () => {
  expect(nearest('WEBHOK_URL', NAMES)).toBe('WEBHOOK_URL');
  expect(nearest('TELEGRAM_TOKEN', NAMES)).toBe('TELEGRAM_BOT_TOKEN');
  expect(nearest('prot', NAMES)).toBe('PORT');
  expect(nearest('modle', NAMES)).toBe('MODEL');
});

test('a word that is like none finds none', () => {
  expect(nearest('COLOUR', NAMES)).toBeNull();
  expect(nearest('', NAMES)).toBeNull();
  expect(nearest('x', ['y'])).toBeNull();
});

test('a candidate with one letter changed, dropped, doubled or swapped with its neighbour is found', () => {
  const slip = fc.tuple(
    fc.constantFrom(...NAMES),
    fc.nat(),
    fc.constantFrom('change', 'drop', 'double', 'swap'),
  );
  fc.assert(
    fc.property(slip, ([name, at, kind]) => {
      const index = at % (name.length - 1);
      const [head, here, next, tail] = [
        name.slice(0, index),
        name[index] ?? '',
        name[index + 1] ?? '',
        name.slice(index + 2),
      ];
      const slips = {
        change: `${head}~${next}${tail}`,
        drop: head + next + tail,
        double: head + here + here + next + tail,
        swap: head + next + here + tail,
      };
      expect(nearest(slips[kind], NAMES)).toBe(name);
    }),
  );
});
