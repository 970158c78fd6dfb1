import type { BotCommand, Update, UserFromGetMe } from '@grammyjs/types';
import {
  createDelivery,
  type DeliveryAttempt,
  type DeliveryReport,
  type Hook,
  type QueuedUpdate,
  type Route,
  type Webhook,
} from './delivery.ts';
import { createEvents } from './events.ts';
import { type Behaviour, createFaults, type Fault, type Matcher } from './faults.ts';
import { listen } from './server.ts';
import {
  type Call,
  chatOf,
  type Press,
  type State,
  type StoredDraft,
  type StoredMessage,
} from './state.ts';
import { createUpdates, type Updates } from './updates.ts';

export { OWNER } from './updates.ts';
export type { AttachedFile } from './attached.ts';
export { isSilent, type Call, type StoredMessage } from './state.ts';

const DEFAULT_BOT: UserFromGetMe = {
  id: 1,
  is_bot: true,
  first_name: 'Claudio',
  username: 'claudio_test_bot',
  can_join_groups: true,
  can_read_all_group_messages: false,
  supports_inline_queries: false,
  can_connect_to_business: false,
  has_main_web_app: false,
  has_topics_enabled: false,
  allows_users_to_create_topics: false,
  can_manage_bots: false,
  supports_join_request_queries: false,
};

export interface BotApiOptions {
  /** `1:test-token` unless given. */
  readonly token?: string;
  readonly bot?: Partial<UserFromGetMe>;
  /** What the pauses between tries to deliver, and between polls, are multiplied by; a hundredth unless given. */
  readonly pauseScale?: number;
  /** Lets `close()` pass over calls that no Bot API would understand: see `violations`. */
  readonly tolerant?: boolean;
}

/** A stand-in of the Bot API that runs, and what a test can see of it and do with it. */
export interface BotApiStandin {
  /** For TELEGRAM_API_ROOT. */
  readonly root: string;
  readonly token: string;
  readonly bot: UserFromGetMe;
  /** Every call with the right token and a known method, and every download (`file`), in order. */
  readonly calls: readonly Call[];
  readonly chatActions: State['chatActions'];
  readonly presses: ReadonlyMap<string, Press>;
  /** What the bot registered for everyone. */
  readonly commands: readonly BotCommand[];
  readonly webhook: Webhook | null;
  /** Every update that was put in line for delivery, with when that was. */
  readonly queued: readonly QueuedUpdate[];
  /** Every try at delivering an update. */
  readonly deliveries: readonly DeliveryAttempt[];
  readonly updates: Updates;
  /**
   * Unknown methods, unknown parameters and wrong types: faults of the caller whatever the
   * circumstances, so `close()` throws when there are any.
   */
  readonly violations: readonly string[];

  /** The messages of a chat as they stand, people's and the bot's, without the deleted ones. */
  messages(chat?: number): readonly StoredMessage[];
  /** What the bot sent, to one chat or to all, in order, without what it deleted. */
  sentMessages(chat?: number): readonly StoredMessage[];
  /** The answers in the making that a chat shows: one a topic. */
  drafts(chat?: number): readonly StoredDraft[];
  /** Makes all messages that there are so much older. */
  age(durationMs: number): void;
  /** Says where a host name leads when updates are delivered to it. */
  route(hostname: string, to: Route): void;
  /** Makes a topic known in a chat, as if somebody had opened it. */
  addTopic(chat: number, thread: number): void;

  /** Lets calls fail; in force until it has met `times` calls or is lifted. */
  fault(matcher: Matcher, behaviour: Behaviour, times?: number): Fault;

  /** Queues an update for the webhook, or for `target`; resolves when it is acknowledged. */
  deliver(update: Update, target?: Webhook): Promise<DeliveryReport>;
  /** Queues a text of the owner in the private chat; as `deliver(updates.text(text))`. */
  say(text: string): Promise<DeliveryReport>;
  /** POSTs anything once, with the given secret or none, and tells what was answered. */
  deliverOnce(
    update: unknown,
    target: { url: string; secretToken: string | null },
  ): Promise<{ status: number; body: string }>;

  /** Resolves with what the bot sent as soon as that is `count` messages. */
  sent(count: number, chat?: number): Promise<readonly StoredMessage[]>;
  /** Resolves with the first message of the bot that fits, one that stands or one to come. */
  message(wanted: string, fits: (message: StoredMessage) => boolean): Promise<StoredMessage>;
  /** Resolves with the next message that the bot sends from now on and that fits. */
  nextMessage(fits?: (message: StoredMessage) => boolean): Promise<StoredMessage>;
  /** Resolves with the first call that fits, one that was made or one to come. */
  call(wanted: string, fits: (call: Call) => boolean): Promise<Call>;
  /** Resolves with the next call from now on that fits. */
  nextCall(fits?: (call: Call) => boolean): Promise<Call>;
  /** Resolves with what `look` finds, now or after something has happened here. */
  until<T>(wanted: string, look: () => T | null | undefined, limitMs?: number): Promise<T>;
  /** Calls `changed` whenever something has happened here, until what it returns is called. */
  subscribe(changed: () => void): () => void;

