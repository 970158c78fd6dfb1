import { expect, test } from 'vitest';
import { textReply } from '../standins/model/reply.ts';
import type { StoredMessage } from '../../src/playground/bot-api/bot-api.ts';
import { holdModel, questionIn, readDatabase } from './inspect.ts';
import { createWorld, type World } from './service.ts';

/** Presses a button and resolves with the word that the one who pressed sees. */
async function press(world: World, message: StoredMessage, button: string): Promise<string | null> {
  const update = world.api.updates.press(message, button, { stale: true });
  await world.api.deliver(update);
  const { answers } = await world.api.until('the answer to a press', () => {
    const made = world.api.presses.get(update.callback_query?.id ?? '');
    return made === undefined || made.answers.length === 0 ? null : made;
  });
  expect(answers).toHaveLength(1);
  return answers[0]?.text ?? null;
}

function buttonsOf(message: StoredMessage): string[] {
  return (message.replyMarkup?.inline_keyboard ?? []).flat().map(({ text }) => text);
}

/** A service whose first turn runs until it is told to end. */
async function busyWorld(texts: readonly string[]) {
  const world = await createWorld();
  const held = holdModel(world.model);
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  const service = await world.start();
  for (const text of texts) await world.api.say(text);
  await held.asked;
  const list = async () => {
    const next = world.api.nextMessage();
    await world.api.say('/queue');
    return await next;
  };
  return { world, held, service, list };
}

test('/queue lists what runs and what waits; a Cancel button works once and the list follows', async () => {
  const { world, held, list } = await busyWorld(['one', 'two', 'three']);
  const shown = await list();
  const times = shown.text.replaceAll(/(?:under 1|\d+) s/gu, 'TIME');
  expect(times).toBe('▶️ one (runs TIME)\n\n⏳ two (waits TIME)\n\n⏳ three (waits TIME)');
  expect(buttonsOf(shown)).toEqual(['⏹ Stop: one', '✖️ Cancel: two', '✖️ Cancel: three']);

  expect(await press(world, shown, 'cancel:2')).toBe('Cancelled.');
  await world.api.until('the list without the second', () =>
    shown.text.includes('two') ? null : true,
  );
  expect(buttonsOf(shown)).toEqual(['⏹ Stop: one', '✖️ Cancel: three']);
  expect(await press(world, shown, 'cancel:2')).toBe('That is no longer possible.');
  // A button counts for what it says, and only where it was shown.
  expect(await press(world, shown, 'cancel:1')).toBe('That is no longer possible.');
  expect(await press(world, shown, 'stop:3')).toBe('That is no longer possible.');
  expect(await press(world, shown, 'retry:3')).toBe('That is no longer possible.');
  expect(await press(world, shown, 'discard:1')).toBe('That is no longer possible.');
  expect(await press(world, shown, 'cancel:99')).toBe('That is no longer possible.');
  expect(await press(world, shown, 'frobnicate')).toBe('That is no longer possible.');

  held.reply(textReply('Answer to one'));
  await world.api.message('the third answer', ({ text }) => text === 'Answer to three');
  expect(world.model.requests.map(questionIn)).toEqual(['one', 'three']);
  // What was cancelled was never said.
  expect(world.model.requests[1]?.prompt).not.toContain('two');
  const { turns, audit } = readDatabase(world.home).query;
  expect(
    turns
      .findMany()
      .sync()
      .map(({ status }) => status),
  ).toEqual(['done', 'cancelled', 'done']);
  const pressed = audit
    .findMany()
    .sync()
    .find(({ event }) => event.startsWith('press.'));
  expect(pressed).toMatchObject({
    event: 'press.cancel',
    conversationId: 'telegram:1:1001',
    personId: '1001',
    turnId: 2,
  });
});

test('the Stop button of the list ends the running turn, and what waits goes on', async () => {
  const { world, list } = await busyWorld(['one', 'two']);
  const shown = await list();
  expect(await press(world, shown, '⏹ Stop: one')).toBe('Stopping.');
  await world.api.message(
    'the end of the first',
    ({ text, replyTo }) => text === '⏹ Stopped.' && replyTo === 1,
  );
  await world.api.message('the second answer', ({ text }) => text === 'Answer to two');
  expect(await press(world, shown, '⏹ Stop: one')).toBe('That is no longer possible.');
  await world.api.until('an empty list', () =>
    shown.text === 'Nothing runs and nothing waits.' ? true : null,
  );
  expect(buttonsOf(shown)).toEqual([]);
});

test('/stop says what waits on, and /stop all takes that away too', async () => {
  const { world } = await busyWorld(['one', 'two', 'three']);
  await world.api.say('/stop all');
  const [stopping, stopped] = await world.api.sent(2);
  expect(stopping?.text).toBe('⏹ Stopping: one\n\n2 messages taken out of the queue.');
  expect(stopped?.text).toBe('⏹ Stopped.');
  expect(world.model.requests.map(questionIn)).toEqual(['one']);

  const held = holdModel(world.model);
  await world.api.say('four');
  await held.asked;
  await world.api.say('five');
  await world.api.say('/stop');
  const [, , waiting] = await world.api.sent(5);
  expect(waiting?.text).toBe(
    '⏹ Stopping: four\n\n1 message still waiting; /stop all empties the queue.',
  );
  await world.api.message('the fifth answer', ({ text }) => text === 'Answer to five');
});

test('a message for which the queue has no room is told so at once, with how many wait (promise 1: nothing is dropped without a word)', async () => {
  const { world, held } = await busyWorld(['1', '2', '3', '4', '5', '6', '7']);
  const full = await world.api.message('the refusal', () => true);
  expect(full.text).toBe(
    '🚦 The queue is full: 5 messages already waiting, so I did not take this one. Send it again later, or see /queue.',
  );
  expect(full.replyTo).toBe(7);
  held.reply(textReply('Answer to 1'));
  const sent = await world.api.sent(7);
  expect(sent.slice(1).map(({ text }) => text)).toEqual(
    ['1', '2', '3', '4', '5', '6'].map((text) => `Answer to ${text}`),
  );
  expect(world.model.requests.at(-1)?.prompt).not.toContain('\n7\n');
});

test('a stranger who gets at a button presses in vain (promise 13: not any member of a group can press)', async () => {
  const { world, held, service, list } = await busyWorld(['one', 'two']);
  const group = { id: -500, type: 'supergroup', title: 'Others' } as const;
  const shown = await list();
  const update = world.api.updates.press(shown, '✖️ Cancel: two', {
    from: { id: 666, is_bot: false, first_name: 'Stranger' },
  });
  const query = update.callback_query;
  const elsewhere = { ...query, message: { ...query?.message, chat: group } };
  const target = { url: `${service.url}/telegram/webhook`, secretToken: 'e2e-secret' };
  const { status } = await world.api.deliverOnce({ ...update, callback_query: elsewhere }, target);
  expect(status).toBe(200);
  await service.logged('access.refused', (line) => line['person'] === '666');
  held.reply(textReply('Answer to one'));
  await world.api.message('the second answer', ({ text }) => text === 'Answer to two');
  expect(world.api.presses.get(query?.id ?? '')?.answers).toEqual([]);
});
