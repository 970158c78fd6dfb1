import { describe, expect, it } from 'vitest';
import type { AgentFailure } from '../../../src/core/agent.ts';
import { failureOfEnd, failureOfResult } from '../../../src/agent/claude/failure.ts';
import { failureText } from '../../../src/agent/claude/failure-text.ts';
import { outcomeOf, type RunEnd } from '../../../src/agent/claude/outcome.ts';
import { createReader } from '../../../src/agent/claude/reading.ts';
import type { ResultMessage } from '../../../src/agent/claude/stream.ts';
import { readUsageLimit } from '../../../src/agent/claude/wordings.ts';
import { NO_USAGE } from '../../../src/core/turn.ts';
import { EVERY_FAILURE } from '../../contract/agent.ts';

const result = (over: Partial<ResultMessage>): ResultMessage => ({
  type: 'result',
  subtype: 'success',
  isError: true,
  httpStatus: null,
  text: '',
  errors: [],
  deniedTools: [],
  usage: NO_USAGE,
  ...over,
});

describe('the words for a used-up subscription', () => {
  it.each([
    ['Claude AI usage limit reached|1766502000', 1_766_502_000_000, null],
    [
      'Claude usage limit reached. Your limit will reset at 3pm (America/Bogota).',
      null,
      '3pm (America/Bogota)',
    ],
    ['Claude usage limit reached. Your limit will reset at 12am.', null, '12am'],
    ['5-hour limit reached ∙ resets 3pm', null, '3pm'],
    ['Session limit reached ∙ resets 4am', null, '4am'],
    ['Weekly limit reached ∙ resets Oct 6, 1pm', null, 'Oct 6, 1pm'],
    ["You've hit your limit · resets 1:30am (Asia/Dhaka)", null, '1:30am (Asia/Dhaka)'],
    ['You’ve hit your weekly limit · resets Mon 12:00am', null, 'Mon 12:00am'],
    ["You've hit your Opus limit · resets 5pm (UTC) · progress saved", null, '5pm (UTC)'],
    ["You've hit your org's monthly usage limit", null, null],
    ["You're out of extra usage · resets 7pm (UTC)", null, '7pm (UTC)'],
    ["You're out of usage credits. See Usage in Settings", null, null],
    ["You've hit your monthly spend limit. See Usage in Settings", null, null],
    ['Credit balance is too low', null, null],
  ])('%s', (words, resetsAtMs, resetsAtText) => {
    expect(readUsageLimit(words)).toEqual({ code: 'usage-limit', resetsAtMs, resetsAtText });
  });

  it.each([
    'The log said: You have hit your limit, so I added a detection.',
    "API Error: Request rejected (429) · This request would exceed your account's rate limit.",
    'Concurrency is limited. Your limit of 5 is fine.',
    `You've hit your limit ${'and more of what a model would write '.repeat(20)}`,
  ])('are not seen in: %s', (words) => {
    expect(readUsageLimit(words)).toBeNull();
  });
});

describe('why a run with a result failed', () => {
  it.each<[string, Partial<ResultMessage>, AgentFailure]>([
    ['turns', { subtype: 'error_max_turns', errors: ['x'] }, { code: 'max-turns' }],
    ['budget', { subtype: 'error_max_budget_usd' }, { code: 'max-budget' }],
    ['an error of its own', { subtype: 'error_during_execution' }, { code: 'execution-error' }],
    ['login', { text: 'Not logged in · Please run /login' }, { code: 'not-logged-in' }],
    [
      'a refused key',
      { text: 'Invalid API key · Fix external API key' },
      { code: 'invalid-credentials' },
    ],
    [
      'a revoked token',
      { text: 'OAuth token revoked · Please run /login', httpStatus: 403 },
      { code: 'invalid-credentials' },
    ],
    [
      'a login that ran out',
      { text: 'Login expired · Please run /login' },
      { code: 'invalid-credentials' },
    ],
    ['no network', { text: 'Unable to connect to API (ENOTFOUND)' }, { code: 'unreachable' }],
    ['a late answer', { text: 'Request timed out' }, { code: 'unreachable' }],
    ['too much text', { text: 'Prompt is too long', httpStatus: 400 }, { code: 'prompt-too-long' }],
    [
      'a model of Bedrock',
      { text: 'API Error: 400 The provided model identifier is invalid.', httpStatus: 400 },
      { code: 'unknown-model', model: 'opus' },
    ],
    [
      'a 404 of a proxy',
      { text: 'API Error: 404 page not found', httpStatus: 404 },
      { code: 'bad-request' },
    ],
    [
      'a gateway',
      { text: 'API Error: 502', httpStatus: 502 },
      { code: 'server-error', httpStatus: 502 },
    ],
  ])('%s', (_name, over, failure) => {
    expect(failureOfResult(result(over), null, 'opus')).toEqual(failure);
  });

  it('a bare 429 after a rejected limit is a used-up subscription', () => {
    const limit = { isRejected: true, resetsAtMs: 5 };
    const bare = result({ text: 'API Error: Request rejected (429)', httpStatus: 429 });
    const failure = { code: 'usage-limit', resetsAtMs: 5, resetsAtText: null };
    expect(failureOfResult(bare, limit, 'opus')).toEqual(failure);
    expect(failureOfResult(bare, { ...limit, isRejected: false }, 'opus')).toEqual({
      code: 'rate-limited',
    });
  });

  it('an answer that talks about limits is an answer', () => {
    const end: RunEnd = {
      kind: 'result',
      result: result({ isError: false, text: "You've hit your limit · resets 3pm" }),
    };
    expect(outcomeOf(end, createReader().reading(), 'opus', '').kind).toBe('answered');
  });
});

