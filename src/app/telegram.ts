import { createTelegramChannel } from '../channels/telegram/channel.ts';
import { createBotApi } from '../channels/telegram/client.ts';
import { createMedia } from '../channels/telegram/media.ts';
import { refusesToken } from '../channels/telegram/outcome.ts';
import { parseUpdate, type BotIdentity } from '../channels/telegram/parse.ts';
import { startPolling, type Polling } from '../channels/telegram/polling.ts';
import { createSigns } from '../channels/telegram/signs.ts';
import {
  getMe,
  registerCommands,
  removeWebhook,
  webhookAddress,
  webhookState,
} from '../channels/telegram/webhook.ts';
import type { Channel } from '../core/channel.ts';
import type { Clock } from '../core/clock.ts';
import type { Inbound } from '../core/inbound.ts';
import { backoffMs } from '../outbox/backoff.ts';
import { random } from '../platform/clock.ts';
import type { BotSettings } from '../platform/configuration/bots.ts';
import type { Settings } from '../platform/configuration/schema.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';
import { sourceOfBot } from './bots.ts';
import { createRegistration, tokenRemedy, type Registration } from './registration.ts';

/** What Telegram offers while one types. */
export type CommandList = readonly { readonly name: string; readonly description: string }[];

/** One bot on Telegram, as the service uses it. */
export interface Telegram {
  readonly channel: Channel;
  /** `telegram:<bot>`: within it, update ids are unique. */
  readonly source: string;
  /** What the deliveries for this bot carry. */
  readonly secret: string;
  readonly registration: Registration;
  /** An update as the house understands it, or `null` for something that is none. */
  parse(update: unknown): Inbound | null;
  /** The bot as far as it is known: its name has to be asked for. */
  identity(): BotIdentity;
  /** Makes one attempt at making the bot known to us, and the commands to Telegram. Logs what comes of it. */
  introduce(commands: CommandList): Promise<boolean>;
  /** Fetches updates in place of the webhook: see {@link startPolling}. */
  poll(options: {
    readonly receive: (update: unknown) => boolean;
    readonly onFetching: () => void;
  }): Polling;
  /** Lets Telegram deliver below this address no more; what waits stays there. Logs what comes of it. */
  leave(webhookUrl: string): Promise<void>;
}

/**
 * @param parts.known What was known of the same bot before, so that it is addressed by its name at once.
 */
export function createTelegram(parts: {
  readonly bot: BotSettings;
  readonly settings: Pick<Settings, 'TELEGRAM_API_ROOT' | 'WEBHOOK_RETRY_DELAY' | 'RICH_MESSAGES'>;
  readonly known?: BotIdentity | undefined;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Logger;
}): Telegram {
  const { clock, settings } = parts;
  const { name, TELEGRAM_BOT_TOKEN: token, WEBHOOK_SECRET: secret } = parts.bot;
  const log = parts.log.child({ botName: name });
  const retryInMs = settings.WEBHOOK_RETRY_DELAY;
  const api = createBotApi({ http: parts.http, root: settings.TELEGRAM_API_ROOT, token });
  // The name has to be asked for.
  let bot: BotIdentity = parts.known ?? { id: api.botId, username: '' };

  const meet = async (): Promise<boolean> => {
    const me = await getMe(api);
    if (me.kind !== 'bot') {
      if (me.kind === 'unreachable' && me.wasAnswered !== true) {
        const hint = 'Telegram cannot be reached; messages wait there meanwhile';
        log.warn({ reason: me.reason, hint, retryInMs }, 'telegram.unreachable');
      } else {
        const hint = refusesToken(me) ? { hint: tokenRemedy(name) } : {};
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
    source: sourceOfBot(parts.bot),
    secret,
    registration: createRegistration({
      api,
      secretToken: secret,
      tokenRemedy: tokenRemedy(name),
      retryInMs,
      clock,
      log,
    }),
    parse: (update) => parseUpdate(bot, update),
    identity: () => bot,

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

    leave: async (webhookUrl) => {
      const state = await webhookState(api);
      if (state.kind === 'state' && state.url !== webhookAddress(webhookUrl)) return;
      const removed = state.kind === 'state' ? await removeWebhook(api) : state;
      if (removed.kind === 'removed') log.info('webhook.removed');
      else log.warn({ ...removed }, 'webhook.not-removed');
    },
  };
}
