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
  const probe = createAgentProbe(agent, clock, pino({ level: 'silent' }));
  return { clock, probe, lookCount: () => lookCount };
}

test('the program is looked at once for all who ask, and anew when five minutes are over', async () => {
  const state = { remedy: null as string | null };
  const { clock, probe, lookCount } = probeOf(state);
  await Promise.all([probe.readiness(), probe.readiness()]);
  clock.advance(5 * 60_000 - 1);
  await probe.readiness();
  expect(lookCount()).toBe(1);
  clock.advance(1);
  state.remedy = 'Log in.';
  // What is known is told at once, and the look behind it counts for the next who asks.
  expect((await probe.readiness()).remedy).toBeNull();
  expect(lookCount()).toBe(2);
  expect((await probe.readiness()).remedy).toBe('Log in.');
});

test('what was wrong is looked at again each time that somebody asks', async () => {
  const state: { remedy: string | null } = { remedy: 'Log in.' };
  const { probe, lookCount } = probeOf(state);
  expect(await probe.readiness()).toMatchObject({ loggedIn: false, remedy: 'Log in.' });
  const before = lookCount();
  expect((await probe.readiness()).remedy).toBe('Log in.');
  expect(lookCount()).toBe(before + 1);
  state.remedy = null;
  expect(await probe.readiness()).toMatchObject({ loggedIn: true, remedy: null });
  await probe.readiness();
  expect(lookCount()).toBe(before + 2);
});
