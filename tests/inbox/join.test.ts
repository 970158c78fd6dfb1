import { describe, expect, test } from 'vitest';
import type { ClaimedTurn } from '../../src/inbox/claim.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import { inboundMessage } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

function world(joinQueued = true) {
  const parts = turnWorld({ joinQueued });
  const { queue, database, records, history } = parts;
  const turns = () => database.orm.query.turns.findMany().sync();
  return {
    ...parts,
    turns,
    claim: (): ClaimedTurn => {
      const turn = queue.claim('boot');
      if (turn === null) throw new Error('nothing may run');
      return turn;
    },
    end: (turn: ClaimedTurn, text: string, status: 'done' | 'interrupted' = 'done') =>
      database.transaction(() =>
        records.ended(turn, { status, usage: NO_USAGE, model: null, failure: null, text }),
      ),
    statuses: () => turns().map(({ status, joinedTurnId }) => [status, joinedTurnId]),
    before: (turn: ClaimedTurn) => history.before(turn, 20).map(({ text }) => text),
  };
}

describe('what waits in a conversation when its turn ends', () => {
  test('becomes one turn, that of the last message, where that is wanted', () => {
    const { arrive, claim, end, statuses, before, queue } = world();
    arrive('one');
    const running = claim();
    for (const text of ['two', 'three', 'four']) arrive(text);
    expect(queue.claim('boot')).toBeNull();
    end(running, 're one');
    const joined = claim();
    expect(joined).toMatchObject({ turnId: 4, messageId: 4, attempt: 1 });
    expect(statuses()).toEqual([
      ['done', null],
      ['joined', 4],
      ['joined', 4],
      ['running', null],
    ]);
    // They are the question, and no part of the talk so far.
    expect(before(joined)).toEqual(['one', 're one']);
    expect(queue.depth().waitingCount).toBe(0);

    end(joined, 're all');
    arrive('five');
    expect(before(claim())).toEqual(['one', 're one', 'two', 'three', 'four', 're all']);
  });

  test('stays apart where it is not', () => {
    const { arrive, claim, end } = world(false);
    for (const text of ['one', 'two', 'three']) arrive(text);
    const turnIds = [1, 2, 3].map(() => {
      const turn = claim();
      end(turn, 'done');
      return turn.turnId;
    });
    expect(turnIds).toEqual([1, 2, 3]);
  });

  test('is joined with nothing of another conversation', () => {
    const { arrive, claim, statuses } = world();
    arrive('one', 'a');
    arrive('two', 'b');
    arrive('three', 'a');
    expect([claim().turnId, claim().turnId]).toEqual([3, 2]);
    expect(statuses()).toEqual([
      ['joined', 3],
      ['running', null],
      ['running', null],
    ]);
  });

  test('is one turn by itself where it is one message', () => {
    const { arrive, claim, statuses } = world();
    arrive('one');
    expect(claim().turnId).toBe(1);
    expect(statuses()).toEqual([['running', null]]);
  });

  test('leaves out what was taken back', () => {
    const { arrive, claim, statuses, queue, end, before } = world();
    arrive('one');
    queue.cancel(arrive('two'));
    arrive('three');
    const joined = claim();
    end(joined, 're all');
    expect(statuses().map(([status]) => status)).toEqual(['joined', 'cancelled', 'done']);
    arrive('four');
    expect(before(claim())).toEqual(['one', 'three', 're all']);
  });
});

describe('what waits for another model', () => {
  test('is a turn by itself, with those behind it that wait for the same', () => {
    const { arrive, claim, end, queue, statuses } = world();
    for (const text of ['one', 'two']) arrive(text);
    for (const updateId of [98, 99]) queue.enqueue(inboundMessage(updateId, 'x'), 'opus');
    arrive('five');
    const turnIds = [2, 4, 5].map(() => {
      const turn = claim();
      end(turn, 'done');
      return turn.turnId;
    });
    expect(turnIds).toEqual([2, 4, 5]);
    expect(statuses().map(([, joinedTurnId]) => joinedTurnId)).toEqual([2, null, 4, null, null]);
  });
});

