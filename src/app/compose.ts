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
import { watchDatabase } from '../platform/database/watch.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';
import { packageVersion } from '../platform/package.ts';
import { createAccess } from '../policy/access.ts';
import { recordBoot } from '../turns/boot.ts';
import { createUsageReport } from '../turns/usage.ts';
import { createChecks } from './checks.ts';
import { createCommands } from './commands.ts';
import { composeWayIn, type WayInTimes } from './compose-way-in.ts';
import { createHandlers } from './handlers.ts';
import { composeMemory } from './memory.ts';
import { composeTurns } from './turns.ts';
import { createReceiver } from './receive.ts';
import { createTelegram } from './telegram.ts';

/** How soon a row is noticed that a command wrote beside the service. */
const WATCH_EVERY_MS = 250;

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
  /** Takes no update until the end, whatever is called. */
  readonly isTrial?: boolean;
  /** For who cannot wait as long as people can. */
  readonly times?: WayInTimes;
}): Promise<Parts> {
  const { configuration, database, log } = outside;
  const { settings, home } = configuration;
  const clock = systemClock;
  const bootId = newId();

  const telegram = createTelegram({ configuration, http: outside.http, clock, log });
  const memory = composeMemory({ ...outside, clock, bootId });
  const turns = composeTurns({
    ...outside,
    clock,
    channel: telegram.channel,
    bootId,
    memory,
    toolsUrl: () => `http://127.0.0.1:${server.port}${TOOLS_PATH}`,
  });
  const { agent, conversations, messages, queue, outbox, questions, tools } = turns;
  const { worker, speaker, deliverer } = turns;
  const seen = createSeenUpdates(database, clock);
  const usage = createUsageReport(database);
  const boot = recordBoot(database, clock, bootId, memory !== null);
  const commands = createCommands({
    database,
    conversations,
    queue,
    usage,
    memory,
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
      press: createPressHandler({
        database,
        clock,
        queue,
        messages,
        questions,
        outbox,
        memory: memory?.store ?? null,
      }),
    }),
  });

  let started = false;
  let stopping = outside.isTrial ?? false;
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
  const wayIn = composeWayIn({
    ...outside,
    telegram,
    commands,
    receive,
    conversations,
    outbox,
    said: deliverer.wake,
    clock,
    times: outside.times ?? {},
  });
  let endWatch: (() => void) | undefined;
  const app = createHttpApp({
    webhooks: [{ ...telegram.webhook, receive }],
    tools: tools.handle,
    health: createHealth({
      clock,
      version: packageVersion(),
      identity: { pid: process.pid, home },
      checks: createChecks({
        boot,
        clock,
        home,
        queue,
        deliverer,
        agentReadiness,
        webhook: wayIn.webhookCheck,
        tunnel: wayIn.tunnelCheck,
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
      // Before the first look at the rows, so that none comes unseen between the two.
      endWatch = watchDatabase(database, {
        everyMs: WATCH_EVERY_MS,
        onChange: turns.wake,
        onFault: (error) => log.error({ err: error }, 'database.unreadable'),
      });
      turns.wake();
      wayIn.start();
    },
    maintain: () => {
      try {
        const forgottenUpdates = seen.prune();
        const forgottenDeliveries = deliverer.prune();
        const forgottenRefusals = access.prune();
        const forgottenRecalls = memory?.prune() ?? 0;
        log.debug(
          { forgottenUpdates, forgottenDeliveries, forgottenRefusals, forgottenRecalls },
          'maintenance.done',
        );
      } catch (error) {
        log.error({ err: error }, 'maintenance.failed');
      }
    },
    refuseUpdates: () => {
      stopping = true;
      wayIn.refuse();
    },
    drain: async (graceMs, lastDeliveriesMs) => {
      // What is learned behind the turns is learned at the next start.
      const resting = memory?.rest();
      await worker.drain(graceMs);
      await worker.abort();
      await Promise.race([turns.said(), setTimeout(lastDeliveriesMs, undefined, { ref: false })]);
      await resting;
    },
    abort: async () => {
      await Promise.all([worker.abort(), speaker.close(), memory?.rest(), cutCalls()]);
    },
    close: async () => {
      endWatch?.();
      // Until here the tunnel let Telegram know that nothing is taken now.
      const shut = wayIn.close();
      await speaker.close();
      await cutCalls();
      await shut;
      await memory?.close();
      await agent.settled();
      boot.ended();
    },
  };
}
