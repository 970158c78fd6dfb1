import { expect, test } from 'vitest';
import { messages } from '../../drizzle/schema.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import { turnWorld } from '../support/turns.ts';

const CONVERSATION = 'telegram:1:42';

function talk() {
  const world = turnWorld();
  const { database, queue, records, history } = world;
  /** Runs the next turn and ends it with an answer. */
  const answer = (text: string) => {
    const turn = queue.claim('boot');
    if (turn === null) throw new Error('nothing to run');
    database.transaction(() =>
      records.ended(turn, { status: 'done', usage: NO_USAGE, model: null, failure: null, text }),
    );
    return turn;
  };
  const messageOf = (turnId: number) =>
    database.orm.query.turns
      .findMany()
      .sync()
      .find(({ id }) => id === turnId)?.messageId ?? 0;
  const before = (turnId: number, limit = 20) =>
    history
      .before({ turnId, conversationId: CONVERSATION, messageId: messageOf(turnId) }, limit)
      .map(({ text }) => text);
  return { ...world, answer, before };
}

test('each answer stands right behind its question, however late it came', () => {
  const { arrive, answer, before } = talk();
  arrive('one');
  arrive('two');
  const three = arrive('three');
  answer('re one');
  answer('re two');
  expect(before(three)).toEqual(['one', 're one', 'two', 're two']);
});

test('the newest messages count, as many as wanted and not the one to answer', () => {
  const { arrive, answer, before } = talk();
  for (const text of ['one', 'two', 'three']) {
    arrive(text);
    answer(`re ${text}`);
  }
  const last = arrive('four');
  arrive('five');
  expect(before(last, 3)).toEqual(['re two', 'three', 're three']);
  expect(before(last, 0)).toEqual([]);
});

test('commands, other conversations and what was said before /new are left out', () => {
  const { arrive, answer, before, conversations, database, clock } = talk();
  arrive('one');
  answer('re one');
  arrive('elsewhere', '43');
  answer('re elsewhere');
  database.orm
    .insert(messages)
    .values({
      conversationId: CONVERSATION,
      role: 'command',
      text: '/status',
      createdAtMs: clock.now(),
    })
    .run();
  expect(before(arrive('two'))).toEqual(['one', 're one']);
  conversations.startAfresh(CONVERSATION);
  // The one that waits while /new is sent belongs to the time before it, and so does its answer.
  answer('re two');
  const three = arrive('three');
  expect(before(three)).toEqual([]);
  answer('re three');
  expect(before(arrive('four'))).toEqual(['three', 're three']);
});

test('a message that was taken back before Claude saw it is left out, one that was stopped is not', () => {
  const { arrive, answer, before, queue, database, records } = talk();
  arrive('one');
  queue.cancel(arrive('delete everything'));
  answer('re one');
  arrive('two');
  const stopped = queue.claim('boot');
  if (stopped === null) throw new Error('nothing to run');
  database.transaction(() =>
    records.ended(stopped, {
      status: 'cancelled',
      usage: NO_USAGE,
      model: null,
      failure: null,
      text: 'Stopped.',
    }),
  );
  expect(before(arrive('three'))).toEqual(['one', 're one', 'two', 'Stopped.']);
});
