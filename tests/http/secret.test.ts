import { expect, test } from 'vitest';
import { findBySecret } from '../../src/http/secret.ts';

test('the secret fits and nothing else does, of whatever length', () => {
  const all = [{ secret: 'a-secret' }];
  expect(findBySecret(all, 'a-secret')).toBe(all[0]);
  for (const other of ['', 'a-secre', 'a-secret ', 'A-secret', 'a-secret'.repeat(50)]) {
    expect(findBySecret(all, other), other).toBeUndefined();
  }
});

test('of several each is found by its own, and nobody by none', () => {
  const all = [{ secret: 'first' }, { secret: 'second' }, { secret: 'third' }];
  for (const one of all) expect(findBySecret(all, one.secret)).toBe(one);
  expect(findBySecret(all, '')).toBeUndefined();
  expect(findBySecret([], 'first')).toBeUndefined();
});

test('however soon one fits, all are compared', () => {
  const compared: string[] = [];
  const all = ['first', 'second', 'third'].map((name) => ({
    get secret() {
      compared.push(name);
      return name;
    },
  }));
  for (const given of ['first', 'third', 'no such']) {
    compared.length = 0;
    findBySecret(all, given);
    expect(compared, given).toEqual(['first', 'second', 'third']);
  }
});
