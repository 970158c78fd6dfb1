import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AgentOutcome } from '../../../src/core/agent.ts';
import { textReply } from '../../standins/model/reply.ts';
import { aliveWith, outcomeOf, openRig, sleepTag, type Rig } from './rig.ts';

/** A shell with a child that left its session, ignores signals and is nobody's child any more. */
const stubborn = (tag: string): string =>
  `(setsid sh -c "trap '' TERM INT HUP; sleep ${tag}1; sleep ${tag}2" &); sleep ${tag}3`;

describe('the end of a run', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  beforeEach(() => rig.model.reset());
  afterAll(() => rig.close());

  it('complaint 9: stopping a run leaves nothing behind, not even a child that ignores TERM in a session of its own', async () => {
    const tag = sleepTag();
    const controller = new AbortController();
    rig.model.useTool('Bash', { command: stubborn(tag), timeout: 600_000 });
    let outcome: AgentOutcome | null = null;
    for await (const event of rig.agent.run(rig.request(), controller.signal)) {
      if (event.type === 'completed') outcome = event.outcome;
      if (event.type !== 'progress') continue;
      await vi.waitFor(() => {
        expect(aliveWith(`sleep ${tag}1`)).not.toEqual([]);
        expect(aliveWith(`sleep ${tag}3`)).not.toEqual([]);
      }, 25_000);
      controller.abort();
    }
    expect(aliveWith(tag)).toEqual([]);
    expect(outcome).toMatchObject({
      kind: 'stopped',
      usage: { inputTokenCount: 10, outputTokenCount: 5 },
    });
  });

  it('complaint 9: what a run started ends with it, also after a good answer', async () => {
    const tag = sleepTag();
    rig.model.useTool('Bash', { command: `(setsid sh -c "trap '' TERM; sleep ${tag}" &)` });
    rig.model.answerWith(async () => {
      await vi.waitFor(() => expect(aliveWith(`sleep ${tag}`)).not.toEqual([]), 25_000);
      return textReply('The server is up.');
    });
    expect(await outcomeOf(rig.agent, rig.request())).toMatchObject({ text: 'The server is up.' });
    await rig.agent.settled();
    expect(aliveWith(tag)).toEqual([]);
  });

  it('complaint 8: a run that gives no sign of life is stopped with all of its children, and says so', async () => {
    const tag = sleepTag();
    const agent = rig.agentWith({ idleLimitMs: 5000 });
    rig.model.useTool('Bash', { command: `sleep ${tag}`, timeout: 600_000 });
    // What counts is the silence of the tool, not how long the program takes to start.
    const isWaitingForPerson = () => aliveWith(`sleep ${tag}`).length === 0;
    expect(await outcomeOf(agent, rig.request({ isWaitingForPerson }))).toMatchObject({
      kind: 'failed',
      failure: { code: 'idle', idleLimitMs: 5000 },
      usage: { inputTokenCount: 10 },
    });
    expect(aliveWith(tag)).toEqual([]);
    expect(rig.model.requests).toHaveLength(1);
  });

  it('complaint 8: a long answer is a sign of life while it is being written', async () => {
    const idleLimitMs = 4500;
    const startMs = performance.now();
    rig.model.answerWith(() => ({
      ...textReply('A sentence of an answer that takes its time. '.repeat(5)),
      beforeEvent: () => delay(450),
    }));
    const isWaitingForPerson = () => rig.model.requests.length === 0;
    const agent = rig.agentWith({ idleLimitMs });
    const outcome = await outcomeOf(agent, rig.request({ isWaitingForPerson }));
    expect(outcome.kind).toBe('answered');
    expect(performance.now() - startMs).toBeGreaterThan(1.3 * idleLimitMs);
  });

  it('stopping one run leaves another one alone', async () => {
    const controller = new AbortController();
    const isHeld = Promise.withResolvers<void>();
    rig.model.answerWith(async () => {
      await isHeld.promise;
      return textReply('The other one.');
    });
    const other = outcomeOf(rig.agent, rig.request());
    await rig.model.nextRequest();
    rig.model.answerWith(() => ({ kind: 'hang' }));
    const stopped = outcomeOf(rig.agent, rig.request(), controller.signal);
    await rig.model.nextRequest();
    controller.abort();
    expect(await stopped).toMatchObject({ kind: 'stopped' });
    isHeld.resolve();
    expect(await other).toMatchObject({ kind: 'answered', text: 'The other one.' });
  });
});
