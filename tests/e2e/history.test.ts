import { expect, test } from 'vitest';
import { textReply } from '../standins/model/reply.ts';
import { holdModel, questionIn } from './inspect.ts';
import { createWorld } from './service.ts';

test('Claude knows what was said before a restart, until /new starts afresh', async () => {
  const world = await createWorld();
  world.model.answer('Nice to meet you, Ada.');
  const first = await world.start();
  await world.api.say('my name is Ada');
  await world.api.sent(1);
  first.signal('SIGTERM');
  expect(await first.exit).toEqual({ code: 0, signal: null });

  await world.start();
  world.model.answer('Ada.');
  await world.api.say('what is my name?');
  await world.api.sent(2);
  const remembered = world.model.requests[1]?.prompt ?? '';
  expect(remembered).toMatch(
    /<claudio-history>\n<claudio-message from="Owner" at="[\dT:.Z-]+">\nmy name is Ada\n<\/claudio-message>\n<claudio-message from="Claude" at="[\dT:.Z-]+">\nNice to meet you, Ada\.\n<\/claudio-message>\n<\/claudio-history>/u,
  );

  await world.api.say('/new');
  expect((await world.api.sent(3)).at(-1)?.text).toContain('A fresh start');
  world.model.answer('I do not know.');
  await world.api.say('and now?');
  await world.api.sent(4);
  const afresh = world.model.requests[2]?.prompt ?? '';
  expect(afresh).toMatch(
    /The message to answer:\n\n<claudio-message from="Owner">\nand now\?\n<\/claudio-message>$/u,
  );
  expect(afresh).not.toMatch(/Ada|claudio-history/u);
});

test('several quick messages are answered one after another, each as a reply to its own (promise 1: a message sent while the agent is busy is not lost)', async () => {
  const world = await createWorld();
  const held = holdModel(world.model);
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  await world.start();
  const updates = ['one', 'two', 'three', 'four'].map((text) => world.api.updates.text(text));
  await Promise.all(updates.map((update) => world.api.deliver(update)));
  // All are taken in and only the first has reached Claude.
  expect(questionIn(await held.asked)).toBe('one');
  expect(world.api.sentMessages()).toEqual([]);
  held.reply(textReply('Answer to one'));
  const answers = await world.api.sent(4);
  expect(answers.map(({ text }) => text)).toEqual([
    'Answer to one',
    'Answer to two',
    'Answer to three',
    'Answer to four',
  ]);
  expect(answers.map(({ replyTo }) => replyTo)).toEqual(
    updates.map(({ message }) => message?.message_id),
  );
  expect(world.model.requests.map(questionIn)).toEqual(['one', 'two', 'three', 'four']);
});
