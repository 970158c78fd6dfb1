import { onTestFinished } from 'vitest';
import { createPressHandler } from '../../src/commands/presses.ts';
import { createActs } from '../../src/console/acts.ts';
import type { NewMessage } from '../../src/inbox/messages.ts';
import { createGate } from '../../src/policy/gate.ts';
import { createLimits, type LimitSettings } from '../../src/policy/limits.ts';
import { defaultPolicy } from '../../src/policy/policy-file.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import type { deliveries } from '../../drizzle/schema.ts';
import * as schema from '../../drizzle/schema.ts';
import { conversation } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

/** All that the first page of the console is made from, on a real database. */
export function nowWorld(
  options: Parameters<typeof turnWorld>[0] & { readonly limits?: LimitSettings } = {},
) {
  const world = turnWorld(options);
  const { database, clock, queue, records, questions, conversations, audit } = world;
  const limits = createLimits(database, clock, options.limits ?? {});
  const policy = { current: () => defaultPolicy('permissive') };
  const log = { debug: () => undefined };
  const gate = createGate({ database, limits, policy, audit, clock, log });
  let wakeCount = 0;
  const acts = createActs({ ...world, gate, wake: () => void (wakeCount += 1) });
  const press = createPressHandler({ ...world, gate });

  /** Has the next turn that may run begin. */
  const begin = () => {
    const turn = queue.claim('boot');
    if (turn === null) throw new Error('nothing to run');
    const { turnId, conversationId, messageId } = turn;
    return {
      turnId,
      uses: (tool: string, summary: string) => {
        clock.advance(1);
        const use = { id: 'x', tool, summary, inputDigest: '' };
        records.toolUsed(turnId, turn.attempt, use);
      },
      asks: (text: string, labels: readonly string[] = []) =>
        questions.ask(
          { turnId, messageId, conversation: conversations.get(conversationId) },
          text,
          labels,
        ),
      end: (status: 'done' | 'interrupted' | 'cancelled', costUsd = 0) => {
        const usage = { ...NO_USAGE, costUsd };
        records.ended(turn, { status, usage, model: 'haiku', failure: null, text: 'So it ended.' });
      },
    };
  };

  return {
    ...world,
    gate,
    acts,
    wakeCount: () => wakeCount,
    begin,
    /** Takes a message in and has its turn begin. */
    run: (text: string, chat?: string) => {
      world.arrive(text, chat);
      return begin();
    },
    /** Has a message with its turn come that is not the usual one. */
    ask: (message: Partial<Omit<NewMessage, 'conversation'>> & { readonly text: string }): void => {
      conversations.ensure(conversation());
      const usual = { sender: { id: '42', name: 'Owner' }, messageId: null };
      const rest = { albumId: null, quote: null, forwardedFrom: null };
      const asked = {
        conversation: conversation(),
        ...usual,
        ...rest,
        ...message,
        messageId: null,
      };
      queue.enqueue(asked, 'haiku');
    },
    /** Puts a part into the outbox as it is. Returns its id. */
    part: (row: Partial<typeof deliveries.$inferInsert>, chat?: string): number => {
      const { id: conversationId, destination } = conversation(chat);
      conversations.ensure(conversation(chat));
      const now = clock.now();
      const usual = { part: { text: 'words' }, status: 'failed', endedAtMs: now } as const;
      return database.orm
        .insert(schema.deliveries)
        .values({ conversationId, destination, dueAtMs: now, createdAtMs: now, ...usual, ...row })
        .returning({ id: schema.deliveries.id })
        .get().id;
    },
    /** What a press on a button in the chat is answered with. */
    press: (data: string, chat?: string) =>
      press({
        kind: 'press',
        updateId: 1,
        conversation: conversation(chat),
        sender: { id: '42', name: 'Owner' },
        messageId: '7',
        messageText: 'I was interrupted.',
        data,
        pressId: 'p',
      }),
    statuses: () =>
      database.orm.query.turns
        .findMany()
        .sync()
        .map(({ status }) => status),
    parts: () =>
      database.orm.query.deliveries
        .findMany()
        .sync()
        .map(({ part }) => part),
    /** The entries in the audit log about what was done in the console. */
    audited: () =>
      database.orm.query.audit
        .findMany()
        .sync()
        .filter(({ event }) => event.startsWith('console.')),
  };
}

/** A server-sent event of a stream of patches. */
export interface SentEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Reads a stream of server-sent events, one at a time; cancelled when the test has ended. */
export function readEvents(response: Response): {
  /** Resolves with the next event that fits; passes over the others. */
  next(fits?: (event: SentEvent) => boolean): Promise<SentEvent>;
  readonly seen: readonly SentEvent[];
  /** Goes away, as a browser does whose page is closed. */
  leave(): Promise<void>;
} {
  if (response.body === null) throw new Error('no stream');
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const seen: SentEvent[] = [];
  const waiting: SentEvent[] = [];
  let text = '';
  const leave = () => reader.cancel();
  onTestFinished(() => leave().catch(() => undefined));

  const read = async (): Promise<void> => {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended after ${JSON.stringify(seen)}`);
    const blocks = (text + value).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event] = /^event: (.*)$/mu.exec(block) ?? [];
      const [, data] = /^data: (.*)$/mu.exec(block) ?? [];
      if (event !== undefined && data !== undefined) {
        waiting.push({ event, data: JSON.parse(data) as unknown });
      }
    }
  };

  return {
    seen,
    leave,
    next: async (fits = () => true) => {
      for (;;) {
        const event = waiting.shift();
        if (event === undefined) await read();
        else {
          seen.push(event);
          if (fits(event)) return event;
        }
      }
    },
  };
}

/** Whether an event brings the element with this id, with these words in it. */
export function patches(id: string, words = ''): (event: SentEvent) => boolean {
  return ({ event, data }) =>
    event === 'patch' &&
    typeof data === 'object' &&
    data !== null &&
    'id' in data &&
    data.id === id &&
    'html' in data &&
    typeof data.html === 'string' &&
    data.html.includes(words);
}
