import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BotApi, createBotApi } from '../../../src/channels/telegram/client.ts';
import { sentMessageSchema } from '../../../src/channels/telegram/schema.ts';
import { createSigns, type TelegramSigns } from '../../../src/channels/telegram/signs.ts';
import { type Conversation, conversationOf } from '../../../src/core/conversation.ts';
import { createHttpClient, type HttpClient } from '../../../src/platform/http-client.ts';
import { type BotApiStandin, OWNER, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';

const SECOND_MS = 1_000;
const TICK_MS = 4_000;

function place(chat: number, thread: number | null = null): Conversation {
  return conversationOf({
    channel: 'telegram',
    bot: '1',
    chat: String(chat),
    thread: thread === null ? null : String(thread),
  });
}

const HERE = place(OWNER.id);

let standin: BotApiStandin;
let http: HttpClient;
let api: BotApi;
let signs: TelegramSigns;
let logged: object[];
/** Calls of which the adapter has the outcome, and who waits for how many of them. */
let settledCount: number;
let waiting: { count: number; resolve: () => void }[];

function onSettled(): void {
  settledCount += 1;
  for (const { count, resolve } of waiting) if (settledCount >= count) resolve();
}

/** Resolves when so many calls have come to their end, on both sides of the wire. */
async function settled(count: number): Promise<void> {
  if (settledCount < count) {
    await new Promise<void>((resolve) => waiting.push({ count, resolve }));
  }
  await setImmediate();
}

/** Lets time pass in ticks and each call of a tick come to its end. */
async function pass(durationMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += TICK_MS) {
    vi.advanceTimersByTime(Math.min(TICK_MS, durationMs - passedMs));
    await settled(startedCount);
  }
}

let startedCount: number;

