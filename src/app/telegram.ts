import { createTelegramChannel } from '../channels/telegram/channel.ts';
import { createBotApi } from '../channels/telegram/client.ts';
import { createMedia } from '../channels/telegram/media.ts';
import { parseUpdate, type BotIdentity } from '../channels/telegram/parse.ts';
import { createSigns } from '../channels/telegram/signs.ts';
import {
  ensureWebhook,
  getMe,
  registerCommands,
  webhookAddress,
  webhookState,
  WEBHOOK_PATH,
} from '../channels/telegram/webhook.ts';
import type { Channel } from '../core/channel.ts';
import type { Clock } from '../core/clock.ts';
import type { Inbound } from '../core/inbound.ts';
import type { Check, CheckResult } from '../http/health.ts';
import { createLook } from '../ops/look.ts';
import { persist, type Persistent } from '../ops/persist.ts';
import type { Configuration } from '../platform/configuration/load.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';

/** A slow answer about the webhook is waited for so long, and the one before is good for so long. */
const WEBHOOK_WAIT_MS = 500;
const WEBHOOK_KEPT_MS = 5 * 60_000;

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
  /** An update as the house understands it, or `null` for something that is none. */
  parse(update: unknown): Inbound | null;
  /** Makes the bot known to us, and the commands and the webhook known to Telegram, until it works. */
  introduce(
    commands: readonly { readonly name: string; readonly description: string }[],
  ): Persistent;
  /** Makes the check whether the webhook is where it should be. Where it is not, it calls `registerAnew`. */
  webhookCheck(registerAnew: () => void): Check;
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
  const api = createBotApi({ http: parts.http, root: settings.TELEGRAM_API_ROOT, token });
  // The name has to be asked for.
  let bot: BotIdentity = { id: api.botId, username: '' };

  const introduceOnce = async (
    commands: Parameters<Telegram['introduce']>[0],
  ): Promise<boolean> => {
    const me = await getMe(api);
    if (me.kind !== 'bot') return refused('telegram.unknown-bot', me);
    bot = { id: me.id, username: me.username };
    const listed = await registerCommands(api, commands);
    if (listed.kind !== 'registered') return refused('telegram.commands-not-registered', listed);
    if (settings.WEBHOOK_URL === undefined) {
      log.info({ hint: 'WEBHOOK_URL is not set' }, 'webhook.not-configured');
      return true;
    }
    const webhook = await ensureWebhook(api, {
      webhookUrl: settings.WEBHOOK_URL,
      secretToken: settings.WEBHOOK_SECRET,
    });
    if (webhook.kind !== 'registered' && webhook.kind !== 'unchanged') {
      return refused('webhook.not-registered', webhook);
    }
    log.info({ url: webhook.url, pending: webhook.pendingCount }, `webhook.${webhook.kind}`);
    return true;
  };

  const refused = (event: string, failure: object): false => {
    log.warn({ ...failure, retryInMs: settings.WEBHOOK_RETRY_DELAY }, event);
    return false;
  };

  return {
    channel: createTelegramChannel({
      api,
      signs: createSigns({ api, clock, log }),
      fetch: createMedia({ api }),
      richMessages: settings.RICH_MESSAGES,
    }),
    source: `telegram:${bot.id}`,
    webhook: {
      path: WEBHOOK_PATH,
      secretHeader: 'x-telegram-bot-api-secret-token',
      secret: settings.WEBHOOK_SECRET,
    },
    parse: (update) => parseUpdate(bot, update),
    introduce: (commands) => persist(() => introduceOnce(commands), settings.WEBHOOK_RETRY_DELAY),

    webhookCheck: (registerAnew) => {
      if (settings.WEBHOOK_URL === undefined) return () => ({ ok: true, state: 'not configured' });
      const expected = webhookAddress(settings.WEBHOOK_URL);
      const look = async (): Promise<CheckResult> => {
        const state = await webhookState(api);
        if (state.kind !== 'state') {
          return { ok: false, state: 'unknown', ...state, remedy: 'Telegram could not be asked.' };
        }
        const ok = state.url === expected;
        if (!ok) registerAnew();
        return {
          ok,
          state: ok ? 'registered' : 'registered elsewhere',
          pendingCount: state.pendingCount,
          lastError: state.lastError,
          ...(ok ? {} : { remedy: `Registering ${expected} again.` }),
        };
      };
      return createLook({
        clock,
        look,
        isWell: ({ ok }) => ok,
        freshMs: 0,
        keptMs: WEBHOOK_KEPT_MS,
        waitMs: WEBHOOK_WAIT_MS,
      });
    },
  };
}
