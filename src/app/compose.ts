import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createClaudeAgent } from '../agent/claude/agent.ts';
import { DEFAULT_TOOLS } from '../agent/claude/tools.ts';
import { createCommandHandler } from '../commands/dispatch.ts';
import { createPressHandler } from '../commands/presses.ts';
import { createHttpApp } from '../http/app.ts';
import { createHealth } from '../http/health.ts';
import { listen, type HttpServer } from '../http/server.ts';
import { createInbox } from '../inbox/accept.ts';
import { createConversationStore } from '../inbox/conversations.ts';
import { createQueue } from '../inbox/queue.ts';
import { createSeenUpdates } from '../inbox/seen-updates.ts';
import { createAgentProbe } from '../ops/agent-probe.ts';
import { createOutbox } from '../outbox/append.ts';
import { createChannels } from '../outbox/channels.ts';
import { createDeliverer } from '../outbox/deliverer.ts';
import { newId, random, systemClock } from '../platform/clock.ts';
import type { Configuration } from '../platform/configuration/load.ts';
import type { Database } from '../platform/database/open.ts';
import { ensurePrivateFolder } from '../platform/files.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';
import { packageVersion } from '../platform/package.ts';
import { createAccess } from '../policy/access.ts';
import { recordBoot } from '../turns/boot.ts';
import { createHistory } from '../turns/history.ts';
import { createTurnRecords } from '../turns/records.ts';
import { recover } from '../turns/recovery.ts';
import { createUsageReport } from '../turns/usage.ts';
import { createWorker } from '../turns/worker.ts';
import { createChecks } from './checks.ts';
import { createCommands } from './commands.ts';
import { createHandlers } from './handlers.ts';
import { createReceiver } from './receive.ts';
import { createTelegram } from './telegram.ts';

/** The service, put together and listening. */
export interface Parts {
  readonly server: HttpServer;
  /** Clears up behind an instance that died. To be awaited before `start`. */
  recover(): Promise<void>;
  /** Lets turns run and replies go out. */
  start(): void;
  maintain(): void;
  refuseUpdates(): void;
  /** Waits for the running turns, then for the replies that can go out now. */
  drain(graceMs: number, lastDeliveriesMs: number): Promise<void>;
  /** Stops the running turns. */
  abort(): Promise<void>;
  close(): Promise<void>;
}

/** Puts everything together, the one place that knows which channel and which agent there are. */
export async function compose(outside: {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly http: HttpClient;
  readonly log: Logger;
}): Promise<Parts> {
  const { configuration, database, log } = outside;
  const { settings, home } = configuration;
  const clock = systemClock;
  const bootId = newId();

  const telegram = createTelegram({ configuration, http: outside.http, clock, log });
  const agent = createClaudeAgent({
    programPath: settings.CLAUDE_BIN ?? null,
    env: configuration.environment,
    tempDir: ensurePrivateFolder(join(home, 'tmp')),
    tools: settings.CLAUDE_TOOLS ?? DEFAULT_TOOLS,
    idleLimitMs: settings.TURN_IDLE_LIMIT,
    log,
  });

  const conversations = createConversationStore(database, clock);
  const queue = createQueue(database, clock, { maxQueueSize: settings.MAX_QUEUE_SIZE });
  const seen = createSeenUpdates(database, clock);
  const usage = createUsageReport(database);
  const channels = createChannels([telegram.channel]);
  const outbox = createOutbox(database, clock, channels);
  const deliverer = createDeliverer({ database, clock, channels, log, random });
  const boot = recordBoot(database, clock, bootId);

  const turnParts = {
    database,
    agent,
    channels,
    outbox,
    conversations,
    history: createHistory(database),
    records: createTurnRecords(database, clock),
    log,
    home,
    workDir: settings.CLAUDE_WORK_DIR,
    maxHistoryCount: settings.MAX_HISTORY_LINES,
  };
  const worker = createWorker({
    ...turnParts,
    queue,
    bootId,
    maxConcurrentTurns: settings.MAX_CONCURRENT_TURNS,
    ended: deliverer.wake,
  });
  const commands = createCommands({
    conversations,
    queue,
    usage,
    clock,
    defaultModel: settings.MODEL,
    workDir: settings.CLAUDE_WORK_DIR,
  });

  const access = createAccess({
    database,
    clock,
    log,
    chatId: settings.TELEGRAM_CHAT_ID,
    userIds: settings.TELEGRAM_ALLOWED_USERS,
  });

  const accept = createInbox({
    database,
    seen,
    conversations,
    queue,
    defaultModel: settings.MODEL,
    handlers: createHandlers({
      access,
      outbox,
      command: createCommandHandler({ database, clock, outbox, commands }),
      press: createPressHandler({ database, clock, queue, outbox }),
    }),
  });

  let started = false;
  let stopping = false;
  const receive = createReceiver({
    source: telegram.source,
    parse: telegram.parse,
    accept,
    channel: telegram.channel,
    wake: () => {
      if (!started) return;
      worker.wake();
      deliverer.wake();
    },
    log,
  });

  const agentReadiness = createAgentProbe(agent, clock, log);
  let introduction: ReturnType<typeof telegram.introduce> | undefined;
  const app = createHttpApp({
    webhooks: [{ ...telegram.webhook, receive }],
    health: createHealth({
      clock,
      version: packageVersion(),
      checks: createChecks({
        boot,
        clock,
        home,
        queue,
        deliverer,
        agentReadiness,
        webhook: telegram.webhookCheck(() => introduction?.kick()),
      }),
    }),
    isStopping: () => stopping,
    clock,
    log,
  });
  const server = await listen(app, settings.PORT);

  /** A reply whose call is cut off here waits for the next start. */
  const cutCalls = async () => {
    const closed = deliverer.close();
    await outside.http.close();
    await closed;
  };

  return {
    server,
    recover: () => recover({ ...turnParts, bootId }),
    start: () => {
      started = true;
      worker.wake();
      deliverer.wake();
      introduction = telegram.introduce(commands);
    },
    maintain: () => {
      try {
        const forgottenUpdates = seen.prune();
        const forgottenDeliveries = deliverer.prune();
        const forgottenRefusals = access.prune();
        log.debug({ forgottenUpdates, forgottenDeliveries, forgottenRefusals }, 'maintenance.done');
      } catch (error) {
        log.error({ err: error }, 'maintenance.failed');
      }
    },
    refuseUpdates: () => {
      stopping = true;
      introduction?.close();
    },
    drain: async (graceMs, lastDeliveriesMs) => {
      await worker.drain(graceMs);
      await worker.abort();
      await Promise.race([
        deliverer.idle(),
        setTimeout(lastDeliveriesMs, undefined, { ref: false }),
      ]);
    },
    abort: async () => {
      await Promise.all([worker.abort(), cutCalls()]);
    },
    close: async () => {
      introduction?.close();
      await cutCalls();
      await agent.settled();
      boot.ended();
    },
  };
}
