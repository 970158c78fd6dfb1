import { conversationOf } from '../../src/core/conversation.ts';
import type { BotProfile, Bots } from '../../src/core/bot.ts';
import { sourceOf } from '../../src/core/conversation.ts';
import type { Access } from '../../src/policy/access.ts';

/** Where nobody is kept out: for tests of other things. */
export const EVERYBODY: Access = {
  roleOf: () => 'owner',
  may: () => true,
  refused: () => undefined,
};

/** One bot, `telegram:1`, whose owner is 42. */
export function testBots(profile: Partial<BotProfile> = {}): Bots {
  const bot: BotProfile = {
    name: 'main',
    source: 'telegram:1',
    ownerId: '42',
    memberIds: [],
    ownerConversation: conversationOf({ channel: 'telegram', bot: '1', chat: '42', thread: null }),
    model: 'haiku',
    workDir: '/',
    instructionsPath: '/nowhere/CLAUDE.md',
    maxHistoryCount: 20,
    ...profile,
  };
  return {
    of: (conversation) => (sourceOf(conversation) === bot.source ? bot : null),
    all: () => [bot],
  };
}
