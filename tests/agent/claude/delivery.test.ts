import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorReply } from '../../standins/model/reply.ts';
import { failureOf, openRig, outcomeOf, type Rig } from './rig.ts';

describe('what goes in and comes out of the real program', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  beforeEach(() => rig.model.reset());
  afterAll(() => rig.close());

  it('a long answer of many alphabets arrives whole', async () => {
    const text = `${'日本語 ñandú 👩‍👩‍👧 «Ωμέγα» '.repeat(8000)}end`;
    rig.model.answer(text);
    expect(await outcomeOf(rig.agent, rig.request())).toMatchObject({ kind: 'answered', text });
  });

  it('a prompt of a megabyte reaches the model whole', async () => {
    const long = `Message: ${'ünïcode '.repeat(120_000)}end`;
    rig.model.answer('Read.');
    expect(await outcomeOf(rig.agent, rig.request({ prompt: long }))).toMatchObject({
      text: 'Read.',
    });
    expect(rig.model.requests[0]?.text).toContain(long);
  });

  it('a prompt of 10 MB is refused in words, by the program or by the model', async () => {
    rig.model.always(() => errorReply(413));
    const request = rig.request({ prompt: `Message: ${'ü'.repeat(5_000_000)}` });
    expect(await failureOf(rig.agent, request)).toEqual({ code: 'prompt-too-long' });
  });

  it('the system prompt is added to that of Claude Code, in whatever length and with dashes in front', async () => {
    for (const systemPrompt of ['--model is only text here', `-- ${'long '.repeat(60_000)}end`]) {
      rig.model.reset();
      rig.model.answer('Read.');
      expect((await outcomeOf(rig.agent, rig.request({ systemPrompt }))).kind).toBe('answered');
      expect(rig.model.requests[0]?.system).toContain('You are Claude Code');
      expect(rig.model.requests[0]?.system).toContain(systemPrompt);
    }
    await rig.agent.settled();
    expect(readdirSync(rig.home).filter((name) => name.startsWith('claudio-prompt-'))).toEqual([]);
  });

  it('offers the tools that it was given and no others', async () => {
    rig.model.answer('Read.');
    await outcomeOf(rig.agentWith({ tools: ['Read', 'Bash'] }), rig.request());
    expect(rig.model.requests[0]?.tools).toEqual(expect.arrayContaining(['Bash', 'Read']));
    expect(rig.model.requests[0]?.tools).not.toContain('Write');
  });

  it('asks for the model by the name it was given', async () => {
    rig.model.answer('Read.');
    await outcomeOf(rig.agent, rig.request({ model: 'claude-made-up-9' }));
    expect(rig.model.requests[0]?.model).toBe('claude-made-up-9');
  });
});
