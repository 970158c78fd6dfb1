import { describe, expect, test } from 'vitest';
import { createActs } from '../../src/console/acts.ts';
import { SHELL_PERSON } from '../../src/core/role.ts';
import { nowWorld } from './now-world.ts';

const DONE = { kind: 'done' };
const TOO_LATE = { kind: 'too-late' };
const IN_CHAT = 'That is no longer possible.';
const SECRET = ['gh', 'p_', 'aB3dE5fG7h'.repeat(4)].join('');

describe('stop', () => {
  test('asks the turn to stop, says so below its message, is written down, and counts once', () => {
    const { acts, run, queue, parts, audited, wakeCount } = nowWorld();
    const { turnId } = run('watch the build');
    expect(acts.stop(turnId)).toEqual(DONE);
    expect(queue.stopRequests()).toEqual([turnId]);
    expect(wakeCount()).toBe(1);
    expect(acts.stop(turnId)).toEqual(TOO_LATE);
    expect(parts()).toEqual([
      { markdown: '⏹ Stopping: that was asked for in the console.', replyTo: '1', buttons: [] },
    ]);
    expect(audited()).toMatchObject([
      {
        event: 'console.stop',
        conversationId: 'telegram:1:42',
        personId: SHELL_PERSON,
        turnId,
        decision: null,
      },
    ]);
    expect(wakeCount()).toBe(1);
  });

  test('is too late for what waits, has ended or never was', () => {
    const { acts, arrive, run, parts, audited, wakeCount } = nowWorld();
    const ended = run('one');
    ended.end('done');
    const waitingId = arrive('two');
    for (const id of [ended.turnId, waitingId, 99]) expect(acts.stop(id)).toEqual(TOO_LATE);
    expect(parts()).toEqual([]);
    expect(audited()).toEqual([]);
    expect(wakeCount()).toBe(0);
  });

  test('is for good, also where the turn was only to begin anew', () => {
    const { acts, run, messages, press, database } = nowWorld();
    const { turnId } = run('paint it red');
    messages.keepChange(1, 'paint it blue');
    expect(press(`restart:${turnId}`)).toBe('Restarting.');
    expect(acts.stop(turnId)).toEqual(DONE);
    expect(database.orm.query.turns.findMany().sync()).toMatchObject([
      { restartRequestedAtMs: null, stopRequestedAtMs: expect.any(Number) as number },
    ]);
    expect(acts.stop(turnId)).toEqual(TOO_LATE);
  });
});

describe('cancel', () => {
  test('takes a waiting turn out of the queue, once, and the buttons in the chat are too late by themselves', () => {
    const { acts, run, arrive, statuses, parts, audited, press, messages } = nowWorld();
    const { turnId } = run('one');
    const waitingId = arrive(`with ${SECRET}`);
    expect(acts.cancel(turnId)).toEqual(TOO_LATE);
    expect(acts.cancel(waitingId)).toEqual(DONE);
    expect(acts.cancel(waitingId)).toEqual(TOO_LATE);
    expect(statuses()).toEqual(['running', 'cancelled']);
    expect(messages.get(2).text).not.toContain(SECRET);
    expect(parts()).toEqual([
      { markdown: '✖️ Taken out of the queue from the console.', replyTo: '2', buttons: [] },
    ]);
    expect(audited()).toMatchObject([{ event: 'console.cancel', turnId: waitingId }]);
    expect(press(`cancel:${waitingId}`)).toBe(IN_CHAT);
  });
});

describe('retry', () => {
  test('puts an interrupted turn into the queue again, once, and the buttons in the chat are too late by themselves', () => {
    const { acts, run, statuses, parts, audited, press, queue, wakeCount } = nowWorld();
    const { turnId, end } = run('fix it');
    expect(acts.retry(turnId)).toEqual(TOO_LATE);
    end('interrupted');
    expect(acts.retry(turnId)).toEqual(DONE);
    expect(acts.retry(turnId)).toEqual(TOO_LATE);
    expect(acts.discard(turnId)).toEqual(TOO_LATE);
    expect(press(`retry:${turnId}`)).toBe(IN_CHAT);
    expect(press(`discard:${turnId}`)).toBe(IN_CHAT);
    expect(statuses()).toEqual(['queued']);
    expect(parts()).toEqual([
      { markdown: '🔁 Started again from the console.', replyTo: '1', buttons: [] },
    ]);
    expect(audited()).toMatchObject([{ event: 'console.retry', personId: SHELL_PERSON, turnId }]);
    expect(wakeCount()).toBe(1);
    expect(queue.claim('next')).toMatchObject({ turnId, attempt: 2 });
  });

  test('is too late where a button in the chat was first', () => {
    const { acts, run, press, parts } = nowWorld();
    const first = run('one');
    first.end('interrupted');
    expect(press(`retry:${first.turnId}`)).toBe('Trying again.');
    expect(acts.retry(first.turnId)).toEqual(TOO_LATE);
    expect(parts()).toHaveLength(1);
  });

  test('is too late where the message was changed and answered since', () => {
    const { acts, run, messages, queue, statuses } = nowWorld();
    const { turnId, end } = run('paint it red');
    end('interrupted');
    queue.enqueueChange(messages.get(1), 'paint it blue', '42', 'haiku');
    expect(acts.retry(turnId)).toEqual(TOO_LATE);
    expect(statuses()).toEqual(['interrupted', 'queued']);
  });

  test('is refused while the common budget is used up, with a sentence that says when it is free again, and under no other limit', () => {
    const { acts, run, clock, statuses, parts, audited, wakeCount } = nowWorld({
      limits: { BUDGET_PER_DAY: 1, RATE_LIMIT_PER_HOUR: 1, MAX_WAITING_PER_PERSON: 1 },
    });
    const { turnId, end } = run('dear');
    end('interrupted', 1);
    expect(acts.retry(turnId)).toEqual({
      kind: 'refused',
      code: 'budget',
      reason: expect.stringMatching(
        /^💸 The common budget for today is used up: \$1\.00 of \$1\.00\. You can ask again tomorrow, in \d+ (?:h|min)\.$/u,
      ) as string,
    });
    expect(statuses()).toEqual(['interrupted']);
    expect(parts()).toEqual([]);
    expect(audited()).toMatchObject([
      { event: 'console.retry', personId: SHELL_PERSON, turnId, decision: 'refused' },
    ]);
    expect(wakeCount()).toBe(0);
    clock.advance(24 * 3_600_000);
    expect(acts.retry(turnId)).toEqual(DONE);
  });

  test('asks nothing of the budget of the one who asked: the owner of the machine says so', () => {
    const { acts, run } = nowWorld({ limits: { PERSON_BUDGET_PER_DAY: 1 } });
    const { turnId, end } = run('dear');
    end('interrupted', 2);
    expect(acts.retry(turnId)).toEqual(DONE);
  });

  test('is refused where the queue is full, and can be made again', () => {
    const { acts, run, arrive, queue, statuses, parts } = nowWorld({ maxQueueSize: 1 });
    const { turnId, end } = run('one');
    end('interrupted');
    arrive('two');
    expect(acts.retry(turnId)).toEqual({
      kind: 'refused',
      code: 'full',
      reason: '1 message already waiting there. Try again when the queue is shorter.',
    });
    expect(statuses()).toEqual(['interrupted', 'queued']);
    expect(parts()).toEqual([]);
    queue.cancelAll('telegram:1:42');
    expect(acts.retry(turnId)).toEqual(DONE);
  });
});

