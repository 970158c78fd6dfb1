import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { placeRunFiles } from '../../../src/agent/claude/run-files.ts';
import { errorReply } from '../../standins/model/reply.ts';
import { aliveWith, failureOf, openRig, outcomeOf, type Rig } from './rig.ts';

const foldersIn = (folder: string): string[] =>
  readdirSync(folder).filter((name) => name.startsWith('claudio-run-'));

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

  it('a prompt that comes two seconds after the program has started reaches the model, made safe', async () => {
    rig.model.answer('Read.');
    const prompt = setTimeout(2000, 'Message: @notes.md');
    expect(await outcomeOf(rig.agent, rig.request({ prompt }))).toMatchObject({ text: 'Read.' });
    expect(rig.model.requests[0]?.text).toContain('Message: \\@notes.md');
  });

  it('a run that is stopped before its prompt has come leaves nothing running', async () => {
    const controller = new AbortController();
    const late = Promise.withResolvers<string>();
    const request = rig.request({ systemPrompt: 'Be brief.', prompt: late.promise });
    const run = outcomeOf(rig.agent, request, controller.signal);
    await vi.waitFor(() => expect(aliveWith(request.marker)).not.toEqual([]), 25_000);
    controller.abort();
    expect((await run).kind).toBe('stopped');
    late.resolve('too late');
    await rig.agent.settled();
    expect(aliveWith(request.marker)).toEqual([]);
    expect(rig.model.requests).toEqual([]);
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
    expect(foldersIn(rig.home)).toEqual([]);
  });

  it('shows the system prompt to no other user of the machine', async () => {
    const controller = new AbortController();
    const systemPrompt = 'My safe opens with 8421-is-not-it.';
    const request = rig.request({ systemPrompt });
    rig.model.answerWith(() => ({ kind: 'hang' }));
    const asked = rig.model.nextRequest();
    const run = outcomeOf(rig.agent, request, controller.signal);
    expect((await asked).system).toContain(systemPrompt);
    expect(aliveWith(request.marker)).not.toEqual([]);
    expect(aliveWith('8421-is-not-it')).toEqual([]);
    const [folder = ''] = foldersIn(rig.home);
    const path = join(rig.home, folder, 'system-prompt.md');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    controller.abort();
    await run;
    await rig.agent.settled();
    expect(foldersIn(rig.home)).toEqual([]);
  });

  it('removes what the runs of a dead instance were given, and nothing else', async () => {
    const given = { systemPrompt: 'Be brief.', toolServer: null };
    await placeRunFiles(given, 'dead/1.7.1', rig.home);
    await placeRunFiles(given, 'alive/1.7.1', rig.home);
    await rig.agent.stopLeftovers([{ prefix: 'dead/1.', sinceMs: 0 }]);
    expect(foldersIn(rig.home)).toEqual([expect.stringContaining('alive')]);
  });

  it('offers the tools that it was given and no others', async () => {
    rig.model.answer('Read.');
    await outcomeOf(rig.agentWith({ tools: ['Read', 'Bash'] }), rig.request());
    expect(rig.model.requests[0]?.tools).toEqual(expect.arrayContaining(['Bash', 'Read']));
    expect(rig.model.requests[0]?.tools).not.toContain('Write');
  });

  it('offers a tool that may be used for some things only, and denies the others', async () => {
    const tools = ['Read', 'Bash(touch:*)', 'Bash(mkdir one,two:*)'];
    rig.model.useTool('Bash', { command: 'touch allowed' });
    rig.model.useTool('Bash', { command: 'mkdir one,two' });
    rig.model.useTool('Bash', { command: 'mkdir three' });
    rig.model.answer('Two of three.');
    expect(await outcomeOf(rig.agentWith({ tools }), rig.request())).toMatchObject({
      text: 'Two of three.',
      deniedTools: ['Bash'],
    });
    expect(rig.model.requests[0]?.tools).toContain('Bash');
    const made = ['allowed', 'one,two', 'three'].map((name) => existsSync(join(rig.home, name)));
    expect(made).toEqual([true, true, false]);
  });

  it('asks for the model by the name it was given', async () => {
    rig.model.answer('Read.');
    await outcomeOf(rig.agent, rig.request({ model: 'claude-made-up-9' }));
    expect(rig.model.requests[0]?.model).toBe('claude-made-up-9');
  });
});
