import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createTelegramChannel } from '../../channels/telegram/channel.ts';
import { createBotApi } from '../../channels/telegram/client.ts';
import { createMedia } from '../../channels/telegram/media.ts';
import { createSigns } from '../../channels/telegram/signs.ts';
import type { BotProfile, Bots } from '../../core/bot.ts';
import type { Conversation } from '../../core/conversation.ts';
import { ClaudioError, messageOf } from '../../core/error.ts';
import { createMask } from '../../core/mask.ts';
import { createConversationStore, type ConversationStore } from '../../inbox/conversations.ts';
import { createMessageStore } from '../../inbox/messages.ts';
import { createQueue, type Queue } from '../../inbox/queue.ts';
import { askHealth } from '../../ops/ask-health.ts';
import { holdStill } from '../../ops/update/locks.ts';
import { createOutbox, type Outbox } from '../../outbox/append.ts';
import { createChannels } from '../../outbox/channels.ts';
import { createOutgoingFiles, type OutgoingFiles } from '../../outbox/outgoing.ts';
import { newId, systemClock } from '../../platform/clock.ts';
import {
  loadConfiguration,
  type Configuration,
  type Environment,
} from '../../platform/configuration/load.ts';
import type { Settings } from '../../platform/configuration/schema.ts';
import { isDatabaseFault, openDatabase, type Database } from '../../platform/database/open.ts';
import { createHttpClient } from '../../platform/http-client.ts';
import type { LockFile } from '../../platform/lock-file.ts';
import { type Audit, createAudit } from '../../policy/audit.ts';
import { createLimits, type Limits } from '../../policy/limits.ts';
import { createBots } from '../bots.ts';
import { ownSecrets } from '../secrets.ts';

/** How long a database that refuses to be written is asked again, and how often. */
const PATIENCE_MS = 15_000;
const RETRY_MS = 100;
/** Telegram's signs are never shown from here. */
const NO_LOG = { debug: () => undefined };

/** What a command beside the service works with: the same rows, by the same code. */
export interface Shell {
  /** Absolute path. */
  readonly home: string;
  readonly database: Database;
  readonly audit: Audit;
  readonly settings: Settings;
  /** The bot that was asked for, or the first. */
  readonly bot: BotProfile;
  /** All of them. */
  readonly bots: Bots;
  /** The chat of the bot with its owner. */
  readonly conversation: Conversation;
  readonly conversations: ConversationStore;
  readonly queue: Queue;
  /** What all people together may spend; whoever has a shell is under no other limit, and under no rule. */
  readonly limits: Pick<Limits, 'budgets'>;
  readonly outbox: Outbox;
  readonly outgoing: OutgoingFiles;
  /** Whether the service of this home answers. Never throws. */
  isServiceUp(): Promise<boolean>;
  /**
   * Commits `work`, as patient as need be with others who write, and not while an update is under way.
   *
   * @throws ClaudioError `update.under-way`, `database.refused`; what `work` throws.
   */
  commit<T>(work: () => T): Promise<T>;
}

/**
 * Opens the home that the environment names for one command, and closes it behind that.
 *
 * @param options.bot The name of the bot; the first one unless given.
 * @throws ClaudioError `bot.unknown`, `config.invalid`, `home.unusable`, `database.missing`,
 * `database.older`, `database.newer`, `database.refused`, `update.under-way`; what `work` throws.
 */
export async function withShell<T>(
  environment: Environment,
  work: (shell: Shell) => Promise<T>,
  options: { readonly bot?: string | undefined } = {},
): Promise<T> {
  const configuration = loadConfiguration(environment);
  const { home, settings } = configuration;
  const bots = createBots(configuration);
  const bot = botNamed(bots, options.bot);
  const database = await openShared(home);
  const http = createHttpClient();
  try {
    const clock = systemClock;
    const api = createBotApi({
      http,
      root: settings.TELEGRAM_API_ROOT,
      token: tokenOf(configuration, bot),
    });
    const channel = createTelegramChannel({
      api,
      signs: createSigns({ api, clock, log: NO_LOG }),
      fetch: createMedia({ api }),
      richMessages: settings.RICH_MESSAGES,
    });
    const mask = createMask(() => ownSecrets(configuration));
    const audit = createAudit({ database, clock, mask, keepsText: settings.AUDIT_TEXT });
    return await work({
      home,
      database,
      audit,
      settings,
      bot,
      bots,
      conversation: bot.ownerConversation,
      conversations: createConversationStore(database, clock),
      queue: createQueue(database, clock, createMessageStore(database, clock), {
        maxQueueSize: settings.MAX_QUEUE_SIZE,
        joinQueued: settings.JOIN_QUEUED,
        audit,
      }),
      limits: createLimits(database, clock, {
        BUDGET_PER_DAY: settings.BUDGET_PER_DAY,
        BUDGET_PER_MONTH: settings.BUDGET_PER_MONTH,
      }),
      outbox: createOutbox(
        database,
        clock,
        createChannels(() => channel),
        mask,
      ),
      outgoing: createOutgoingFiles({ folder: join(home, 'outgoing'), database, newId }),
      isServiceUp: async () => {
        const health = await askHealth(http, settings.PORT);
        return health.kind === 'answered' && health.report.home === home;
      },
      commit: (write) => commit(database, home, write),
    });
  } finally {
    database.close();
    await http.close();
  }
}

/** @throws ClaudioError `bot.unknown` */
function botNamed(bots: Bots, name: string | undefined): BotProfile {
  const all = bots.all();
  const bot = name === undefined ? all[0] : all.find((one) => one.name === name);
  if (bot !== undefined) return bot;
  throw new ClaudioError({
    code: 'bot.unknown',
    message: `There is no bot ${name ?? ''}. There is: ${all.map((one) => one.name).join(', ')}.`,
    hint: `\`claudio install --bot ${name ?? 'NAME'}\` sets one up.`,
  });
}

function tokenOf({ bots, settings }: Configuration, { name }: BotProfile): string {
  return bots.find((bot) => bot.name === name)?.TELEGRAM_BOT_TOKEN ?? settings.TELEGRAM_BOT_TOKEN;
}

/** Not while an update tries a newer release on it, which may be undone again. */
async function openShared(home: string): Promise<Database> {
  const path = join(home, 'claudio.db');
  let lock: LockFile | null = null;
  try {
    if (existsSync(path)) lock = await holdStill(home);
    return openDatabase(path, 'share');
  } catch (error) {
    throw isDatabaseFault(error) ? refused(error) : error;
  } finally {
    lock?.release();
  }
}

async function commit<T>(database: Database, home: string, write: () => T): Promise<T> {
  const lock = await holdStill(home);
  const startedAtMs = systemClock.elapsed();
  try {
    for (;;) {
      try {
        return database.transaction(write);
      } catch (error) {
        if (!isDatabaseFault(error)) throw error;
        if (systemClock.elapsed() - startedAtMs > PATIENCE_MS) throw refused(error);
        await setTimeout(RETRY_MS);
      }
    }
  } finally {
    lock.release();
  }
}

function refused(cause: unknown): ClaudioError {
  return new ClaudioError({
    code: 'database.refused',
    message: `The database cannot be used: ${messageOf(cause)}.`,
    hint: 'See that the disk is not full and the home folder is yours (`claudio doctor`).',
    cause,
  });
}
