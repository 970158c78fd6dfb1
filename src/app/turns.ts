import { join } from 'node:path';
import { createClaudeAgent } from '../agent/claude/agent.ts';
import { DEFAULT_TOOLS } from '../agent/claude/tools.ts';
import type { Bots } from '../core/bot.ts';
import type { Clock } from '../core/clock.ts';
import type { Mask } from '../core/mask.ts';
import { createConversationStore } from '../inbox/conversations.ts';
import { createMessageStore } from '../inbox/messages.ts';
import { createChatMoves } from '../inbox/moves.ts';
import { createModes } from '../inbox/modes.ts';
import { createQueue } from '../inbox/queue.ts';
import { createToolServer } from '../mcp/server.ts';
import { createOutbox } from '../outbox/append.ts';
import type { Channels } from '../outbox/channels.ts';
import { createDeliverer } from '../outbox/deliverer.ts';
import { createOutgoingFiles } from '../outbox/outgoing.ts';
import { createUproot } from '../outbox/uproot.ts';
import { newId, random } from '../platform/clock.ts';
import { forgetRestored, restoredUpTo } from '../ops/backup/restored.ts';
import { userHomeOf, type Configuration } from '../platform/configuration/load.ts';
import type { Database } from '../platform/database/open.ts';
import { ensurePrivateFolder } from '../platform/files.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';
import type { Access } from '../policy/access.ts';
import type { Audit } from '../policy/audit.ts';
import type { Bounds } from '../policy/folders.ts';
import type { Gate } from '../policy/gate.ts';
import type { KeptFile } from '../policy/kept-file.ts';
import type { Policy } from '../policy/policy-file.ts';
import type { ProjectStore } from '../policy/projects.ts';
import { createApprovalRules } from '../turns/approval-rules.ts';
import { createApprovals } from '../turns/approvals.ts';
import { createHistory } from '../turns/history.ts';
import { createPlaces } from '../turns/place.ts';
import { createQuestions } from '../turns/questions.ts';
import { createReactionStore } from '../turns/reactions.ts';
import { createTurnRecords } from '../turns/records.ts';
import { recover } from '../turns/recovery.ts';
import { createRestarts } from '../turns/restarts.ts';
import { createSearch } from '../turns/search.ts';
import { createSpeaker } from '../turns/speaking.ts';
import { createWorker } from '../turns/worker.ts';
import type { ServiceMemory } from './memory.ts';
import { createRestartWatch } from './restart.ts';
import { sandboxOf } from './sandbox.ts';
import { createSpeech } from './speech.ts';

/** What is needed from around. */
interface Outside {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly channels: Channels;
  readonly bootId: string;
  readonly bots: Bots;
  readonly access: Access;
  readonly audit: Audit;
  readonly mask: Mask;
  readonly gate: Gate;
  readonly policy: Pick<KeptFile<Policy>, 'current'>;
  readonly projects: ProjectStore;
  /** What may be worked in. */
  readonly bounds: Bounds;
  /** `null` where it is turned off. */
  readonly memory: ServiceMemory | null;
  /** Where the tools are served; asked for when a turn starts. */
  readonly toolsUrl: () => string;
}

/** What is behind the inbox, see {@link composeTurns}. */
export type ServiceTurns = ReturnType<typeof composeTurns>;

