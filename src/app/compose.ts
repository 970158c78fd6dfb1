import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { SECRET_HEADER, WEBHOOK_PATH } from '../channels/telegram/webhook.ts';
import { approvalPresses, createDenial } from '../commands/approve.ts';
import { createEditHandler } from '../commands/changes.ts';
import { createCommandHandler } from '../commands/dispatch.ts';
import { createInsisting } from '../commands/insist.ts';
import { createPairingDesk } from '../commands/pairing.ts';
import { createPressHandler } from '../commands/presses.ts';
import { modePresses } from '../commands/mode.ts';
import { planPresses } from '../commands/plan.ts';
import { projectPresses } from '../commands/project.ts';
import { createReactionHandler } from '../commands/reactions.ts';
import type { Conversation } from '../core/conversation.ts';
import { createMask } from '../core/mask.ts';
import { createHttpApp, TOOLS_PATH } from '../http/app.ts';
import { createHealth } from '../http/health.ts';
import { listen, type HttpServer } from '../http/server.ts';
import { createInbox } from '../inbox/accept.ts';
import { createAsking } from '../inbox/asking.ts';
import { createConfirmations } from '../inbox/confirmations.ts';
import { createOverheard } from '../inbox/overheard.ts';
import { createSeenUpdates } from '../inbox/seen-updates.ts';
import { createAgentProbe } from '../ops/agent-probe.ts';
import { createChannels } from '../outbox/channels.ts';
import { newId, systemClock } from '../platform/clock.ts';
import { secretsOf } from '../platform/configuration/complete-bot.ts';
import type { Configuration } from '../platform/configuration/load.ts';
import type { Database } from '../platform/database/open.ts';
import { watchDatabase } from '../platform/database/watch.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';
import { packageVersion } from '../platform/package.ts';
import { createAccess } from '../policy/access.ts';
import { createAppointments } from '../policy/appointments.ts';
import { createAudit } from '../policy/audit.ts';
import { sealAudit } from '../policy/audit-chain.ts';
import { boundsOf } from '../policy/folders.ts';
import { createGate } from '../policy/gate.ts';
import { createLimits } from '../policy/limits.ts';
import { createPairings } from '../policy/pairing.ts';
import { createPolicy, POLICY_FILE } from '../policy/policy-file.ts';
import { createProjectStore } from '../policy/projects.ts';
import { recordBoot } from '../turns/boot.ts';
import { createUsageReport } from '../turns/usage.ts';
import { createBots } from './bots.ts';
import { createChecks } from './checks.ts';
import { createCommands } from './commands.ts';
import { composeWayIn, type WayInTimes } from './compose-way-in.ts';
import { createHandlers } from './handlers.ts';
import { createOwnCommands } from './own-commands.ts';
import { composeMemory } from './memory.ts';
import { createTellOwner } from './tell-owner.ts';
import { composeTurns } from './turns.ts';
import { createReceiver } from './receive.ts';
import { secretsIn } from './secrets.ts';
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
  const secrets = outside.secrets ?? new Set(secretsOf(configuration));
  const mask = createMask(() => [...secrets, ...secretsIn(configuration.environment)]);

  const telegrams = createTelegrams({ configuration, http: outside.http, clock, log });
  const memory = composeMemory({ ...outside, clock, bootId });
  const bots = createBots(configuration);
  const defaultModel = (conversation: Conversation) =>
    bots.of(conversation)?.model ?? settings.MODEL;
  // Before anything is written behind them.
  sealAudit(database);
  const audit = createAudit({ database, clock, mask, keepsText: settings.AUDIT_TEXT });
  const access = createAccess({ database, clock, bots, audit, log });
  const appointments = createAppointments({ database, clock, bots, audit });
  const policy = createPolicy({
    database,
    clock,
    path: join(home, POLICY_FILE),
    setting: settings.POLICY,
    onFault: (markdown) => tellOwner(markdown),
    onMended: (markdown) => tellOwner(markdown),
  });
  const projects = createProjectStore(database, clock);
  const bounds = boundsOf(configuration);
  const limits = createLimits(database, clock, settings);
  const gate = createGate({ database, limits, policy, audit });
  const turns = composeTurns({
    ...outside,
    bots,
    access,
    audit,
    mask,
    gate,
    policy,
    projects,
    bounds,
    clock,
    channels: createChannels(telegrams.channelOf),
    bootId,
    memory,
    toolsUrl: () => `http://127.0.0.1:${server.port}${TOOLS_PATH}`,
  });
  const { agent, conversations, messages, queue, outbox, questions, tools } = turns;
  const { approvals, approvalRules } = turns;
  const { worker, speaker, deliverer } = turns;
  const tellOwner = createTellOwner({
    bots,
    conversations,
    outbox,
    log,
    said: () => {
      if (started) deliverer.wake();
    },
  });
  const seen = createSeenUpdates(database, clock);
  const usage = createUsageReport(database);
  const boot = recordBoot(database, clock, bootId, memory !== null);
  const overheard = createOverheard({ database, clock, conversations, messages });
  const commands = createCommands({
    database,
    conversations,
    overheard,
    queue,
    usage,
    memory,
    clock,
    access,
    appointments,
    bots,
    defaultModel,
    defaultProgress: settings.PROGRESS,
    defaultMode: settings.MODE,
    workDir: settings.CLAUDE_WORK_DIR,
    projects,
    bounds,
    outbox,
    rules: approvalRules,
    own: () => own.commands(),
  });

  const places = projectPresses({
    conversations,
    projects,
    bounds,
    outbox,
    defaultFolder: (conversation) => bots.of(conversation)?.workDir ?? settings.CLAUDE_WORK_DIR,
  });

  const pairing = createPairingDesk({
    pairings: createPairings({ database, clock, newId }),
    appointments,
    access,
    bots,
    conversations,
    outbox,
    audit,
    clock,
    log,
  });

  const asking = createAsking({
    conversations,
    messages,
    queue,
    gate,
    defaultModel,
  });

  const confirmations = createConfirmations(database, clock, audit);
  const own = createOwnCommands({
    home,
    database,
    clock,
    confirmations,
    asking,
    messages,
    conversations,
    access,
    gate,
    outbox,
    tellOwner: (markdown) => tellOwner(markdown),
    onFault: (error) => log.error({ err: error }, 'commands.unreadable'),
  });
  const allCommands = () => [...commands, ...own.commands()];
  const insisting = createInsisting({
    clock,
    access,
    asking,
    confirmations,
    messages,
    outbox,
  });

  const defaultFolder = (conversation: Conversation) =>
    bots.of(conversation)?.workDir ?? settings.CLAUDE_WORK_DIR;
  const { MODE: defaultMode } = settings;
  const aboutApprovals = { database, clock, access, outbox, approvals, questions, mask };
  const approvalActs = new Map([
    ...approvalPresses(aboutApprovals),
    ...planPresses({ ...aboutApprovals, asking, messages, conversations, defaultMode }),
    ...modePresses({
      ...aboutApprovals,
      conversations,
      rules: approvalRules,
      projects,
      bounds,
      defaultFolder,
      defaultMode,
    }),
  ]);

  const accept = createInbox({
    database,
    seen,
    conversations,
    moves: turns.moves,
    overheard,
    messages,
    queue,
    asking,
    handlers: createHandlers({
      access,
      outbox,
      questions,
      command: createCommandHandler({
        messages,
        outbox,
        commands: allCommands,
        access,
        audit,
      }),
      edit: createEditHandler({
        messages,
        queue,
        conversations,
        outbox,
        gate,
        defaultModel,
      }),
      denial: createDenial(aboutApprovals),
      reaction: createReactionHandler({ database, clock, outbox }),
      press: createPressHandler({
        database,
        clock,
        queue,
        messages,
        questions,
        outbox,
        memory: memory?.store ?? null,
        access,
        audit,
        gate,
        acts: new Map([
          ...pairing.acts,
          ...insisting.acts,
          ...own.acts,
          ...places,
          ...approvalActs,
        ]),
      }),
      refused: insisting.refused,
      pairing: settings.PAIRING ? pairing.asks : null,
    }),
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
    commands: allCommands,
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
  let endWatch: (() => void) | undefined;
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
      endLook = own.watch(() => telegrams.introduce(allCommands()), settings.WEBHOOK_RETRY_DELAY);
    },
    maintain: () => {
      try {
        // Nobody may ask for anything for long, and what is wrong is to be told.
        policy.current();
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
