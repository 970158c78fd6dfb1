import { expect, test } from 'vitest';
import { storm } from './storm.ts';

test(
  'promises 1, 2 and 3: killed a hundred times at random moments, it loses no message and no answer, runs nothing twice unasked and tells of every interruption (second of two storms, for two cores)',
  { timeout: 600_000 },
  async () => {
    const account = await storm(100, Date.now());
    // It was killed in the middle of the work, and not only before and after it.
    expect(account.interruptionCount).toBeGreaterThan(10);
  },
);
