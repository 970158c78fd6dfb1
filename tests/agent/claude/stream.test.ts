import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReader } from '../../../src/agent/claude/reading.ts';
import { parseStreamLine } from '../../../src/agent/claude/stream.ts';

const assistant = (over: object, content: readonly object[]): string =>
  JSON.stringify({
    type: 'assistant',
    parent_tool_use_id: null,
    message: { id: 'm1', model: 'sonnet', content, usage: { input_tokens: 7, output_tokens: 2 } },
    ...over,
  });

const rateLimitLine = (resetsAt?: number): string =>
  JSON.stringify({
    type: 'rate_limit_event',
    rate_limit_info: { status: 'rejected', rateLimitType: 'five_hour', resetsAt },
  });

const resultLine = (over: object): string =>
  JSON.stringify({
    type: 'result',
    subtype: 'success',
    result: 'r',
    total_cost_usd: 2,
    ...over,
  });

const denial = (tool_name: string): object => ({ tool_name, tool_use_id: 'x', tool_input: {} });

const userLine = (content: unknown, parent: string | null = null): string =>
  JSON.stringify({ type: 'user', message: { content }, parent_tool_use_id: parent });

const piece = (event: object, parent: string | null = null) =>
  parseStreamLine(JSON.stringify({ type: 'stream_event', event, parent_tool_use_id: parent }));

const blockStart = (type: string): object => ({
  type: 'content_block_start',
  index: 0,
  content_block: { type },
});

describe('the lines of stream-json', () => {
  it('are read whatever else stands in them, in any order of keys', () => {
    const line = '{"x":1,"model":"m","session_id":"s","subtype":"init","type":"system","tools":[]}';
    expect(parseStreamLine(line)).toEqual({ type: 'init', sessionId: 's', model: 'm' });
  });

  it('of a sub-agent are marked, and their text is not the answer', () => {
    const reader = createReader();
    reader.take(parseStreamLine(assistant({}, [{ type: 'text', text: 'mine' }])));
    const part = assistant({ parent_tool_use_id: 't1' }, [{ type: 'text', text: 'a part' }]);
    expect(parseStreamLine(part)).toMatchObject({ isSubAgent: true, text: 'a part' });
    reader.take(parseStreamLine(part));
    expect(reader.reading().lastText).toBe('mine');
  });

  it('that belong to one message are counted once', () => {
    const reader = createReader();
    reader.take(parseStreamLine(assistant({}, [{ type: 'text', text: 'one' }])));
    const use = { type: 'tool_use', id: 't', name: 'Bash', input: { command: 'ls' } };
    reader.take(parseStreamLine(assistant({}, [use])));
    expect(reader.reading()).toMatchObject({
      usage: { inputTokenCount: 7, outputTokenCount: 2 },
      usedTools: ['Bash'],
    });
  });

  it('tell which tools have come to their end, of sub-agents too, and take an echoed prompt for none', () => {
    const results = [
      { type: 'tool_result', tool_use_id: 't1', content: 'x' },
      { type: 'text', text: 'y' },
      { type: 'tool_result', tool_use_id: 't2', is_error: true },
    ];
    const expected = { type: 'tool-results', toolUseIds: ['t1', 't2'] };
    expect(parseStreamLine(userLine(results))).toEqual(expected);
    expect(parseStreamLine(userLine(results, 't0'))).toEqual(expected);
    for (const content of ['a prompt', undefined, 7, [null]]) {
      expect(parseStreamLine(userLine(content))).toEqual({ type: 'tool-results', toolUseIds: [] });
    }
    expect(parseStreamLine('{"type":"user"}')).toEqual({ type: 'tool-results', toolUseIds: [] });
  });

  it('tell what is being written, of the main agent alone, and nothing of what it thinks', () => {
    const text = { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Well' } };
    const thinking = {
      type: 'content_block_delta',
      delta: { type: 'thinking_delta', thinking: 'Hm' },
    };
    expect(piece({ type: 'message_start', message: {} })).toEqual({ type: 'message-start' });
    expect(piece(blockStart('text'))).toEqual({ type: 'text-start' });
    expect(piece(text)).toEqual({ type: 'text-delta', text: 'Well' });
    expect(piece({ type: 'content_block_stop', index: 0 })).toEqual({ type: 'block-end' });
    for (const one of [
      blockStart('thinking'),
      blockStart('tool_use'),
      thinking,
      { type: 'message_stop' },
    ]) {
      expect(piece(one).type).toBe('other');
    }
    expect(piece(text, 't1').type).toBe('other');
  });

  it('tell of a rate limit in seconds or in milliseconds', () => {
    const expected = { type: 'rate-limit', isRejected: true, resetsAtMs: 1_771_390_800_000 };
    expect(parseStreamLine(rateLimitLine(1_771_390_800))).toEqual(expected);
    expect(parseStreamLine(rateLimitLine(1_771_390_800_000))).toEqual(expected);
    expect(parseStreamLine(rateLimitLine())).toEqual({ ...expected, resetsAtMs: null });
  });

  it('with a result sum all models, fall back on the main usage, and need neither', () => {
    const usage = { input_tokens: 1, output_tokens: 2, cache_read_input_tokens: 3 };
    const model = { inputTokens: 10, outputTokens: 20, cacheReadInputTokens: 0, costUSD: 1 };
    expect(
      parseStreamLine(resultLine({ usage, modelUsage: { a: model, b: model } })),
    ).toMatchObject({
      usage: { inputTokenCount: 20, outputTokenCount: 40, costUsd: 2 },
    });
    expect(parseStreamLine(resultLine({ usage }))).toMatchObject({
      usage: { inputTokenCount: 1, outputTokenCount: 2, cacheReadTokenCount: 3, costUsd: 2 },
    });
    expect(
      parseStreamLine(resultLine({ usage: 'none', errors: 7, permission_denials: 'x' })),
    ).toEqual({
      type: 'result',
      subtype: 'success',
      isError: false,
      httpStatus: null,
      text: 'r',
      errors: [],
      deniedTools: [],
      usage: {
        inputTokenCount: 0,
        outputTokenCount: 0,
        cacheReadTokenCount: 0,
        cacheWriteTokenCount: 0,
        costUsd: 2,
      },
    });
  });

  it('name each refused tool once', () => {
    const permission_denials = [denial('Bash'), denial('Write'), denial('Bash')];
    const line = JSON.stringify({ type: 'result', subtype: 'success', permission_denials });
    expect(parseStreamLine(line)).toMatchObject({ deniedTools: ['Bash', 'Write'] });
  });

  it('are told apart when they are unknown, and when they make no sense', () => {
    expect(parseStreamLine('{"type":"tool_progress"}')).toEqual({
      type: 'other',
      name: 'tool_progress',
    });
    expect(parseStreamLine('{"type":"system","subtype":"new"}')).toEqual({
      type: 'other',
      name: 'system/new',
    });
    for (const line of ['', 'null', '7', '[]', '{', '{"type":7}', '{"type":"assistant"}']) {
      expect(parseStreamLine(line), line).toEqual({ type: 'malformed' });
    }
  });

  it('never make the parser throw', () => {
    const type = fc.constantFrom(
      'system',
      'assistant',
      'result',
      'rate_limit_event',
      'user',
      'stream_event',
    );
    const subtype = fc.constantFrom('init', 'api_retry', 'success');
    const line = fc
      .tuple(type, subtype, fc.object())
      .map(([t, s, rest]) => JSON.stringify({ ...rest, type: t, subtype: s }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), line), (text) => {
        expect(parseStreamLine(text).type).toMatch(/^[a-z-]+$/);
      }),
    );
  });
});
