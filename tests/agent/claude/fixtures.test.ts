import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { errorReply, textReply } from '../../standins/model/reply.ts';
import { testLog } from '../../support/log.ts';
import {
  aliveWith,
  eventsOf,
  failureOf,
  fixturePath,
  kindOf,
  openRig,
  outcomeOf,
  type Rig,
} from './rig.ts';

describe('a program that does not behave', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  afterAll(() => rig.close());
  /** In a folder of its own, so that no other test's processes have the same command line. */
  const pathOf = (fixture: string): string => {
    const path = join(rig.home, fixture);
    if (existsSync(fixturePath(fixture))) copyFileSync(fixturePath(fixture), path);
    return path;
  };
  const agentOf = (fixture: string, idleLimitMs = 60_000) =>
    rig.agentWith({ programPath: pathOf(fixture), idleLimitMs });

  it('that reports a used-up subscription as a success has failed, with the time of the reset', async () => {
    expect(await failureOf(agentOf('usage-limit-as-success'), rig.request())).toEqual({
      code: 'usage-limit',
      resetsAtMs: 1_766_502_000_000,
      resetsAtText: null,
    });
  });

  it('and fails with a tool at work has that tool told as ended before another model steps in', async () => {
    const agent = agentOf('overloaded-while-reading');
    const events = await eventsOf(agent, rig.request({ model: 'sonnet' }));
    expect(events.map(kindOf)).toEqual(['started', 'tool-began', 'tool-ended', 'completed']);
    expect(events[2]).toEqual({
      type: 'progress',
      progress: { kind: 'tool-ended', toolUseId: 't1' },
    });
    expect(events.at(-1)).toMatchObject({ outcome: { kind: 'answered', text: 'Haiku here.' } });
  });

  it('and prints lines that nobody understands still gets its answer through', async () => {
    const events = await eventsOf(agentOf('garbage'), rig.request());
    expect(events.map((event) => event.type)).toEqual(['started', 'completed']);
    expect(events.at(-1)).toMatchObject({ outcome: { kind: 'answered', text: 'An answer.' } });
  });

  it('and prints a line of 40 MB still gets its answer through', async () => {
    const outcome = await outcomeOf(agentOf('giant-line'), rig.request());
    expect(outcome).toMatchObject({
      kind: 'answered',
      usage: { inputTokenCount: 3, outputTokenCount: 2, costUsd: 0.5 },
    });
  });

  it('and stays after its result has its answer delivered at the result, and is stopped behind it', async () => {
    const agent = agentOf('stays-after-result');
    const outcome = await outcomeOf(agent, rig.request());
    expect(outcome).toMatchObject({ kind: 'answered', text: 'An answer.' });
    expect(aliveWith(pathOf('stays-after-result'))).not.toEqual([]);
    await agent.settled();
    expect(aliveWith(pathOf('stays-after-result'))).toEqual([]);
  });

  it('and ignores signals is killed when it falls silent', async () => {
    const outcome = await outcomeOf(agentOf('ignores-signals', 200), rig.request());
    expect(outcome).toMatchObject({ failure: { code: 'idle', idleLimitMs: 200 } });
    expect(aliveWith(pathOf('ignores-signals'))).toEqual([]);
  });

  it('and ignores signals is killed when it is stopped', async () => {
    const controller = new AbortController();
    const agent = agentOf('ignores-signals');
    for await (const event of agent.run(rig.request(), controller.signal)) {
      if (event.type === 'started') controller.abort();
      if (event.type === 'completed') expect(event.outcome.kind).toBe('stopped');
    }
    expect(aliveWith(pathOf('ignores-signals'))).toEqual([]);
  });

  it('and leaves a daemon behind that holds its output is answered for, and the daemon is stopped', async () => {
    const agent = agentOf('leaves-daemon');
    const outcome = await outcomeOf(agent, rig.request());
    expect(outcome.kind).toBe('answered');
    await agent.settled();
    await vi.waitFor(
      () => expect(aliveWith(`${pathOf('leaves-daemon')}-child`)).toEqual([]),
      10_000,
    );
  });

  it('and ends without a word gave no answer', async () => {
    expect(await failureOf(agentOf('silent'), rig.request({ model: 'haiku' }))).toEqual({
      code: 'no-answer',
    });
  });

  it('and loses its result is quoted with the last words of the model', async () => {
    expect(await outcomeOf(agentOf('text-without-result'), rig.request())).toMatchObject({
      kind: 'answered',
      text: 'Words before the end.',
      usage: { inputTokenCount: 3, outputTokenCount: 2 },
    });
  });

  it('and never reads its input does not break on a long prompt', async () => {
    const request = rig.request({ prompt: `Message: ${'x'.repeat(3_000_000)}` });
    expect(await failureOf(agentOf('never-reads'), request)).toEqual({ code: 'bad-invocation' });
  });

  it('and is killed from outside says by which signal', async () => {
    expect(await failureOf(agentOf('kills-itself'), rig.request())).toEqual({
      code: 'killed',
      signal: 'SIGKILL',
    });
  });

  it('and complains without end has only its last complaints kept', async () => {
    const outcome = await outcomeOf(agentOf('endless-stderr'), rig.request());
    if (outcome.kind !== 'failed') expect.unreachable();
    expect(outcome.detail).toMatch(/the last words$/);
    expect(outcome.detail.length).toBeLessThan(10_000);
  });

  it('is not found where it is not', async () => {
    expect(await failureOf(agentOf('no-such-file'), rig.request())).toEqual({ code: 'not-found' });
  });

  it('cannot be started for want of room for the system prompt, and says that of the machine', async () => {
    const agent = rig.agentWith({ tempDir: `${rig.home}/gone` });
    const request = rig.request({ systemPrompt: 'Be brief.' });
    expect(await failureOf(agent, request)).toEqual({ code: 'cannot-start' });
  });

  it('cannot even be looked at, which is told as a value', async () => {
    const never = new AbortController().signal;
    expect(await rig.agentWith({ tempDir: `${rig.home}/gone` }).readiness(never)).toEqual({
      found: true,
      version: null,
      loggedIn: null,
      remedy: expect.stringContaining('--version'),
    });
  });

  it('has each line of the log marked with its run', async () => {
    const { log, lines } = testLog();
    const request = rig.request({ model: 'no-such-model' });
    rig.model.always(({ model }) => (model === request.model ? errorReply(404) : textReply('Hi.')));
    await outcomeOf(rig.agentWith({ log }), request);
    const others = ['garbage', 'leaves-daemon'].map((fixture) => ({
      agent: rig.agentWith({ log, programPath: pathOf(fixture) }),
      request: rig.request(),
    }));
    await Promise.all(others.map((run) => outcomeOf(run.agent, run.request)));
    await Promise.all(others.map(({ agent }) => agent.settled()));
    const marked = lines.map(({ event, marker }) => [event, marker]);
    expect(marked).toContainEqual(['agent.fallback', request.marker]);
    expect(marked).toContainEqual(['agent.unreadable-output', others[0]?.request.marker]);
    expect(marked).toContainEqual(['agent.leftovers-stopped', others[1]?.request.marker]);
    expect(lines.filter(({ marker }) => marker === undefined)).toEqual([]);
  });

  it('cannot run in a folder that is gone', async () => {
    const request = rig.request({ workDir: `${rig.home}/gone` });
    expect(await failureOf(agentOf('silent'), request)).toEqual({ code: 'no-folder' });
  });
});
