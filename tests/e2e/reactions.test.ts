import { expect, test } from 'vitest';
import type { StoredMessage } from '../../src/playground/bot-api/bot-api.ts';
import type { ReactionEmoji } from '../../src/playground/bot-api/updates.ts';
import { textReply } from '../standins/model/reply.ts';
import { holdModel, questionIn, readDatabase } from './inspect.ts';
import { labelsOf, press, said, write } from './person.ts';
import { createWorld, type World } from './service.ts';

const STRANGER = { id: 666, is_bot: false, first_name: 'Stranger' };
const SORRY = 'Sorry that was not right. Shall I try again?';

async function answeringWorld() {
  const world = await createWorld();
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  const service = await world.start();
  return { ...world, service };
}

/** Asks, in a group by the bot's name, and resolves with the answer, whose delivery is recorded by then. */
async function ask(
  world: Awaited<ReturnType<typeof answeringWorld>>,
  text: string,
  origin: Parameters<typeof write>[2] = {},
): Promise<StoredMessage> {
  const call = origin.chat === undefined ? '' : '@claudio_test_bot ';
  await write(world, `${call}${text}`, origin);
  const answer = await said(world, `Answer to ${text}`);
  await world.service.logged('delivery.sent', () => isKnown(world, answer));
  return answer;
}

/** Whether its delivery is recorded: only then does the service know a message again. */
function isKnown(world: World, { messageId }: StoredMessage): boolean {
  return readDatabase(world.home)
    .query.deliveries.findMany()
    .sync()
    .some(({ platformMessageId }) => platformMessageId === String(messageId));
}

function react(
  world: World,
  message: StoredMessage,
  emoji: readonly ReactionEmoji[],
): Promise<unknown> {
  return world.api.deliver(world.api.updates.reaction(message, emoji));
}

/** What the last prompt says of reactions. */
function told(world: World): string | undefined {
  const prompt = world.model.requests.at(-1)?.prompt ?? '';
  return /<claudio-reactions>\n([^]*?)\n<\/claudio-reactions>/u.exec(prompt)?.[1];
}

test('promise 11: reactions are not ignored: Claude hears of one with the next message, once, and not of one that was taken back', async () => {
  const world = await answeringWorld();
  const first = await ask(world, 'one');
  await react(world, first, ['👍']);
  const second = await ask(world, 'two');
  expect(told(world)).toBe('Owner reacted with 👍 to your answer: Answer to one');

  await react(world, second, ['🔥']);
  await react(world, second, []);
  const third = await ask(world, 'three');
  expect(told(world)).toBeUndefined();

  await react(world, third, ['🔥']);
  await react(world, third, ['🔥', '🎉']);
  await ask(world, 'four');
  expect(told(world)).toBe('Owner reacted with 🔥 🎉 to your answer: Answer to three');
  expect(world.api.sentMessages()).toHaveLength(4);
});

test('a thumb down is offered a second try with the next larger model; the button counts once, and the second answer takes the place of the first', async () => {
  const world = await answeringWorld();
  const answer = await ask(world, 'name a colour');
  await react(world, answer, ['👎']);
  const offer = await said(world, SORRY);
  expect(offer.replyTo).toBe(answer.messageId);
  expect(labelsOf(offer)).toEqual(['🔁 Try again with sonnet']);

  world.model.answer('Teal.');
  expect(await press(world, offer, '🔁 Try again with sonnet')).toBe('Trying again.');
  const second = await said(world, 'Teal.');
  expect(second.replyTo).toBe(answer.replyTo);
  expect(world.model.requests.map(({ model }) => model)).toEqual([
    expect.stringContaining('haiku'),
    expect.stringContaining('sonnet'),
  ]);
  expect(world.model.requests.map(questionIn)).toEqual(['name a colour', 'name a colour']);
  expect(told(world)).toBe('Owner reacted with 👎 to your answer: Answer to name a colour');
  await world.api.until('what was chosen', () =>
    offer.text === `${SORRY}\n\n🔁 Tried again with sonnet by Owner.` ? offer : null,
  );
  expect(labelsOf(offer)).toEqual([]);
  expect(await press(world, offer, 'again:1')).toBe('That is no longer possible.');

  await ask(world, 'and why?');
  const prompt = world.model.requests.at(-1)?.prompt ?? '';
  expect(prompt).toContain('\nTeal.\n');
  expect(prompt).not.toContain('Answer to name a colour');
  expect(world.model.requests).toHaveLength(3);
  // The choice was for that one message.
  expect(world.model.requests.at(-1)?.model).toContain('haiku');
});