describe('discard', () => {
  test('lets an interrupted turn be: its question is withdrawn, its secrets are forgotten, and the chat is told', () => {
    const { acts, run, statuses, parts, audited, press, questions, messages } = nowWorld();
    const turn = run(`paint it with ${SECRET}`);
    const questionId = turn.asks('Which?', ['red']);
    turn.end('interrupted');
    expect(messages.get(1).text).toContain(SECRET);
    expect(acts.discard(turn.turnId)).toEqual(DONE);
    expect(acts.discard(turn.turnId)).toEqual(TOO_LATE);
    expect(acts.retry(turn.turnId)).toEqual(TOO_LATE);
    expect(statuses()).toEqual(['cancelled']);
    expect(questions.get(questionId)?.status).toBe('withdrawn');
    expect(messages.get(1).text).not.toContain(SECRET);
    for (const button of ['retry', 'discard']) {
      expect(press(`${button}:${turn.turnId}`)).toBe(IN_CHAT);
    }
    expect(press(`answer:${questionId}.0`)).toBe(IN_CHAT);
    expect(parts().at(-1)).toEqual({
      markdown: '🗑 Discarded from the console.',
      replyTo: '1',
      buttons: [],
    });
    expect(audited()).toMatchObject([{ event: 'console.discard', turnId: turn.turnId }]);
  });
});

describe('a part that failed', () => {
  test('is sent once more, once, and the chat hears nothing but it', () => {
    const { acts, run, part, parts, audited, database, wakeCount } = nowWorld();
    const { turnId } = run('one');
    const id = part({ turnId, reason: 'blocked', attemptCount: 3 });
    expect(acts.resend(id)).toEqual(DONE);
    expect(acts.resend(id)).toEqual(TOO_LATE);
    expect(acts.dismiss(id)).toEqual(TOO_LATE);
    expect(database.orm.query.deliveries.findMany().sync()).toMatchObject([
      { status: 'pending', attemptCount: 0, reason: null, endedAtMs: null, turnId },
    ]);
    expect(parts()).toHaveLength(1);
    expect(audited()).toMatchObject([
      { event: 'console.resend', personId: SHELL_PERSON, turnId, details: { delivery: id } },
    ]);
    expect(wakeCount()).toBe(1);
  });

  test('that cannot be sent again is refused with a sentence, and can be let be, once', () => {
    const { acts, part, parts, audited } = nowWorld();
    const file = { path: '/gone', name: 'report.zip' };
    const id = part({ part: { text: '', files: [file] } });
    expect(acts.resend(id)).toEqual({
      kind: 'refused',
      code: 'files-gone',
      reason: 'Its files were removed when it failed, so it cannot be sent again.',
    });
    expect(acts.dismiss(id)).toEqual(DONE);
    expect(acts.dismiss(id)).toEqual(TOO_LATE);
    expect(acts.resend(id)).toEqual(TOO_LATE);
    expect(acts.resend(99)).toEqual(TOO_LATE);
    expect(parts()).toHaveLength(1);
    expect(audited()).toMatchObject([
      { event: 'console.resend', decision: 'refused' },
      { event: 'console.dismiss', decision: null, details: { delivery: id } },
    ]);
  });
});

test('what is done, what is written down and what is said are one commit: a fault keeps none of them', () => {
  const world = nowWorld();
  const running = world.run('one');
  const waitingId = world.arrive('two');
  const acts = createActs({ ...world, outbox: { say: failing }, wake: () => undefined });
  expect(() => acts.stop(running.turnId)).toThrow('disk full');
  expect(() => acts.cancel(waitingId)).toThrow('disk full');
  running.end('interrupted');
  expect(() => acts.retry(running.turnId)).toThrow('disk full');
  expect(() => acts.discard(running.turnId)).toThrow('disk full');
  expect(world.statuses()).toEqual(['interrupted', 'queued']);
  expect(world.queue.stopRequests()).toEqual([]);
  expect(world.audited()).toEqual([]);
});

function failing(): never {
  throw new Error('disk full');
}
