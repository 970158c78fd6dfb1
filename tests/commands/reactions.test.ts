import { expect, test } from 'vitest';
import { createReactionHandler, nextLarger } from '../../src/commands/reactions.ts';
import { deliveries } from '../../drizzle/schema.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import { conversation } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

const CONVERSATION = conversation();

/** A conversation whose messages are answered, each answer with the platform's id `a<turn>`. */
function world() {
  const parts = turnWorld();
  const handle = createReactionHandler(parts);
  const { database, queue, records, outbox, reactions } = parts;
  const answer = (text: string, status: 'done' | 'failed' | 'cancelled' = 'done') => {
    const turnId = parts.arrive(text);
    const turn = queue.claim('boot');
    if (turn === null) throw new Error('nothing to run');
    const model = 'claude-haiku-4-5';
    const end = { status, usage: NO_USAGE, model, failure: null, text: `Answer to ${text}` };
    records.ended(turn, end);
    outbox.say(CONVERSATION, { markdown: end.text, replyTo: null, buttons: [] }, turnId);
    const platformMessageId = `a${turnId}`;
    database.orm
      .insert(deliveries)
      .values({
        conversationId: CONVERSATION.id,
        destination: CONVERSATION.destination,
        turnId,
        part: { markdown: end.text },
        status: 'sent',
        platformMessageId,
        dueAtMs: 0,
        createdAtMs: 0,
      })
      .run();
    return platformMessageId;
  };
  return {
    ...parts,
    answer,
    react: (messageId: string, emoji: readonly string[], personId = '42') =>
      handle({
        kind: 'reaction',
        updateId: 1,
        conversation: CONVERSATION,
        sender: { id: personId, name: `Person ${personId}` },
        messageId,
        emoji,
      }),
    untold: () => reactions.untold(CONVERSATION.id),
    offers: () =>
      database.orm.query.deliveries
        .findMany()
        .sync()
        .map(({ part }) => part)
        .filter(({ markdown }) => String(markdown).startsWith('Sorry')),
  };
}

test('what a person reacted with is kept as it stands, for each person by themselves', () => {
  const { answer, react, untold } = world();
  const id = answer('one');
  expect(react(id, ['👍'])).toBe(true);
  expect(react(id, ['👍', '🎉'])).toBe(true);
  expect(react(id, ['🤔'], '43')).toBe(true);
  expect(untold().lines).toEqual([
    'Person 42 reacted with 👍 🎉 to your answer: Answer to one',
    'Person 43 reacted with 🤔 to your answer: Answer to one',
  ]);
  react(id, []);
  expect(untold().lines).toEqual(['Person 43 reacted with 🤔 to your answer: Answer to one']);
});

test('a reaction that changes while a turn tells Claude of it is told again, as it is now', () => {
  const { answer, react, untold, reactions } = world();
  const id = answer('one');
  react(id, ['👍']);
  const beingTold = untold();
  react(id, ['🤔']);
  reactions.told(beingTold, 2);
  expect(untold().lines).toEqual(['Person 42 reacted with 🤔 to your answer: Answer to one']);
  reactions.told(untold(), 2);
  expect(untold().lines).toEqual([]);
});

test('a thumb down is offered a second try once, however it goes on', () => {
  const { answer, react, offers } = world();
  const id = answer('one');
  react(id, ['👎']);
  react(id, ['👎', '🤔']);
  expect(offers()).toEqual([
    {
      markdown: 'Sorry that was not right. Shall I try again?',
      replyTo: id,
      buttons: [[{ label: '🔁 Try again with sonnet', data: 'again:1' }]],
    },
  ]);
});

test('there is no second try for a turn that a person stopped, and one for a turn that failed', () => {
  const { answer, react, offers } = world();
  expect(react(answer('one', 'cancelled'), ['👎'])).toBe(true);
  expect(offers()).toEqual([]);
  react(answer('two', 'failed'), ['👎']);
  expect(offers()).toHaveLength(1);
});

test('a reaction to a message that is no answer is none of our business', () => {
  const { answer, react, untold } = world();
  answer('one');
  expect(react('1', ['👎'])).toBe(false);
  expect(react('a99', ['👎'])).toBe(false);
  expect(untold().ids).toEqual([]);
});

test('the next larger model is known by the name of its family, and the largest is its own', () => {
  expect(
    ['haiku', 'claude-haiku-4-5-20251001', 'Sonnet', 'claude-opus-4-1[1m]', 'mine'].map(nextLarger),
  ).toEqual(['sonnet', 'sonnet', 'opus', 'claude-opus-4-1[1m]', 'mine']);
});
