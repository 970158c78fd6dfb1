import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mayFallBack } from '../../../src/agent/claude/fallback.ts';
import { DEFAULT_TOOLS } from '../../../src/agent/claude/tools.ts';
import { EVERY_FAILURE } from '../../contract/agent.ts';
import { errorReply, textReply } from '../../standins/model/reply.ts';
import { eventsOf, kindOf, openRig, outcomeOf, type Rig } from './rig.ts';

describe('the fallback to haiku', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  beforeEach(() => rig.model.reset());
  afterAll(() => rig.close());

  it('answers in the place of an overloaded model, says so, and sums the usage', async () => {
    rig.model.useTool('Read', { file_path: '/etc/hostname' });
    rig.model.always((request) =>
      request.model.includes('haiku') ? textReply('Haiku here.') : errorReply(529, 'Overloaded'),
    );
    const events = await eventsOf(rig.agent, rig.request({ model: 'sonnet' }));
    expect(events.map(kindOf)).toEqual([
      'started',
      'tool-began',
      'tool-ended',
      'text',
      'completed',
    ]);
    expect(events.at(-1)).toMatchObject({
      outcome: {
        kind: 'answered',
        text: 'Haiku here.',
        model: expect.stringContaining('haiku'),
        fallback: { from: 'sonnet', failure: { code: 'overloaded' } },
        usage: { inputTokenCount: 20, outputTokenCount: 10 },
      },
    });
  });

  it('answers in the place of a model that does not exist', async () => {
    rig.model.always((request) =>
      request.model === 'no-such-model' ? errorReply(404) : textReply('Haiku here.'),
    );
    expect(await outcomeOf(rig.agent, rig.request({ model: 'no-such-model' }))).toMatchObject({
      text: 'Haiku here.',
      fallback: { failure: { code: 'unknown-model', model: 'no-such-model' } },
    });
  });

  it('never runs twice behind anyone’s back: not after a tool that can change things', async () => {
    rig.model.useTool('Bash', { command: 'echo once >> counted; wc -l < counted' });
    rig.model.always((request) =>
      request.model.includes('haiku') ? textReply('Haiku here.') : errorReply(529, 'Overloaded'),
    );
    expect(await outcomeOf(rig.agent, rig.request({ model: 'sonnet' }))).toMatchObject({
      kind: 'failed',
      failure: { code: 'overloaded' },
      usage: { inputTokenCount: 10 },
    });
    expect(rig.model.requests.map((request) => /sonnet/.test(request.model))).toEqual([true, true]);
  });

  it('is tried once: when it fails as well, the failure of the wanted model counts', async () => {
    rig.model.always((request) => errorReply(request.model.includes('haiku') ? 500 : 529));
    expect(await outcomeOf(rig.agent, rig.request({ model: 'sonnet' }))).toMatchObject({
      failure: { code: 'overloaded' },
      detail: expect.stringContaining('500'),
    });
    expect(rig.model.requests).toHaveLength(2);
  });

  it('is not tried for a run that was told to use haiku', async () => {
    rig.model.always(() => errorReply(529));
    await outcomeOf(rig.agent, rig.request({ model: 'haiku' }));
    expect(rig.model.requests).toHaveLength(1);
  });

  it('is for the failures of a model alone', () => {
    const codes = EVERY_FAILURE.filter((failure) => mayFallBack(failure, 'opus', []));
    expect(codes.map((failure) => failure.code)).toEqual([
      'rate-limited',
      'overloaded',
      'server-error',
      'unknown-model',
      'no-answer',
    ]);
    expect(EVERY_FAILURE.some((failure) => mayFallBack(failure, 'claude-haiku-4-5', []))).toBe(
      false,
    );
  });

  it('treats every tool that is not known to look only as one that changes things', () => {
    const others = ['mcp__server__look', 'ToolOfTheFuture'];
    const own = ['search_history', 'send_message', 'ask_user', 'schedule_restart'].map(
      (tool) => `mcp__claudio__${tool}`,
    );
    const mayFollow = [...DEFAULT_TOOLS, ...others, ...own].filter((tool) =>
      mayFallBack({ code: 'overloaded' }, 'opus', ['Read', tool]),
    );
    expect(mayFollow).toEqual([
      'Read',
      'Glob',
      'Grep',
      'WebFetch',
      'WebSearch',
      'TaskOutput',
      'TodoWrite',
      'mcp__claudio__search_history',
    ]);
  });
});
