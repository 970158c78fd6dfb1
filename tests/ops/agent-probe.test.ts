import pino from 'pino';
import { expect, test } from 'vitest';
import type { AgentReadiness } from '../../src/core/agent.ts';
import { createAgentProbe } from '../../src/ops/agent-probe.ts';
import { testClock } from '../support/clock.ts';
import { testAgent } from '../support/turns.ts';

function probeOf(state: { remedy: string | null }) {
  const clock = testClock();
  let lookCount = 0;
  const agent = {
    ...testAgent(async function* nothing() {}),
    readiness: (): Promise<AgentReadiness> => {
      lookCount += 1;
      const { remedy } = state;
      return Promise.resolve({ found: true, version: '1.0.0', loggedIn: remedy === null, remedy });
    },
  };
  const readiness = createAgentProbe(agent, clock, pino({ level: 'silent' }));
  return { clock, readiness, lookCount: () => lookCount };
}

test('the program is looked at once for all who ask, and anew when five minutes are over', async () => {
  const state = { remedy: null as string | null };
  const { clock, readiness, lookCount } = probeOf(state);
  await Promise.all([readiness(), readiness()]);
  clock.advance(5 * 60_000 - 1);
  await readiness();
  expect(lookCount()).toBe(1);
  clock.advance(1);
  state.remedy = 'Log in.';
  expect((await readiness()).remedy).toBe('Log in.');
  expect(lookCount()).toBe(2);
});

test('what was wrong is looked at again each time that somebody asks', async () => {
  const state: { remedy: string | null } = { remedy: 'Log in.' };
  const { readiness, lookCount } = probeOf(state);
  expect(await readiness()).toMatchObject({ loggedIn: false, remedy: 'Log in.' });
  const before = lookCount();
  expect((await readiness()).remedy).toBe('Log in.');
  expect(lookCount()).toBe(before + 1);
  state.remedy = null;
  expect(await readiness()).toMatchObject({ loggedIn: true, remedy: null });
  await readiness();
  expect(lookCount()).toBe(before + 2);
});
