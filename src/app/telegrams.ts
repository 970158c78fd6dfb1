import type { PollingTrouble } from '../channels/telegram/polling.ts';
import type { Channel } from '../core/channel.ts';
import type { Clock } from '../core/clock.ts';
import type { Check } from '../http/health.ts';
import { persist, type Persistent } from '../ops/persist.ts';
import type { BotSettings } from '../platform/configuration/bots.ts';
import type { Configuration } from '../platform/configuration/load.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';
import type { Polling } from '../channels/telegram/polling.ts';
import { sourceOfBot } from './bots.ts';
import type { Receive } from './receive.ts';
import type { Registration } from './registration.ts';
import { together } from './telegrams-check.ts';
import { createTelegram, type CommandList, type Telegram } from './telegram.ts';

/**
 * All bots on Telegram, to be treated as if they were one: what is asked for is done for each. It has
 * worked as soon as it worked for one of them, so that a bot whose token was revoked keeps no other from
 * its messages; what is still missing for the rest is tried again behind that.
 */
export interface Telegrams {
  all(): readonly Telegram[];
  /** The channel of a bot, by its source; `null` where there is no such bot now. */
  channelOf(source: string): Channel | null;
  readonly registration: Registration;
  introduce(commands: CommandList): Promise<boolean>;
  poll(options: { readonly receive: Receive; readonly onFetching: () => void }): Polling;
  /**
   * From now on there are these bots: new ones are made known and registered, or fetched for, as the
   * others are; those that are gone are left. What runs is not touched. Returns at once.
   */
  replace(bots: readonly BotSettings[]): void;
  /** Nothing more is tried in the background. May be called again. */
  close(): void;
}

interface Entry {
  settings: BotSettings;
  readonly telegram: Telegram;
  isIntroduced: boolean;
  registeredUrl: string | null;
  polling: Polling | null;
  check: Check | null;
}

/** How updates come in now. */
type Way =
  | { readonly kind: 'none' }
  | { readonly kind: 'webhook'; readonly url: string }
  | { readonly kind: 'polling'; readonly begin: (entry: Entry) => Polling };