describe('why a run without a result failed', () => {
  it.each<[string, number, string, AgentFailure | null]>([
    ['a clean exit', 0, 'a warning', null],
    ['TERM', 143, '', { code: 'killed', signal: 'SIGTERM' }],
    ['HUP', 129, '', { code: 'killed', signal: 'SIGHUP' }],
    ['KILL of a wrapper', 137, '', { code: 'killed', signal: 'SIGKILL' }],
    ['a bad flag', 1, "error: unknown option '--x'", { code: 'bad-invocation' }],
    ['a login', 1, 'Not logged in · Please run /login', { code: 'not-logged-in' }],
    ['nothing said', 1, ' \n', { code: 'execution-error' }],
  ])('%s', (_name, code, stderr, failure) => {
    expect(failureOfEnd({ kind: 'exited', code }, stderr)).toEqual(failure);
  });
});

describe('why a run that never began failed', () => {
  it.each([
    ['not-found', 'not-found'],
    ['not-executable', 'not-found'],
    ['no-folder', 'no-folder'],
    ['too-long', 'bad-invocation'],
    ['other', 'cannot-start'],
  ] as const)('%s', (reason, code) => {
    const end = { kind: 'spawn-failed', reason, message: 'spawn failed' } as const;
    expect(failureOfEnd(end, '')).toEqual({ code });
  });
});

describe('the sentence for the person', () => {
  it('names the setting or the command that mends it, and an update only where that may help', () => {
    expect(failureText({ code: 'no-folder' })).toMatch(/`CLAUDE_WORK_DIR`.* restart/);
    expect(failureText({ code: 'unknown-model', model: 'x' })).toContain('(/model)');
    expect(failureText({ code: 'prompt-too-long' })).toContain('(/new)');
    const updating = EVERY_FAILURE.filter((failure) => /updat/i.test(failureText(failure)));
    expect(updating).toEqual([{ code: 'bad-invocation' }]);
  });

  it('names the time at which a used-up limit resets, in whichever form it is known', () => {
    const limit = { code: 'usage-limit', resetsAtMs: null, resetsAtText: null } as const;
    expect(failureText({ ...limit, resetsAtText: '3pm (Asia/Seoul)' })).toContain(
      'It resets 3pm (Asia/Seoul)',
    );
    expect(failureText({ ...limit, resetsAtMs: 1_766_502_000_000 })).toContain(
      'It resets on 2025-12-23 at 15:00 UTC',
    );
    expect(failureText(limit)).toContain('usage limit is reached');
  });

  it('cannot be garbled by a name that holds markup', () => {
    const text = failureText({ code: 'unknown-model', model: '`x` *y*\n# z' });
    expect(text).toContain('`x*y*#z`');
    expect(text).not.toContain('\n');
  });

  it('tells how long the silence was', () => {
    expect(failureText({ code: 'idle', idleLimitMs: 600_000 })).toContain('10 minutes');
    expect(failureText({ code: 'idle', idleLimitMs: 30_000 })).toContain('30 seconds');
  });
});