test('a second try at several messages that were answered together answers all of them again (JOIN_QUEUED)', async () => {
  const world = await createWorld();
  world.environment['JOIN_QUEUED'] = '1';
  const held = holdModel(world.model);
  world.model.answer('Red, and a cat.');
  const service = await world.start();
  await write(world, 'wait');
  await held.asked;
  await write(world, 'name a colour');
  await write(world, 'and an animal');
  held.reply(textReply('I wait.'));
  const answer = await said(world, 'Red, and a cat.');
  await service.logged('delivery.sent', () => isKnown(world, answer));

  await react(world, answer, ['👎']);
  world.model.answer('Teal, and a heron.');
  expect(await press(world, await said(world, SORRY), '🔁 Try again with sonnet')).toBe(
    'Trying again.',
  );
  expect((await said(world, 'Teal, and a heron.')).replyTo).toBe(answer.replyTo);
  const [, first, second] = world.model.requests;
  expect(first?.prompt).toMatch(/all in one reply:[^]*>\nname a colour\n<[^]*>\nand an animal\n</u);
  expect(second?.prompt).toMatch(
    /all in one reply:[^]*>\nname a colour\n<[^]*>\nand an animal\n</u,
  );
  expect(second?.model).toContain('sonnet');
});

test('a reaction to what a person wrote, to a message that nobody knows, and one by a stranger do nothing', async () => {
  const world = await answeringWorld();
  const { api, service } = world;
  const group = { id: -500, type: 'supergroup', title: 'Others' } as const;
  const answer = await ask(world, 'one', { chat: group });
  const question = api.messages(group.id)[0] ?? answer;
  expect(question.byBot).toBe(false);
  const updates = [
    [api.updates.reaction(question, ['👎']), 'a reaction to something else'],
    [api.updates.reaction({ ...answer, messageId: 999 }, ['👎']), 'a reaction to something else'],
    [api.updates.reaction(answer, ['👎'], { from: STRANGER }), 'not allowed'],
  ] as const;
  for (const [update, reason] of updates) {
    await api.deliver(update);
    const line = await service.logged(
      'update.ignored',
      (ignored) => ignored['update'] === update.update_id,
    );
    expect(line).toMatchObject({ reason });
  }
  await ask(world, 'two', { chat: group });
  expect(told(world)).toBeUndefined();
  expect(api.sentMessages().map(({ text }) => text)).toEqual(['Answer to one', 'Answer to two']);
});

test('a reaction says nothing of the topic it was given in, and yet the offer goes there', async () => {
  const world = await answeringWorld();
  const chat = { id: -500, type: 'supergroup', title: 'Group', is_forum: true } as const;
  const elsewhere = await ask(world, 'in topic seven', { chat, thread: 7 });
  const answer = await ask(world, 'in topic nine', { chat, thread: 9 });
  expect([elsewhere.threadId, answer.threadId]).toEqual([7, 9]);
  await react(world, answer, ['👎']);
  const offer = await said(world, SORRY);
  expect([offer.threadId, offer.replyTo]).toEqual([9, answer.messageId]);

  world.model.answer('A second try.');
  expect(await press(world, offer, '🔁 Try again with sonnet')).toBe('Trying again.');
  expect((await said(world, 'A second try.')).threadId).toBe(9);
  await ask(world, 'in topic seven again', { chat, thread: 7 });
  expect(told(world)).toBeUndefined();
});