export function createTelegrams(parts: {
  readonly configuration: Pick<Configuration, 'settings' | 'bots'>;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Logger;
}): Telegrams {
  const { settings, bots } = parts.configuration;
  const entryOf = (bot: BotSettings, before?: Entry): Entry => ({
    settings: bot,
    telegram: createTelegram({ ...parts, settings, bot, known: before?.telegram.identity() }),
    isIntroduced: false,
    registeredUrl: null,
    polling: null,
    check: null,
  });
  let entries: readonly Entry[] = bots.map((bot) => entryOf(bot));
  let way: Way = { kind: 'none' };
  let commands: CommandList = [];
  let rest: Persistent | undefined;
  let isClosed = false;

  const introduce = async (entry: Entry): Promise<boolean> => {
    entry.isIntroduced = await entry.telegram.introduce(commands);
    return entry.isIntroduced;
  };
  const register = async (entry: Entry, url: string): Promise<boolean> => {
    const isDone = await entry.telegram.registration.register(url);
    entry.registeredUrl = isDone ? url : null;
    return isDone;
  };

  /** What is still missing for some of them. @returns Whether nothing is, any more. */
  const catchUp = async (): Promise<boolean> => {
    const outcomes = await Promise.all(
      entries.map(async (entry) => {
        if (!entry.isIntroduced && !(await introduce(entry))) return false;
        // Asked now: it may have changed meanwhile.
        if (way.kind !== 'webhook' || entry.registeredUrl === way.url) return true;
        return await register(entry, way.url);
      }),
    );
    return outcomes.every(Boolean);
  };
  const seeToTheRest = (): void => {
    if (isClosed) return;
    if (rest === undefined) rest = persist(catchUp, settings.WEBHOOK_RETRY_DELAY);
    else rest.kick();
  };
  /** @returns Whether it worked for any. */
  const forEach = async (work: (entry: Entry) => Promise<boolean>): Promise<boolean> => {
    const outcomes = await Promise.all(entries.map(work));
    const worked = outcomes.some(Boolean);
    if (worked && !outcomes.every(Boolean)) seeToTheRest();
    return worked;
  };

  const leave = async ({ telegram, polling, registeredUrl }: Entry): Promise<void> => {
    await polling?.stop();
    if (registeredUrl !== null) await telegram.leave(registeredUrl);
  };

  return {
    all: () => entries.map(({ telegram }) => telegram),
    channelOf: (source) =>
      entries.find(({ telegram }) => telegram.source === source)?.telegram.channel ?? null,

    introduce: (list) => {
      commands = list;
      return forEach(introduce);
    },

    registration: {
      register: async (url) => {
        const worked = await forEach((entry) => register(entry, url));
        way = worked ? { kind: 'webhook', url } : { kind: 'none' };
        return worked;
      },
      refusal: () =>
        entries.map(({ telegram }) => telegram.registration.refusal()).find(Boolean) ?? null,
      check: (webhookUrl, registerAnew) => () =>
        together(
          entries.map((entry) => {
            entry.check ??= entry.telegram.registration.check(webhookUrl, registerAnew);
            return { name: entry.settings.name, check: entry.check };
          }),
        ),
    },

    poll: ({ receive, onFetching }) => {
      let isFetching = false;
      const begin = ({ telegram }: Entry): Polling =>
        telegram.poll({
          receive: (update) => receive(telegram, update),
          onFetching: () => {
            if (!isFetching) onFetching();
            isFetching = true;
          },
        });
      way = { kind: 'polling', begin };
      for (const entry of entries) {
        entry.registeredUrl = null;
        entry.polling = begin(entry);
      }
      return {
        isFetching: () => pollingsOf(entries).some((polling) => polling.isFetching()),
        trouble: () => troubleOf(entries),
        stop: async () => {
          way = { kind: 'none' };
          await Promise.all(pollingsOf(entries).map((polling) => polling.stop()));
        },
        confirm: async (signal) => {
          await Promise.all(pollingsOf(entries).map((polling) => polling.confirm(signal)));
          for (const entry of entries) entry.polling = null;
        },
      };
    },

    replace: (others) => {
      const before = entries;
      entries = others.map((bot) => {
        const same = before.find(({ telegram }) => telegram.source === sourceOfBot(bot));
        if (same === undefined || !isUsedAlike(same.settings, bot)) return entryOf(bot, same);
        same.settings = bot;
        return same;
      });
      for (const entry of before.filter((one) => !entries.includes(one))) {
        const isGone = entries.every(({ telegram }) => telegram.source !== entry.telegram.source);
        leave(isGone ? entry : { ...entry, registeredUrl: null }).catch((error: unknown) =>
          parts.log.error({ err: error }, 'webhook.not-removed'),
        );
      }
      for (const entry of entries) {
        if (way.kind === 'polling') entry.polling ??= way.begin(entry);
      }
      if (entries.some(({ isIntroduced }) => !isIntroduced)) seeToTheRest();
    },

    close: () => {
      isClosed = true;
      rest?.close();
    },
  };
}

/** Whether nothing changed of what Telegram knows. */
function isUsedAlike(one: BotSettings, other: BotSettings): boolean {
  return (
    one.name === other.name &&
    one.TELEGRAM_BOT_TOKEN === other.TELEGRAM_BOT_TOKEN &&
    one.WEBHOOK_SECRET === other.WEBHOOK_SECRET
  );
}

function pollingsOf(entries: readonly Entry[]): readonly Polling[] {
  return entries.flatMap(({ polling }) => polling ?? []);
}

function troubleOf(entries: readonly Entry[]): PollingTrouble | null {
  for (const { polling, settings } of entries) {
    const trouble = polling?.trouble() ?? null;
    if (trouble === null) continue;
    if (entries.length === 1) return trouble;
    return { ...trouble, reason: `${settings.name}: ${trouble.reason}` };
  }
  return null;
}
