import { join } from 'node:path';
import { CHANNEL } from '../channels/telegram/parse.ts';
import type { BotProfile, Bots } from '../core/bot.ts';
import { conversationOf, sourceOf, type Conversation } from '../core/conversation.ts';
import { botFolder, type BotSettings } from '../platform/configuration/bots.ts';
import type { Configuration } from '../platform/configuration/load.ts';

/** The bots, which can be exchanged for others while the service runs. */
export interface LiveBots extends Bots {
  /** From now on there are these and no others. */
  replace(bots: readonly BotSettings[]): void;
}

/** What the settings say of the bots. */
export function createBots({ home, bots }: Pick<Configuration, 'home' | 'bots'>): LiveBots {
  const profilesOf = (settings: readonly BotSettings[]) =>
    settings.map((bot) => profileOf(bot, home));
  let profiles = profilesOf(bots);
  return {
    of: (conversation) => profiles.find(({ source }) => source === sourceOf(conversation)) ?? null,
    all: () => profiles,
    replace: (others) => {
      profiles = profilesOf(others);
    },
  };
}

/** `telegram:<bot>`: within it, update ids are unique. The id of a bot is the beginning of its token. */
export function sourceOfBot({ TELEGRAM_BOT_TOKEN }: BotSettings): string {
  const [bot = ''] = TELEGRAM_BOT_TOKEN.split(':');
  return `${CHANNEL}:${bot}`;
}

/** The chat of the first bot with its owner: there is told what concerns the service as a whole. */
export function firstOwner(bots: Bots): Conversation {
  const [bot] = bots.all();
  if (bot === undefined) throw new Error('there is no bot');
  return bot.ownerConversation;
}

function profileOf(settings: BotSettings, home: string): BotProfile {
  const [bot = ''] = settings.TELEGRAM_BOT_TOKEN.split(':');
  const chat = settings.TELEGRAM_CHAT_ID;
  return {
    name: settings.name,
    source: sourceOfBot(settings),
    ownerId: chat.startsWith('-') ? null : chat,
    memberIds: settings.TELEGRAM_ALLOWED_USERS,
    ownerConversation: conversationOf({ channel: CHANNEL, bot, chat, thread: null }),
    model: settings.MODEL,
    workDir: settings.CLAUDE_WORK_DIR,
    instructionsPath: join(botFolder(home, settings.name), 'CLAUDE.md'),
    maxHistoryCount: settings.MAX_HISTORY_LINES,
  };
}
