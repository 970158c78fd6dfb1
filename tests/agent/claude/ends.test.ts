import { existsSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../../src/core/agent.ts';
import { emptyEnvironment } from '../../environment.ts';
import { errorReply, textReply, toolReply, type ModelReply } from '../../standins/model/reply.ts';
import { failureOf, openRig, outcomeOf, type Rig } from './rig.ts';

describe('the ends of the real program', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  beforeEach(() => rig.model.reset());
  afterAll(() => rig.close());

  const subscriber = (): Agent => {
    const { ANTHROPIC_API_KEY: _, ...env } = emptyEnvironment({
      home: rig.home,
      baseUrl: rig.model.url,
    });
    return rig.agentWith({ env: { ...env, CLAUDE_CODE_OAUTH_TOKEN: 'not-a-token' } });
  };

  const ENDS: readonly (readonly [string, () => ModelReply, object])[] = [
    ['400', () => errorReply(400), { code: 'bad-request' }],
    ['401', () => errorReply(401), { code: 'invalid-credentials' }],
    ['403', () => errorReply(403), { code: 'forbidden' }],
    ['404', () => errorReply(404), { code: 'unknown-model', model: 'haiku' }],
    ['413', () => errorReply(413), { code: 'prompt-too-long' }],
    ['429', () => errorReply(429), { code: 'rate-limited' }],
    ['500', () => errorReply(500), { code: 'server-error', httpStatus: 500 }],
    ['503', () => errorReply(503), { code: 'server-error', httpStatus: 503 }],
    ['529', () => errorReply(529, 'Overloaded'), { code: 'overloaded' }],
    [
      '429 that says to come back in an hour',
      () => errorReply(429, 'later', { 'retry-after': '3600' }),
      { code: 'rate-limited' },
    ],
    [
      '400 for too many tokens',
      () => errorReply(400, 'prompt is too long: 210000 tokens > 200000 maximum'),
      { code: 'prompt-too-long' },
    ],
    [
      '400 for want of credit',
      () => errorReply(400, 'Your credit balance is too low to access the Anthropic API.'),
      { code: 'usage-limit', resetsAtMs: null, resetsAtText: null },
    ],
    ['a dropped connection', () => ({ kind: 'drop', afterText: null }), { code: 'unreachable' }],
    [
      'a connection dropped within an answer',
      () => ({ kind: 'drop', afterText: 'the first half of an answer, which is long enough' }),
      { code: 'unreachable' },
    ],
    ['blank answers', () => textReply(' \n '), { code: 'no-answer' }],
  ];

  it.each(ENDS)('%s', async (_name, reply, failure) => {
    rig.model.always(reply);
    expect(await failureOf(rig.agent, rig.request({ model: 'haiku' }))).toEqual(failure);
    expect(rig.model.requests.length).toBeGreaterThan(0);
  });

  it('nobody listens at the address of the model', async () => {
    const env = emptyEnvironment({ home: rig.home, baseUrl: 'http://127.0.0.1:9' });
    expect(await failureOf(rig.agentWith({ env }), rig.request())).toEqual({ code: 'unreachable' });
  });

  it('nobody is logged in', async () => {
    const { ANTHROPIC_API_KEY: _, ...env } = emptyEnvironment({
      home: rig.home,
      baseUrl: rig.model.url,
    });
    const agent = rig.agentWith({ env });
    expect(await failureOf(agent, rig.request())).toEqual({ code: 'not-logged-in' });
    expect(await agent.readiness(new AbortController().signal)).toMatchObject({
      loggedIn: false,
      remedy: expect.stringContaining('log in'),
    });
  });

  describe('with a subscription', () => {
    it('an expired token', async () => {
      rig.model.always(() => errorReply(401, 'OAuth token has expired'));
      expect(await failureOf(subscriber(), rig.request())).toEqual({ code: 'invalid-credentials' });
    });

    it('complaint 12: a used-up limit comes with the time of its reset', async () => {
      const resetSeconds = Math.floor(Date.now() / 1000) + 3600;
      const headers = {
        'retry-after': '3600',
        'anthropic-ratelimit-unified-status': 'rejected',
        'anthropic-ratelimit-unified-reset': String(resetSeconds),
        'anthropic-ratelimit-unified-representative-claim': 'five_hour',
      };
      rig.model.always(() => errorReply(429, 'This would exceed your rate limit.', headers));
      expect(await failureOf(subscriber(), rig.request())).toEqual({
        code: 'usage-limit',
        resetsAtMs: resetSeconds * 1000,
        resetsAtText: expect.stringMatching(/^\d+(:\d+)?[ap]m \(.+\)$/),
      });
    });
  });

  it('a blank prompt', async () => {
    const failure = await failureOf(rig.agent, rig.request({ prompt: '  ' }));
    expect(failure).toEqual({ code: 'bad-invocation' });
  });

  it('a tool that was refused is named beside the answer', async () => {
    const file_path = `${rig.home}/.bashrc`;
    rig.model.useTool('Write', { file_path, content: 'alias ls=rm' });
    rig.model.answer('I may not write that.');
    expect(await outcomeOf(rig.agent, rig.request())).toMatchObject({
      kind: 'answered',
      text: 'I may not write that.',
      deniedTools: ['Write'],
    });
    expect(existsSync(file_path)).toBe(false);
  });

  it('a blank last word takes back the words before the tool', async () => {
    rig.model.useTool('Read', { file_path: '/etc/hostname' }, 'This is what I found.');
    rig.model.always(() => textReply(''));
    expect(await outcomeOf(rig.agent, rig.request())).toMatchObject({
      kind: 'answered',
      text: 'This is what I found.',
    });
  });

  it('the usage of all requests is summed, sub-agents included', async () => {
    rig.model.useTool('Task', {
      description: 'look around',
      prompt: 'look',
      subagent_type: 'general-purpose',
    });
    rig.model.answerWith(() => toolReply('Bash', { command: 'true' }));
    rig.model.answer('the part is done');
    rig.model.answer('all is done', { inputTokenCount: 100, cacheReadTokenCount: 7 });
    expect(await outcomeOf(rig.agent, rig.request())).toMatchObject({
      text: 'all is done',
      usage: { inputTokenCount: 130, outputTokenCount: 20, cacheReadTokenCount: 7 },
    });
  });
});
