import { createTelegramChannel } from '../channels/telegram/channel.ts';
import { createBotApi } from '../channels/telegram/client.ts';
import { createMedia } from '../channels/telegram/media.ts';
import { refusesToken } from '../channels/telegram/outcome.ts';
import { CHANNEL, parseUpdate, type BotIdentity } from '../channels/telegram/parse.ts';
import { startPolling, type Polling } from '../channels/telegram/polling.ts';
import { createSigns } from '../channels/telegram/signs.ts';
import { getMe, registerCommands, WEBHOOK_PATH } from '../channels/telegram/webhook.ts';
import type { Channel } from '../core/channel.ts';
import type { Clock } from '../core/clock.ts';
import { conversationOf, type Conversation } from '../core/conversation.ts';
import type { Inbound } from '../core/inbound.ts';
import { backoffMs } from '../outbox/backoff.ts';
import { random } from '../platform/clock.ts';
import type { Configuration } from '../platform/configuration/load.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';
import { createRegistration, TOKEN_REMEDY, type Registration } from './registration.ts';

type Commands = readonly { readonly name: string; readonly description: string }[];

/** Telegram as the service uses it. */
export interface Telegram {
  readonly channel: Channel;
  /** `telegram:<bot>`: within it, update ids are unique. */
  readonly source: string;
  readonly webhook: {
    readonly path: string;
    readonly secretHeader: string;
    readonly secret: string;
  };
  readonly registration: Registration;
  /** An update as the house understands it, or `null` for something that is none. */
  parse(update: unknown): Inbound | null;
  /** The conversation with a person, or with a group as a whole. */
  conversationWith(chat: string): Conversation;
  /** Makes one attempt at making the bot known to us, and the commands to Telegram. Logs what comes of it. */
  introduce(commands: Commands): Promise<boolean>;
  /** Fetches updates in place of the webhook: see {@link startPolling}. */
  poll(options: {
    readonly receive: (update: unknown) => boolean;
    readonly onFetching: () => void;
  }): Polling;
}

export function createTelegram(parts: {
  readonly configuration: Configuration;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Logger;
}): Telegram {
  const { clock, log } = parts;
  const { settings } = parts.configuration;
  const token = settings.TELEGRAM_BOT_TOKEN;
  const retryInMs = settings.WEBHOOK_RETRY_DELAY;
  const api = createBotApi({ http: parts.http, root: settings.TELEGRAM_API_ROOT, token });
  // The name has to be asked for.
  let bot: BotIdentity = { id: api.botId, username: '' };

  const meet = async (): Promise<boolean> => {
    const me = await getMe(api);
    if (me.kind !== 'bot') {
      if (me.kind === 'unreachable' && me.wasAnswered !== true) {
        const hint = 'Telegram cannot be reached; messages wait there meanwhile';
        log.warn({ reason: me.reason, hint, retryInMs }, 'telegram.unreachable');
      } else {
        const hint = refusesToken(me) ? { hint: TOKEN_REMEDY } : {};
        log.warn({ ...me, ...hint, retryInMs }, 'telegram.unknown-bot');
      }
      return false;
    }
    if (me.username !== bot.username) {
      const link = `https://t.me/${me.username}`;
      log.info({ bot: `@${me.username}`, link }, 'telegram.ready');
    }
    bot = { id: me.id, username: me.username };
    return true;
  };

  return {
    channel: createTelegramChannel({
      api,
      signs: createSigns({ api, clock, log }),
      fetch: createMedia({ api }),
      richMessages: settings.RICH_MESSAGES,
    }),
    source: `${CHANNEL}:${bot.id}`,
    webhook: {
      path: WEBHOOK_PATH,
      secretHeader: 'x-telegram-bot-api-secret-token',
      secret: settings.WEBHOOK_SECRET,
    },
    registration: createRegistration({
      api,
      secretToken: settings.WEBHOOK_SECRET,
      retryInMs,
      clock,
      log,
    }),
    parse: (update) => parseUpdate(bot, update),
    conversationWith: (chat) =>
      conversationOf({ channel: CHANNEL, bot: bot.id, chat, thread: null }),

    introduce: async (commands) => {
      if (!(await meet())) return false;
      const listed = await registerCommands(api, commands);
      if (listed.kind === 'registered') return true;
      log.warn({ ...listed, retryInMs }, 'telegram.commands-not-registered');
      return false;
    },

    poll: (options) =>
      startPolling({
        ...options,
        api,
        pauseMs: (failureCount) => backoffMs(failureCount, random()),
        log,
      }),
  };
}