beforeEach(async () => {
  // Only what the signs use: the network goes on in real time.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  standin = await startBotApi();
  http = createHttpClient();
  settledCount = 0;
  startedCount = 0;
  waiting = [];
  logged = [];
  api = createBotApi({ http, root: standin.root, token: standin.token });
  const watched: BotApi = {
    ...api,
    async call(method, params, result, options) {
      startedCount += 1;
      const outcome = await api.call(method, params, result, options);
      onSettled();
      return outcome;
    },
  };
  signs = createSigns({
    api: watched,
    clock: { now: () => Date.now(), elapsed: () => Date.now() },
    log: { debug: (fields: object, event?: string) => void logged.push({ event, ...fields }) },
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await http.close();
  await standin.close();
});

const typing = (thread: number | null = null): number =>
  standin.chatActions.filter((action) => action.thread === thread).length;

describe('the typing sign', () => {
  it('never vanishes during long work and goes when the answer is there', async () => {
    const startedAtMs = Date.now();
    const stop = signs.working(HERE);
    await settled(1);
    await pass(10 * 60 * SECOND_MS);
    const atMs = standin.chatActions.map((action) => action.atMs);
    const gapsMs = atMs.map((at, index) => at - (atMs[index - 1] ?? startedAtMs));
    expect(atMs).toHaveLength(151);
    expect(Math.max(...gapsMs)).toBeLessThan(5 * SECOND_MS);

    stop();
    stop();
    await pass(60 * SECOND_MS);
    expect(typing()).toBe(151);
  });

  it('is taken back where it is still on its way when the work ends', async () => {
    standin.fault({ method: 'sendChatAction' }, { kind: 'hang', moment: 'before' });
    const stop = signs.working(HERE);
    await standin.call('a chat action', ({ method }) => method === 'sendChatAction');
    expect(settledCount).toBe(0);
    stop();
    await settled(1);
    expect(logged).toEqual([]);
  });

  it('outlives failures', async () => {
    standin.fault({}, { kind: 'html', status: 502 }, 2);
    const stop = signs.working(HERE);
    await settled(1);
    await pass(3 * TICK_MS);
    expect(typing()).toBe(2);
    expect(logged).toHaveLength(2);
    stop();
  });

  it('is one for a conversation however many turns there are, until the last has ended', async () => {
    const stops = [signs.working(HERE), signs.working(HERE)];
    await settled(1);
    await pass(TICK_MS);
    stops[0]?.();
    await pass(TICK_MS);
    expect(typing()).toBe(3);
    stops[1]?.();
    await pass(10 * TICK_MS);
    expect(typing()).toBe(3);
  });

  it('takes turns among the topics of a chat when they are many', async () => {
    const threads = [1, 2, 3, 4, 5, 6];
    for (const thread of threads) standin.addTopic(OWNER.id, thread);
    const stops = threads.map((thread) => signs.working(place(OWNER.id, thread)));
    await settled(startedCount);
    await pass(120 * SECOND_MS);
    const counts = threads.map(typing);
    expect(standin.chatActions.length).toBeLessThanOrEqual(4 + 120 / 3);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(6);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    for (const stop of stops) stop();
  });
});

describe('a cosmetic call that meets the flood limit', () => {
  it('never delays a reply', async () => {
    standin.fault({ method: 'sendChatAction' }, { kind: 'rate-limited', retryAfterSeconds: 30 }, 1);
    const stop = signs.working(HERE);
    await settled(1);
    const reply = { chat_id: OWNER.id, text: 'The answer' };
    expect(await api.call('sendMessage', reply, sentMessageSchema)).toMatchObject({ kind: 'ok' });
    await pass(28 * SECOND_MS);
    expect(startedCount).toBe(1);
    await pass(8 * SECOND_MS);
    expect(typing()).toBeGreaterThan(0);
    stop();
  });

  it('keeps the signs of that chat still, and of no other', async () => {
    signs.pause(HERE.destination, 30 * SECOND_MS);
    const elsewhere = place(1_002);
    const stops = [signs.working(HERE), signs.working(elsewhere)];
    await settled(1);
    expect(standin.chatActions.map(({ chat }) => chat)).toEqual([1_002]);
    for (const stop of stops) stop();
  });

  it('is rare: a storm of messages makes no storm of signs', async () => {
    for (let index = 0; index < 100; index += 1) {
      standin.updates.text('x');
      signs.seen(HERE, String(index + 1));
    }
    await settled(startedCount);
    expect(startedCount).toBe(6);
    for (let chat = 2_000; chat < 2_100; chat += 1) signs.working(place(chat))();
    await settled(startedCount);
    expect(startedCount).toBe(15);
  });
});

it('shows that a message was seen', async () => {
  standin.updates.text('hello');
  signs.seen(HERE, '1');
  await settled(1);
  expect(standin.messages()).toMatchObject([{ reaction: ['👀'] }]);
});

it('answers a press past every budget, in at most 200 characters', async () => {
  for (let count = 0; count < 10; count += 1) signs.working(HERE)();
  signs.pause(HERE.destination, 60 * SECOND_MS);
  const sent = {
    chat_id: OWNER.id,
    text: 'Which one?',
    reply_markup: { inline_keyboard: [[{ text: 'This', callback_data: 'this:1' }]] },
  };
  await api.call('sendMessage', sent, sentMessageSchema);
  const [message] = await standin.sent(1);
  if (message === undefined) throw new Error('nothing sent');
  const press = standin.updates.press(message, 'This').callback_query;
  if (press === undefined) throw new Error('no press');

  const before = startedCount;
  signs.pressed(press.id, `${'x'.repeat(199)}🙂`);
  signs.pressed(press.id, '');
  await settled(before + 2);
  const answers = standin.presses.get(press.id)?.answers.map(({ text }) => text);
  expect(new Set(answers)).toEqual(new Set(['x'.repeat(199), null]));
});

it('says at debug what went wrong, and nothing else happens', async () => {
  await standin.close();
  signs.seen(HERE, '1');
  signs.pressed('1', 'x');
  const stop = signs.working(HERE);
  await settled(3);
  stop();
  expect(logged).toHaveLength(3);
  expect(logged[0]).toMatchObject({
    event: 'telegram.sign-failed',
    sign: 'seen',
    destination: HERE.destination,
    outcome: { kind: 'unreachable', reason: 'connection refused' },
  });
  standin = await startBotApi();
});
