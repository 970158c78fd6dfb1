import pino from 'pino';
import type { Agent, AgentEvent, AgentOutcome, AgentRequest } from '../../src/core/agent.ts';
import type { Channel } from '../../src/core/channel.ts';
import type { Speech } from '../../src/core/speech.ts';
import { NO_USAGE, type Usage } from '../../src/core/turn.ts';
import { createAsking } from '../../src/inbox/asking.ts';
import { createConversationStore } from '../../src/inbox/conversations.ts';
import { createMessageStore } from '../../src/inbox/messages.ts';
import { createModes } from '../../src/inbox/modes.ts';
import { createChatMoves } from '../../src/inbox/moves.ts';
import { createOverheard } from '../../src/inbox/overheard.ts';
import { createQueue } from '../../src/inbox/queue.ts';
import { createOutbox } from '../../src/outbox/append.ts';
import { createChannels } from '../../src/outbox/channels.ts';
import { createApprovalRules } from '../../src/turns/approval-rules.ts';
import { createApprovals } from '../../src/turns/approvals.ts';
import { createQuestions } from '../../src/turns/questions.ts';
import { createReactionStore } from '../../src/turns/reactions.ts';
import { createHistory } from '../../src/turns/history.ts';
import { createTurnRecords } from '../../src/turns/records.ts';
import type { TurnTools } from '../../src/turns/tools.ts';
import { createAppointments } from '../../src/policy/appointments.ts';
import { createAudit } from '../../src/policy/audit.ts';
import { maskKeys, type Mask } from '../../src/core/mask.ts';
import { OPEN_GATE } from '../../src/policy/gate.ts';
import { defaultPolicy } from '../../src/policy/policy-file.ts';
import { createProjectStore } from '../../src/policy/projects.ts';
import { createPlaces } from '../../src/turns/place.ts';
import { testClock } from './clock.ts';
import { testDatabase } from './database.ts';
import { inboundMessage } from './inbound.ts';
import { EVERYBODY, testBots } from './people.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** What an agent does with a request; see {@link Agent.run}. */
export type Work = (request: AgentRequest, signal: AbortSignal) => AsyncIterable<AgentEvent>;

/** An agent without processes. `leftovers` are the prefixes that it was asked to clear up. */
export function testAgent(work: Work): Agent & { readonly leftovers: string[] } {
  const leftovers: string[] = [];
  return {
    leftovers,
    run: work,
    settled: () => Promise.resolve(),
    stopLeftovers: (prefixes) => {
      leftovers.push(...prefixes.map(({ prefix }) => prefix));
      return Promise.resolve(0);
    },
    explain: ({ code }) => `It failed: ${code}.`,
    readiness: () =>
      Promise.resolve({ found: true, version: '1.0.0', loggedIn: true, remedy: null }),
  };
}

export function answered(text: string, usage: Partial<Usage> = {}): AgentOutcome {
  return {
    kind: 'answered',
    text,
    model: 'claude-haiku',
    usage: { ...NO_USAGE, ...usage },
    deniedTools: [],
    fallback: null,
  };
}

/** A channel whose parts are the replies themselves. It sends nothing. */
const CHANNEL: Channel = {
  name: 'telegram',
  render: (reply) => [{ ...reply }],
  renderEdit: (edit) => ({ ...edit }),
  renderRemoval: (messageId) => ({ removal: messageId }),
  uproot: (part) => part,
  fetch: () => Promise.resolve({ kind: 'gone', reason: 'nothing is there' }),
  send: () => Promise.resolve({ kind: 'sent', messageId: null }),
  signs: {
    seen: () => undefined,
    working: () => () => undefined,
    pressed: () => undefined,
    show: () => Promise.resolve({ kind: 'failed' }),
    draft: () => undefined,
  },
};

async function* answerAtOnce(): AsyncGenerator<AgentEvent> {
  yield { type: 'completed', outcome: answered('An answer.') };
}

/** Tools that nobody calls. */
const NO_TOOLS: TurnTools = {
  open: () => ({
    server: { name: 'claudio', url: 'http://127.0.0.1:1/mcp', token: 'none' },
    isWaitingForPerson: () => false,
    close: () => undefined,
  }),
};

/** All that turns need, on a real database. */
export function turnWorld(
  options: {
    readonly work?: Work;
    readonly maxQueueSize?: number;
    readonly joinQueued?: boolean;
    readonly speech?: Speech;
    readonly mask?: Mask;
    readonly keepsAuditText?: boolean;
  } = {},
) {
  const database = testDatabase();
  const clock = testClock();
  const { mask = maskKeys } = options;
  const audit = createAudit({
    database,
    clock,
    mask,
    keepsText: options.keepsAuditText ?? false,
  });
  const conversations = createConversationStore(database, clock);
  const messages = createMessageStore(database, clock);
  const queue = createQueue(database, clock, messages, {
    maxQueueSize: options.maxQueueSize ?? 100,
    joinQueued: options.joinQueued ?? false,
    audit,
  });
  const channels = createChannels(() => CHANNEL);
  const agent = testAgent(options.work ?? answerAtOnce);
  let updateId = 0;
  const home = temporaryFolder();
  const outbox = createOutbox(database, clock, channels, mask);
  const bots = testBots();
  const projects = createProjectStore(database, clock);
  const rules = createApprovalRules(database, clock);
  const modes = createModes({ conversations, access: EVERYBODY, defaultMode: 'auto' });
  const bounds = { home, roots: [home] };
  return {
    database,
    clock,
    queue,
    messages,
    conversations,
    channels,
    agent,
    outbox,
    speech: options.speech ?? null,
    questions: createQuestions({ database, clock, outbox, mask }),
    rules,
    approvals: createApprovals({ database, clock, outbox, audit, rules, access: EVERYBODY }),
    denial: () => false,
    reactions: createReactionStore(database),
    tools: NO_TOOLS,
    memory: null,
    history: createHistory(database),
    records: createTurnRecords(database, clock, { mask, audit }),
    log: pino({ level: 'silent' }),
    home,
    access: EVERYBODY,
    bots,
    appointments: createAppointments({ database, clock, bots, audit }),
    audit,
    mask,
    acts: new Map(),
    gate: OPEN_GATE,
    places: createPlaces({
      home,
      bots,
      access: EVERYBODY,
      conversations,
      userHome: home,
      projects,
      bounds,
      policy: { current: () => defaultPolicy('permissive') },
      modes,
      isSandboxed: false,
      log: { warn: () => undefined },
    }),
    tempDir: home,
    projects,
    bounds,
    defaultMode: 'auto' as const,
    modes,
    defaultFolder: () => '/',
    workDir: '/',
    overheard: createOverheard({ database, clock, conversations, messages }),
    moves: createChatMoves(database, clock, {
      uproot: () => undefined,
      log: pino({ level: 'silent' }),
    }),
    asking: createAsking({
      conversations,
      messages,
      queue,
      gate: OPEN_GATE,
      defaultModel: () => 'haiku',
    }),
    progressLevel: 'brief' as const,
    streaming: 'off' as const,
    said: () => undefined,
    /** Takes a message in and returns the id of its turn. */
    arrive: (text: string, chat?: string): number => {
      clock.advance(1);
      const message = inboundMessage((updateId += 1), text, chat);
      conversations.ensure(message.conversation);
      const outcome = queue.enqueue(message, 'haiku');
      if (outcome.kind !== 'queued') throw new Error('the queue is full');
      return outcome.turnId;
    },
    /** What was said, a text each, oldest first. */
    told: () =>
      database.orm.query.deliveries
        .findMany()
        .sync()
        .map(({ part }) => String(part['markdown'])),
  };
}
