import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as nextTick } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { deliveries } from '../../drizzle/schema.ts';
import { createTelegramChannel } from '../../src/channels/telegram/channel.ts';
import { createBotApi } from '../../src/channels/telegram/client.ts';
import { createMedia } from '../../src/channels/telegram/media.ts';
import { createSigns } from '../../src/channels/telegram/signs.ts';
import type { Channel, OutgoingFile } from '../../src/core/channel.ts';
import type { Clock } from '../../src/core/clock.ts';
import { conversationOf, type Conversation } from '../../src/core/conversation.ts';
import { createConversationStore } from '../../src/inbox/conversations.ts';
import { createChatMoves } from '../../src/inbox/moves.ts';
import { createOutbox } from '../../src/outbox/append.ts';
import { createChannels } from '../../src/outbox/channels.ts';
import { createDeliverer, type Deliverer } from '../../src/outbox/deliverer.ts';
import { createOutgoingFiles } from '../../src/outbox/outgoing.ts';
import { createUproot } from '../../src/outbox/uproot.ts';
import { newId, systemClock } from '../../src/platform/clock.ts';
import { openDatabase, type Database } from '../../src/platform/database/open.ts';
import { createHttpClient } from '../../src/platform/http-client.ts';
import { mp3 } from '../contract/samples.ts';
import {
  startBotApi,
  type BotApiStandin,
  type Call,
} from '../../src/playground/bot-api/bot-api.ts';
import { testLog, type TestLog } from '../support/log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The outbox on a file of its own, the real Telegram channel, and the stand-in of the Bot API. */
export interface Place extends TestLog {
  readonly api: BotApiStandin;
  readonly channel: Channel;
  readonly database: Database;
  readonly deliverer: Deliverer;
  /** Puts a reply into the outbox of a private chat and wakes the deliverer. */
  say(chat: number, markdown: string, files?: readonly OutgoingFile[]): void;
  /** Puts a file on the disk for a reply. */
  keep(name: string): OutgoingFile;
  /** How many of those are still there. */
  keptCount(): number;
  /** What the rows say, in their order. */
  rows(): readonly (typeof deliveries.$inferSelect)[];
  /** The calls that send a message, to one chat or to all. */
  sends(chat?: number): readonly Call[];
  texts(chat: number): readonly string[];
  /** Closes the deliverer and the file, and goes on with new ones. */
  restart(): Promise<void>;
}

export function conversationWith(chat: number): Conversation {
  return conversationOf({ channel: 'telegram', bot: '1', chat: String(chat), thread: null });
}

/** @param options.sendTimeoutMs For one attempt; short, so that a call that hangs is soon given up. */
export async function createPlace(
  options: { readonly clock?: Clock; readonly sendTimeoutMs?: number } = {},
): Promise<Place> {
  const { clock = systemClock, sendTimeoutMs = 10_000 } = options;
  const folder = temporaryFolder();
  const file = join(folder, 'claudio.db');
  const api = await startBotApi();
  onTestFinished(() => api.close());
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const watched = testLog();
  const { log } = watched;
  const botApi = createBotApi({ http, root: api.root, token: api.token });
  const signs = createSigns({ api: botApi, clock, log });
  const channel = createTelegramChannel({
    api: botApi,
    signs,
    fetch: createMedia({ api: botApi }),
    sendTimeoutMs,
  });
  const channels = createChannels(() => channel);

  const open = () => {
    const database = openDatabase(file);
    // A lock of another connection is to be met at once: waiting for it would hold up the stand-in.
    database.orm.$client.pragma('busy_timeout = 0');
    const deliverer = createDeliverer({
      database,
      clock,
      channels,
      log,
      random: () => 1,
      outgoing: createOutgoingFiles({ folder: join(folder, 'outgoing'), database, newId }),
      moved: createChatMoves(database, clock, {
        uproot: createUproot(database, clock, channels),
        log,
      }).note,
      attempted: () => undefined,
    });
    return { database, deliverer };
  };
  let now = open();
  const close = async () => {
    await now.deliverer.close();
    now.database.close();
  };
  onTestFinished(close);

  const sends = (chat?: number) =>
    api.calls.filter(
      (call) => call.method === 'sendMessage' && (chat === undefined || call.chat === String(chat)),
    );
  return {
    ...watched,
    api,
    channel,
    get database() {
      return now.database;
    },
    get deliverer() {
      return now.deliverer;
    },
    keep: (name) => {
      const path = join(folder, 'kept', newId());
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, mp3());
      return { path, name, kind: 'file' };
    },
    keptCount: () => readdirSync(join(folder, 'kept')).length,
    say: (chat, markdown, files = []) => {
      const conversation = conversationWith(chat);
      createConversationStore(now.database, clock).ensure(conversation);
      const outbox = createOutbox(now.database, clock, channels);
      outbox.say(conversation, { markdown, files, replyTo: null, buttons: [] });
      now.deliverer.wake();
    },
    rows: () => now.database.orm.select().from(deliveries).orderBy(deliveries.id).all(),
    sends,
    texts: (chat) => api.sentMessages(chat).map(({ text }) => text),
    restart: async () => {
      await close();
      now = open();
      now.deliverer.wake();
    },
  };
}

const MOST_ROUNDS_COUNT = 5000;

/**
 * Lets time pass until nothing waits any more: whenever nothing is due or under way, the clock is set to
 * when something will be.
 *
 * @param onRound Called before each step in time.
 */
export async function passTime(
  place: Place,
  clock: { now(): number; set(ms: number): void },
  onRound: () => Promise<void> | void = () => undefined,
): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS_COUNT; round += 1) {
    await place.deliverer.idle();
    await onRound();
    await nextTick();
    const open = place.rows().filter(({ status }) => status === 'pending' || status === 'sending');
    if (open.length === 0) return;
    const later = open.map(({ dueAtMs }) => dueAtMs).filter((dueAtMs) => dueAtMs > clock.now());
    clock.set(Math.min(...later, clock.now() + 60_000));
  }
  throw new Error(`still owed: ${JSON.stringify(place.rows())}`);
}