  /** Cuts every connection; throws when there were violations. */
  close(): Promise<void>;
}

function situationOf(state: State): string {
  const calls = state.calls.map(
    ({ method, chat, status }) => `${method}(${chat ?? ''}) ${status ?? '…'}`,
  );
  return `Calls so far: ${calls.slice(-20).join(', ') || 'none'}.`;
}

/** Starts a strict stand-in of the Bot API over HTTP on the loopback. */
export async function startBotApi(options: BotApiOptions = {}): Promise<BotApiStandin> {
  const hook: Hook = { webhook: null, routes: new Map(), allowedUpdates: null };
  const events = createEvents((): string => situationOf(state));
  const faults = createFaults();
  const state: State = {
    bot: { ...DEFAULT_BOT, ...options.bot },
    token: options.token ?? '1:test-token',
    events,
    hook,
    delivery: createDelivery({ hook, events, pauseScale: options.pauseScale ?? 0.01 }),
    calls: [],
    violations: [],
    chats: new Map(),
    presses: new Map(),
    chatActions: [],
    commands: new Map(),
    files: new Map(),
    nextUpdateId: 500_000_001,
    messageCount: 0,
  };
  const updates = createUpdates(state);
  const { server, root } = await listen(state, faults);

  const sentMessages = (chat?: number): StoredMessage[] =>
    (chat === undefined ? [...state.chats.values()] : [chatOf(state, chat)])
      .flatMap(({ messages }) => messages)
      .filter(({ byBot, deleted }) => byBot && !deleted)
      .toSorted((a, b) => a.sequence - b.sequence);

  const deliver = (update: Update, target?: Webhook): Promise<DeliveryReport> =>
    state.delivery.deliver(update, target);

  return {
    root,
    token: state.token,
    bot: state.bot,
    calls: state.calls,
    chatActions: state.chatActions,
    presses: state.presses,
    queued: state.delivery.queued,
    deliveries: state.delivery.attempts,
    violations: state.violations,
    updates,
    get commands() {
      return state.commands.get(JSON.stringify([{ type: 'default' }, ''])) ?? [];
    },
    get webhook() {
      return hook.webhook;
    },
    messages: (chat = 1_001) => chatOf(state, chat).messages.filter(({ deleted }) => !deleted),
    sentMessages,
    drafts: (chat = 1_001) => [...chatOf(state, chat).drafts.values()],
    age: (durationMs) => {
      for (const { messages } of state.chats.values()) {
        for (const message of messages) message.atMs -= durationMs;
      }
    },
    route: (hostname, to) => {
      hook.routes.set(hostname, to);
    },
    addTopic: (chat, thread) => {
      chatOf(state, chat).topics.add(thread);
    },
    fault(matcher, behaviour, times) {
      const fault = faults.add(matcher, behaviour, times);
      events.notify();
      return {
        get hitCount() {
          return fault.hitCount;
        },
        get isOver() {
          return fault.isOver;
        },
        lift() {
          fault.lift();
          events.notify();
        },
      };
    },
    deliver,
    say: (text) => deliver(updates.text(text)),
    deliverOnce: (update, target) =>
      state.delivery.deliverOnce(update, { ...target, maxConnections: 1 }),
    sent: (count, chat) =>
      events.until(`${count} messages of the bot`, () => {
        const found = sentMessages(chat);
        return found.length >= count ? found : null;
      }),
    message: (wanted, fits) => events.until(wanted, () => sentMessages().find(fits)),
    nextMessage: (fits = () => true) => {
      const known = new Set(sentMessages());
      return events.until('another message of the bot', () =>
        sentMessages().find((message) => !known.has(message) && fits(message)),
      );
    },
    call: (wanted, fits) => events.until(wanted, () => state.calls.find(fits)),
    nextCall: (fits = () => true) => {
      const knownCount = state.calls.length;
      return events.until('another call', () => state.calls.slice(knownCount).find(fits));
    },
    until: (wanted, look, limitMs) => events.until(wanted, look, limitMs),
    subscribe: (changed) => events.subscribe(changed),
    async close() {
      await state.delivery.close();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      faults.liftAll();
      if (options.tolerant !== true && state.violations.length > 0) {
        throw new Error(`calls that no Bot API understands: ${state.violations.join('; ')}`);
      }
    },
  };
}