/** Puts together what is behind the inbox: from the queue to the last delivery. */
export function composeTurns({
  configuration,
  database,
  http,
  clock,
  log,
  channels,
  bootId,
  bots,
  access,
  audit,
  mask,
  gate,
  policy,
  projects,
  bounds,
  memory,
  toolsUrl,
}: Outside) {
  const { settings, home } = configuration;
  const tempDir = ensurePrivateFolder(join(home, 'tmp'));
  const agent = createClaudeAgent({
    programPath: settings.CLAUDE_BIN ?? null,
    env: configuration.environment,
    tempDir,
    tools: settings.CLAUDE_TOOLS ?? DEFAULT_TOOLS,
    idleLimitMs: settings.TURN_IDLE_LIMIT,
    sandbox: sandboxOf(configuration),
    log,
  });

  const conversations = createConversationStore(database, clock);
  const messages = createMessageStore(database, clock, mask);
  const queue = createQueue(database, clock, messages, {
    maxQueueSize: settings.MAX_QUEUE_SIZE,
    joinQueued: settings.JOIN_QUEUED,
    audit,
  });
  const outbox = createOutbox(database, clock, channels, mask);
  const outgoing = createOutgoingFiles({ folder: join(home, 'outgoing'), database, newId });
  const restart = createRestartWatch(createRestarts(database, clock), log);
  const moves = createChatMoves(database, clock, {
    uproot: createUproot(database, clock, channels),
    log,
  });
  const deliverer = createDeliverer({
    database,
    clock,
    channels,
    log,
    random,
    outgoing,
    moved: moves.note,
    attempted: restart.look,
  });
  const questions = createQuestions({ database, clock, outbox, mask });
  const approvalRules = createApprovalRules(database, clock);
  const approvals = createApprovals({
    database,
    clock,
    outbox,
    audit,
    rules: approvalRules,
    access,
    mask,
  });
  const tools = createToolServer({
    database,
    clock,
    outbox,
    outgoing,
    questions,
    approvals,
    agentTools: settings.CLAUDE_TOOLS ?? DEFAULT_TOOLS,
    restarts: restart.restarts,
    search: createSearch(database),
    memory,
    log,
    home,
    mask,
    said: deliverer.wake,
    url: toolsUrl,
  });

  const turnParts = {
    database,
    clock,
    agent,
    speech: createSpeech(settings, http, log),
    channels,
    outbox,
    conversations,
    messages,
    queue,
    history: createHistory(database),
    records: createTurnRecords(database, clock, { mask, audit }),
    reactions: createReactionStore(database),
    questions,
    approvals,
    tools,
    memory: memory?.recall ?? null,
    log,
    tempDir,
    places: createPlaces({
      home,
      userHome: userHomeOf(configuration.environment),
      bots,
      access,
      conversations,
      projects,
      bounds,
      policy,
      modes: createModes({ conversations, access, defaultMode: settings.MODE }),
      isSandboxed: settings.SANDBOX !== 'off',
      log,
    }),
    gate,
    audit,
    mask,
    progressLevel: settings.PROGRESS,
    streaming: settings.STREAM_ANSWERS,
    said: deliverer.wake,
  };
  const speaker = createSpeaker({
    ...turnParts,
    outgoing,
    told: () => {
      worker.wake();
      deliverer.wake();
      restart.look();
    },
  });
  const worker = createWorker({
    ...turnParts,
    bootId,
    maxConcurrentTurns: settings.MAX_CONCURRENT_TURNS,
    ended: () => {
      speaker.wake();
      deliverer.wake();
      restart.look();
      // What waits for this turn goes first.
      queueMicrotask(() => memory?.wake());
    },
  });

  return {
    agent,
    conversations,
    messages,
    moves,
    queue,
    outbox,
    questions,
    approvals,
    approvalRules,
    tools,
    worker,
    speaker,
    deliverer,
    restartWanted: restart.wanted,
    /** Clears up behind an instance that died. To be awaited before anything is woken. */
    recover: async () => {
      restart.settle();
      outgoing.sweep();
      await recover({ ...turnParts, bootId, restoredUpTo: restoredUpTo(home) });
      forgetRestored(home);
    },
    /** Starts whatever may start. Returns at once. */
    wake: () => {
      questions.wake();
      approvals.wake();
      worker.wake();
      speaker.wake();
      deliverer.wake();
      memory?.wake();
    },
    /** Resolves when everything that was answered has been said, as far as it can be now. */
    said: async () => {
      await speaker.idle();
      await deliverer.idle();
    },
  };
}
