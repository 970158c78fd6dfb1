import { setTimeout } from 'node:timers/promises';
import { SECRET_HEADER, WEBHOOK_PATH } from '../channels/telegram/webhook.ts';
import { createMask } from '../core/mask.ts';
import { createHttpApp, TOOLS_PATH } from '../http/app.ts';
import { createHealth } from '../http/health.ts';
import { listen, type HttpServer } from '../http/server.ts';
import { createAgentProbe } from '../ops/agent-probe.ts';
import { createChannels } from '../outbox/channels.ts';
import { newId, systemClock } from '../platform/clock.ts';
import type { Configuration } from '../platform/configuration/load.ts';
import type { Database } from '../platform/database/open.ts';
import { watchDatabase } from '../platform/database/watch.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';
import { packageVersion } from '../platform/package.ts';
import { recordBoot } from '../turns/boot.ts';
import { createBots } from './bots.ts';
import { createChecks } from './checks.ts';
import { composeConsole } from './compose-console.ts';
import { composeInbox } from './compose-inbox.ts';
import { composePolicy } from './compose-policy.ts';
import { composeWayIn, type WayInTimes } from './compose-way-in.ts';
import { composeMemory } from './memory.ts';
import { createTellOwner } from './tell-owner.ts';
import { composeTurns } from './turns.ts';
import { createReceiver } from './receive.ts';
import { ownSecrets } from './secrets.ts';
import { createReload } from './reload.ts';
import { createTelegrams } from './telegrams.ts';

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
  /** Takes the configuration as it is now, where that is right; see {@link createReload}. */
  reload(): void;
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
  /** What nobody may see, of all bots; it grows where the configuration is taken anew. */
  readonly secrets?: Set<string>;
  /** Takes no update until the end, whatever is called. */
  readonly isTrial?: boolean;
  /** For who cannot wait as long as people can. */
  readonly times?: WayInTimes;
}): Promise<Parts> {
  const { configuration, database, log } = outside;
  const { settings, home } = configuration;
  const clock = systemClock;
  const bootId = newId();
  const secrets = outside.secrets ?? new Set(ownSecrets(configuration));
  const mask = createMask(() => [...secrets]);

  const telegrams = createTelegrams({ configuration, http: outside.http, clock, log });
  const memory = composeMemory({ ...outside, clock, bootId });
  const bots = createBots(configuration);
  const people = composePolicy({
    ...outside,
    clock,
    bots,
    mask,
    tellOwner: (markdown) => tellOwner(markdown),
  });
  const turns = composeTurns({
    ...outside,
    ...people,
    bots,
    mask,
    clock,
    channels: createChannels(telegrams.channelOf),
    bootId,
    memory,
    toolsUrl: () => `http://127.0.0.1:${server.port}${TOOLS_PATH}`,
  });
  const { agent, conversations, queue, outbox, tools, worker, speaker, deliverer } = turns;
  const tellOwner = createTellOwner({
    bots,
    conversations,
    outbox,
    log,
    said: () => {
      if (started) deliverer.wake();
    },
  });
  const boot = recordBoot(database, clock, bootId, memory !== null);
  const { accept, seen, overheard, own, commands } = composeInbox({
    ...outside,
    clock,
    bots,
    mask,
    people,
    turns,
    memory,
    tellOwner,
  });

  let started = false;
  let stopping = outside.isTrial ?? false;
  const receive = createReceiver({
    accept,
    wake: () => {
      if (started) turns.wake();
    },
    log,
  });

  const agentReadiness = createAgentProbe(agent, clock, log);
  const wayIn = composeWayIn({
    ...outside,
    telegrams,
    bots,
    commands,
    receive,
    conversations,
    outbox,
    said: deliverer.wake,
    clock,
    times: outside.times ?? {},
  });
  const health = createHealth({
    clock,
    version: packageVersion(),
    identity: { pid: process.pid, home },
    made: (report) => board.note(report),
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
  });
  const board = composeConsole({
    ...outside,
    clock,
    bots,
    mask,
    people,
    turns,
    memory,
    health,
    port: () => server.port,
    wake: () => {
      if (started) turns.wake();
    },
  });
  let endWatch: (() => void) | undefined;
  let endHealthWatch: (() => void) | undefined;
  let endLook: (() => void) | undefined;
  const app = createHttpApp({
    webhooks: [
      {
        path: WEBHOOK_PATH,
        secretHeader: SECRET_HEADER,
        takers: () =>
          telegrams.all().map((telegram) => ({
            secret: telegram.secret,
            receive: (update: unknown) => receive(telegram, update),
          })),
      },
    ],
    tools: tools.handle,
    health,
    // What is done on a page in a trial might be undone behind it.
    ...(outside.isTrial === true ? {} : { pages: board.pages }),
    isStopping: () => stopping,
    clock,
    log,
  });
  const server = await listen(app, settings.PORT);

  const reload = createReload({
    configuration,
    bots,
    telegrams,
    database,
    conversations,
    outbox,
    audit: people.audit,
    secrets,
    wake: () => {
      health.forget();
      if (started) turns.wake();
    },
    log,
  });

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
      own.provide();
      endHealthWatch = board.watch();
      endLook = own.watch(() => telegrams.introduce(commands()), settings.WEBHOOK_RETRY_DELAY);
    },
    maintain: () => {
      try {
        // Nobody may ask for anything for long, and what is wrong is to be told.
        people.policy.current();
        board.prune();
        const forgottenUpdates = seen.prune();
        const forgottenOverheard = overheard.prune();
        const forgottenDeliveries = deliverer.prune();
        const forgottenRecalls = memory?.prune() ?? 0;
        log.debug(
          { forgottenUpdates, forgottenOverheard, forgottenDeliveries, forgottenRecalls },
          'maintenance.done',
        );
      } catch (error) {
        log.error({ err: error }, 'maintenance.failed');
      }
    },
    reload: () => {
      if (!stopping) reload();
    },
    refuseUpdates: () => {
      stopping = true;
      endLook?.();
      endHealthWatch?.();
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
      endLook?.();
      endHealthWatch?.();
      board.end();
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
