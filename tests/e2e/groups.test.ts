import { expect, test } from 'vitest';
import { textReply } from '../standins/model/reply.ts';
import { holdModel, questionIn } from './inspect.ts';
import { said, write } from './person.ts';
import { createWorld } from './service.ts';

const MEMBER = { id: 1_002, is_bot: false, first_name: 'Member' };
const STRANGER = { id: 666, is_bot: false, first_name: 'Stranger' };
const FORUM = {
  id: -1_001_000_000_002,
  type: 'supergroup',
  title: 'Forum',
  is_forum: true,
} as const;
const GROUP = { id: -4_100, type: 'group', title: 'Team' } as const;
const SUPERGROUP = -1_001_000_000_003;

test('in a group each topic is a talk of its own, only those who may ask are answered, only when they name the bot, and an answer follows a group that becomes a supergroup while Claude works on it', async () => {
  const world = await createWorld();
  world.environment['TELEGRAM_ALLOWED_USERS'] = String(MEMBER.id);
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  const service = await world.start();
  await service.logged('telegram.ready');
  const { api, model } = world;

  // Two topics, and none.
  const places = [{ thread: 7 }, { thread: 8 }, {}];
  for (const [index, place] of places.entries()) {
    const origin = { from: MEMBER, chat: FORUM, ...place };
    await write(world, 'This is for somebody else.', origin);
    await write(world, '@claudio_test_bot tell me all', { ...origin, from: STRANGER });
    const asked = await write(world, `@claudio_test_bot what of ${index}?`, origin);
    const answer = await said(world, `Answer to what of ${index}?`);
    expect(answer).toMatchObject({
      chatId: FORUM.id,
      threadId: asked.threadId,
      replyTo: asked.messageId,
    });
  }
  expect(model.requests.map(questionIn)).toEqual(['what of 0?', 'what of 1?', 'what of 2?']);
  expect(model.requests.some(({ text }) => /somebody else|tell me all/u.test(text))).toBe(false);

  // The group moves while Claude works, and the first to learn of it is the answer.
  const held = holdModel(model);
  await write(world, '@claudio_test_bot and here?', { from: MEMBER, chat: GROUP });
  await held.asked;
  const [last, first] = api.updates.migrated(GROUP.id, SUPERGROUP);
  held.reply(textReply('It is here.'));
  expect(await said(world, 'It is here.')).toMatchObject({ chatId: SUPERGROUP, replyTo: null });
  await api.deliver(last);
  await api.deliver(first);
  const asked = await write(world, '@claudio_test_bot still there?', {
    from: MEMBER,
    chat: SUPERGROUP,
  });
  expect(await said(world, 'Answer to still there?')).toMatchObject({
    chatId: SUPERGROUP,
    replyTo: asked.messageId,
  });
  // One talk: what was said in the group is remembered in the supergroup.
  expect(model.requests.at(-1)?.text).toMatch(/and here\?[\s\S]*It is here\.[\s\S]*still there\?/u);
  expect(api.sentMessages(GROUP.id)).toEqual([]);
  expect(api.sentMessages(SUPERGROUP).map(({ text }) => text)).toEqual([
    'It is here.',
    'Answer to still there?',
  ]);
  expect(service.log.filter(({ event }) => event === 'chat.moved')).toHaveLength(1);
});
