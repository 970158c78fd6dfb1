import { expect, test } from 'vitest';
import { createTellOwner } from '../../src/app/tell-owner.ts';
import type { BotProfile } from '../../src/core/bot.ts';
import { conversationOf } from '../../src/core/conversation.ts';
import { testBots } from '../support/people.ts';
import { turnWorld } from '../support/turns.ts';

function bot(id: string, chat: string): readonly BotProfile[] {
  const ownerConversation = conversationOf({ channel: 'telegram', bot: id, chat, thread: null });
  return testBots({ source: `telegram:${id}`, ownerConversation }).all();
}

test('the owner of each bot is told what concerns all of them, and each person once', () => {
  const { database, conversations, outbox, log } = turnWorld();
  const all = [...bot('1', '42'), ...bot('2', '42'), ...bot('3', '43'), ...bot('4', '-100')];
  const tell = createTellOwner({
    bots: { of: () => null, all: () => all },
    conversations,
    outbox,
    log,
    said: () => undefined,
  });
  database.transaction(() => tell('The policy has a fault.'));
  const told = database.orm.query.deliveries.findMany().sync();
  expect(told.map(({ conversationId }) => conversationId)).toEqual([
    'telegram:1:42',
    'telegram:3:43',
    'telegram:4:-100',
  ]);
});
