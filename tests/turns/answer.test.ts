import { describe, expect, test } from 'vitest';
import { NO_USAGE } from '../../src/core/turn.ts';
import { answerOf, interruptedAnswer } from '../../src/turns/answer.ts';
import { answered } from '../support/turns.ts';

const explain = ({ code }: { code: string }) => `It failed: ${code}.`;

describe('an answer', () => {
  test('is what Claude wrote, and no list of tools', () => {
    expect(
      answerOf(answered('**Done.**', { costUsd: 1 }), { toolLines: ['Running x'], explain }),
    ).toEqual({
      status: 'done',
      usage: { ...NO_USAGE, costUsd: 1 },
      model: 'claude-haiku',
      failure: null,
      text: '**Done.**',
    });
  });

  test('says in a line which model stepped in, and in another what was not allowed', () => {
    const outcome = {
      ...answered('Done.'),
      kind: 'answered' as const,
      text: 'Done.',
      model: 'claude-haiku',
      deniedTools: ['WebFetch', 'mcp__x_y', 'WebFetch'],
      fallback: { from: 'opus', failure: { code: 'overloaded' as const } },
    };
    expect(answerOf(outcome, { toolLines: [], explain }).text).toBe(
      '*Answered by claude\\-haiku, because opus failed: It failed: overloaded.*\n\nDone.\n\n*Claude was not allowed to use: WebFetch, mcp\\_\\_x\\_y.*',
    );
  });
});

describe('a turn without an answer', () => {
  test('tells the failure in words and the last ten things that were done, and keeps the model', () => {
    const lines = Array.from({ length: 12 }, (_, index) => `Running step_${index + 1}`);
    const end = answerOf(
      {
        kind: 'failed',
        failure: { code: 'overloaded' },
        detail: '/secret',
        model: 'opus',
        usage: NO_USAGE,
      },
      { toolLines: lines, explain },
    );
    expect(end).toMatchObject({ status: 'failed', failure: 'overloaded', model: 'opus' });
    const [head, list] = end.text.split('\n\nSteps so far:\n\n');
    expect(head).toBe('⚠️ It failed: overloaded.');
    expect(list?.split('\n')).toEqual([
      '- … and 2 earlier',
      ...lines.slice(2).map((line) => `- ${line.replace('_', String.raw`\_`)}`),
    ]);
  });

  test('says that it was stopped', () => {
    expect(
      answerOf({ kind: 'stopped', usage: NO_USAGE }, { toolLines: [], explain }),
    ).toMatchObject({
      status: 'cancelled',
      text: '⏹ Stopped.',
    });
  });

  test('that was interrupted says what it had been doing, and the third time that it is not offered again', () => {
    const first = interruptedAnswer(
      { activity: 'Running npm test', wasLastTry: false, question: null },
      ['Running npm test'],
    );
    expect(first.status).toBe('interrupted');
    expect(first.text).toMatch(
      /^⚡ I was interrupted while: Running npm test\. I have not restarted it myself, because it may/u,
    );
    const last = interruptedAnswer({ activity: null, wasLastTry: true, question: null }, []);
    expect(last.status).toBe('failed');
    expect(last.text).toMatch(
      /^⚡ I was interrupted\. That was the third time, so I will not offer another try\./u,
    );
  });
});
