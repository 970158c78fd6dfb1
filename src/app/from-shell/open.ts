import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createTelegramChannel } from '../../channels/telegram/channel.ts';
import { createBotApi } from '../../channels/telegram/client.ts';
import { createMedia } from '../../channels/telegram/media.ts';
import { CHANNEL } from '../../channels/telegram/parse.ts';
import { createSigns } from '../../channels/telegram/signs.ts';
import { conversationOf, type Conversation } from '../../core/conversation.ts';
import { ClaudioError, messageOf } from '../../core/error.ts';
import { createConversationStore, type ConversationStore } from '../../inbox/conversations.ts';
import { createMessageStore } from '../../inbox/messages.ts';
import { createQueue, type Queue } from '../../inbox/queue.ts';
import { askHealth } from '../../ops/ask-health.ts';
import { holdStill } from '../../ops/update/locks.ts';
import { createOutbox, type Outbox } from '../../outbox/append.ts';
import { createChannels } from '../../outbox/channels.ts';
import { createOutgoingFiles, type OutgoingFiles } from '../../outbox/outgoing.ts';
import { newId, systemClock } from '../../platform/clock.ts';
import { loadConfiguration, type Environment } from '../../platform/configuration/load.ts';
import type { Settings } from '../../platform/configuration/schema.ts';
import { isDatabaseFault, openDatabase, type Database } from '../../platform/database/open.ts';
import { createHttpClient } from '../../platform/http-client.ts';
import type { LockFile } from '../../platform/lock-file.ts';

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
  readonly settings: Settings;
  /** The chat with the owner. */
  readonly conversation: Conversation;
  readonly conversations: ConversationStore;
  readonly queue: Queue;
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
 * @throws ClaudioError `config.invalid`, `home.unusable`, `database.missing`, `database.older`,
 * `database.newer`, `database.refused`, `update.under-way`; what `work` throws.
 */
export async function withShell<T>(
  environment: Environment,
  work: (shell: Shell) => Promise<T>,
): Promise<T> {
  const { home, settings } = loadConfiguration(environment);
  const database = await openShared(home);
  const http = createHttpClient();
  try {
    const clock = systemClock;
    const api = createBotApi({
      http,
      root: settings.TELEGRAM_API_ROOT,
      token: settings.TELEGRAM_BOT_TOKEN,
    });
    const channel = createTelegramChannel({
      api,
      signs: createSigns({ api, clock, log: NO_LOG }),
      fetch: createMedia({ api }),
      richMessages: settings.RICH_MESSAGES,
    });
    return await work({
      home,
      database,
      settings,
      conversation: conversationOf({
        channel: CHANNEL,
        bot: api.botId,
        chat: settings.TELEGRAM_CHAT_ID,
        thread: null,
      }),
      conversations: createConversationStore(database, clock),
      queue: createQueue(database, clock, createMessageStore(database, clock), {
        maxQueueSize: settings.MAX_QUEUE_SIZE,
        joinQueued: settings.JOIN_QUEUED,
      }),
      outbox: createOutbox(database, clock, createChannels([channel])),
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