describe('a second try', () => {
  test('is never joined, also where it is with the same model', () => {
    const { arrive, claim, end, queue } = world();
    arrive('one');
    end(claim(), 're one');
    arrive('two');
    queue.again(1, 'haiku');
    arrive('four');
    arrive('five');
    const turnIds = [1, 2, 3].map(() => {
      const turn = claim();
      end(turn, 'done');
      return turn.turnId;
    });
    expect(turnIds).toEqual([2, 3, 5]);
  });

  test('at several messages that were answered together answers all of them, and no other', () => {
    const { arrive, claim, end, queue, records, statuses, before } = world();
    for (const text of ['one', 'two', 'three']) arrive(text);
    end(claim(), 're all');
    arrive('four');
    expect(queue.again(3, 'sonnet')).toEqual({ kind: 'queued' });
    end(claim(), 're four');
    const again = claim();
    expect(again).toMatchObject({ turnId: 5, requestedModel: 'sonnet' });
    expect(records.asked(5).map(({ text }) => text)).toEqual(['one', 'two', 'three']);
    expect(before(again)).toEqual([]);
    expect(statuses().map(([, joinedTurnId]) => joinedTurnId)).toEqual([5, 5, null, null, null]);
    expect([1, 2, 3].map((messageId) => queue.latest(messageId)?.id)).toEqual([5, 5, 5]);
    end(again, 're all anew');
    expect(queue.again(5, 'opus')).toEqual({ kind: 'queued' });
    expect(records.asked(claim().turnId)).toHaveLength(3);
  });
});

describe('a turn that ran before', () => {
  test('is never joined: it runs by itself, and what waits behind it after it', () => {
    const { arrive, claim, end, queue, statuses } = world();
    arrive('one');
    end(claim(), 'interrupted', 'interrupted');
    arrive('two');
    arrive('three');
    expect(queue.requeue(1)).toEqual({ kind: 'queued' });
    const again = claim();
    expect(again).toMatchObject({ turnId: 1, attempt: 2 });
    end(again, 're one');
    expect(claim().turnId).toBe(3);
    expect(statuses()).toEqual([
      ['done', null],
      ['joined', 3],
      ['running', null],
    ]);
  });

  test('and answered several messages still does when it is set going again', () => {
    const { arrive, claim, end, queue, statuses, before } = world();
    arrive('one');
    arrive('two');
    end(claim(), 'interrupted', 'interrupted');
    arrive('three');
    expect(queue.requeue(2)).toEqual({ kind: 'queued' });
    const again = claim();
    expect(again).toMatchObject({ turnId: 2, attempt: 2 });
    expect(statuses()).toEqual([
      ['joined', 2],
      ['running', null],
      ['queued', null],
    ]);
    expect(before(again)).toEqual([]);
    expect(queue.latest(1)?.id).toBe(2);
  });

  test('stands between those before it and those behind it', () => {
    const { arrive, claim, end, queue, database } = world();
    arrive('one');
    arrive('two', '42');
    arrive('three');
    // The second was interrupted once and was set going again while the first still waits.
    database.orm.$client.exec('UPDATE turns SET attempt_count = 1 WHERE id = 2');
    const order = [1, 2, 3].map(() => {
      const turn = claim();
      end(turn, 'done');
      return turn.turnId;
    });
    expect(order).toEqual([1, 2, 3]);
    expect(queue.claim('boot')).toBeNull();
  });
});

test('an album that is still coming in is not joined before it is there, and holds up what is behind it', () => {
  const { arrive, claim, end, queue, clock, statuses } = world();
  arrive('one');
  queue.enqueue({ ...inboundMessage(99, 'album'), albumId: 'a' }, 'haiku');
  arrive('three');
  end(claim(), 're one');
  expect(queue.claim('boot')).toBeNull();
  clock.advance(1500);
  expect(claim().turnId).toBe(3);
  expect(statuses()).toEqual([
    ['done', null],
    ['joined', 3],
    ['running', null],
  ]);
});
