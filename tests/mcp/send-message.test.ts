import { expect, test } from 'vitest';
import { messages as table } from '../../drizzle/schema.ts';
import { toolWorld } from './world.ts';

test('an interim word is a delivery of its turn and a part of the history, in order', async () => {
  const { run, deliveries, messages, saidCount } = await toolWorld();
  const { call, turn } = run();
  expect(await call('send_message', { text: 'Found **it**.' })).toEqual({
    text: 'The message is on its way.',
    isError: false,
  });
  await call('send_message', { text: 'Going on.' });
  expect(deliveries()).toMatchObject([
    { turnId: turn.turnId, status: 'pending', part: { markdown: 'Found **it**.', buttons: [] } },
    { turnId: turn.turnId, part: { markdown: 'Going on.' } },
  ]);
  const [message, ...said] = messages();
  expect(said).toMatchObject([
    { role: 'claude', text: 'Found **it**.', duringMessageId: message?.id, author: null },
    { role: 'claude', text: 'Going on.', position: message?.id },
  ]);
  expect(saidCount()).toBe(2);
});

test('a blank word is refused', async () => {
  const { run, deliveries, messages } = await toolWorld();
  expect(await run().call('send_message', { text: ' \n\t' })).toMatchObject({ isError: true });
  expect(deliveries()).toEqual([]);
  expect(messages()).toHaveLength(1);
});

test('where the delivery cannot be written there is no history of it either', async () => {
  const { run, database, messages } = await toolWorld();
  const { call } = run();
  database.orm.$client.exec(
    "create trigger t before insert on messages when new.role = 'claude' begin select raise(abort, 'no'); end",
  );
  expect(await call('send_message', { text: 'hello' })).toMatchObject({ isError: true });
  expect(database.orm.query.deliveries.findMany().sync()).toEqual([]);
  expect(messages()).toHaveLength(1);
});

test('two turns at once speak each in its own conversation', async () => {
  const { run, deliveries, messages } = await toolWorld();
  const one = run('one', '42');
  const two = run('two', '43');
  await Promise.all(
    Array.from({ length: 10 }, (_, index) => [
      one.call('send_message', { text: `one ${index}` }),
      two.call('send_message', { text: `two ${index}` }),
    ]).flat(),
  );
  const spoken = deliveries().map(({ conversationId, turnId, part }) => ({
    conversationId,
    turnId,
    which: String(part['markdown']).split(' ')[0],
  }));
  expect(spoken).toHaveLength(20);
  for (const { conversationId, turnId, which } of spoken) {
    const own = which === 'one' ? one : two;
    expect({ conversationId, turnId }).toEqual({
      conversationId: own.turn.conversationId,
      turnId: own.turn.turnId,
    });
  }
  for (const { text, conversationId, duringMessageId } of messages().slice(2)) {
    const own = text.startsWith('one') ? one : two;
    expect({ conversationId, duringMessageId }).toEqual({
      conversationId: own.turn.conversationId,
      duringMessageId: own.turn.messageId,
    });
  }
});

test('it answers the message as the platform calls it now, also where its chat moved meanwhile', async () => {
  const { run, database, deliveries } = await toolWorld();
  const { call } = run();
  await call('send_message', { text: 'before' });
  database.orm.update(table).set({ platformMessageId: '42/1' }).run();
  await call('send_message', { text: 'after' });
  expect(deliveries().map(({ part }) => part['replyTo'])).toEqual(['1', '42/1']);
});
