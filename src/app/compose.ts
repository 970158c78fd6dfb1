import { setTimeout } from 'node:timers/promises';
import { createEditHandler } from '../commands/changes.ts';
import { createCommandHandler } from '../commands/dispatch.ts';
import { createPressHandler } from '../commands/presses.ts';
import { createReactionHandler } from '../commands/reactions.ts';
import { createHttpApp, TOOLS_PATH } from '../http/app.ts';
import { createHealth } from '../http/health.ts';
import { listen, type HttpServer } from '../http/server.ts';
import { createInbox } from '../inbox/accept.ts';
import { createSeenUpdates } from '../inbox/seen-updates.ts';
import { createAgentProbe } from '../ops/agent-probe.ts';
import { newId, systemClock } from '../platform/clock.ts';
import type { Configuration } from '../platform/configuration/load.ts';
import type { Database } from '../platform/database/open.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';
import { packageVersion } from '../platform/package.ts';
import { createAccess } from '../policy/access.ts';
import { recordBoot } from '../turns/boot.ts';
import { createUsageReport } from '../turns/usage.ts';
import { createChecks } from './checks.ts';
import { createCommands } from './commands.ts';
import { createHandlers } from './handlers.ts';
import { composeTurns } from './turns.ts';
import { createReceiver } from './receive.ts';
import { createTelegram } from './telegram.ts';

/** The service, put together and listening. */
export interface Parts {
  readonly server: HttpServer;
  /** Resolves when Claude asked for a restart and all that had to be said before it was said. */
  readonly restartWanted: Promise<void>;
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
  const turns = composeTurns({
    ...outside,
    clock,
    channel: telegram.channel,
    bootId,
    toolsUrl: () => `http://127.0.0.1:${server.port}${TOOLS_PATH}`,
  });
  const { agent, conversations, messages, queue, outbox, questions, tools } = turns;
  const { worker, speaker, deliverer } = turns;
  const seen = createSeenUpdates(database, clock);
  const usage = createUsageReport(database);
  const boot = recordBoot(database, clock, bootId);
  const commands = createCommands({
    conversations,
    queue,
    usage,
    clock,
    defaultModel: settings.MODEL,
    defaultProgress: settings.PROGRESS,
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
    messages,
    queue,
    defaultModel: settings.MODEL,
    handlers: createHandlers({
      access,
      outbox,
      questions,
      command: createCommandHandler({ database, clock, outbox, commands }),
      edit: createEditHandler({
        messages,
        queue,
        conversations,
        outbox,
        defaultModel: settings.MODEL,
      }),
      reaction: createReactionHandler({ database, clock, outbox }),
      press: createPressHandler({ database, clock, queue, messages, questions, outbox }),
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
      if (started) turns.wake();
    },
    log,
  });

  const agentReadiness = createAgentProbe(agent, clock, log);
  let introduction: ReturnType<typeof telegram.introduce> | undefined;
  const app = createHttpApp({
    webhooks: [{ ...telegram.webhook, receive }],
    tools: tools.handle,
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
    restartWanted: turns.restartWanted,
    recover: turns.recover,
    start: () => {
      started = true;
      turns.wake();
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
      await Promise.race([turns.said(), setTimeout(lastDeliveriesMs, undefined, { ref: false })]);
    },
    abort: async () => {
      await Promise.all([worker.abort(), speaker.close(), cutCalls()]);
    },
    close: async () => {
      introduction?.close();
      await speaker.close();
      await cutCalls();
      await agent.settled();
      boot.ended();
    },
  };
}
