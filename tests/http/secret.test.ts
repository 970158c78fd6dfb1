import { expect, test } from 'vitest';
import { createSecretCheck } from '../../src/http/secret.ts';

test('the secret fits and nothing else does, of whatever length', () => {
  const fits = createSecretCheck('a-secret');
  expect(fits('a-secret')).toBe(true);
  for (const other of ['', 'a-secre', 'a-secret ', 'A-secret', 'a-secret'.repeat(50)]) {
    expect(fits(other), other).toBe(false);
  }
});
