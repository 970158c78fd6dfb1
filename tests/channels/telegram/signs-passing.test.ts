import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createTelegramChannel } from '../../../src/channels/telegram/channel.ts';
import { type BotApi, createBotApi } from '../../../src/channels/telegram/client.ts';
import { createMedia } from '../../../src/channels/telegram/media.ts';
import { createSigns, type TelegramSigns } from '../../../src/channels/telegram/signs.ts';
import type { ShowOutcome } from '../../../src/core/channel.ts';
import { type Conversation, conversationOf } from '../../../src/core/conversation.ts';
import { createHttpClient, type HttpClient } from '../../../src/platform/http-client.ts';
import { type BotApiStandin, OWNER, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';
import { type TestClock, testClock } from '../../support/clock.ts';

function place(chat: number, thread: number | null = null): Conversation {
  return conversationOf({
    channel: 'telegram',
    bot: '1',
    chat: String(chat),
    thread: thread === null ? null : String(thread),
  });
}

const HERE = place(OWNER.id);
const GROUP = place(-77);

let standin: BotApiStandin;
let http: HttpClient;
let api: BotApi;
let clock: TestClock;
let signs: TelegramSigns;
let logged: object[];
/** How many calls have come to their end on our side. */
let endedCount: number;
let onEnded: () => void;

beforeAll(async () => {
  // undici makes its timer at its first request and keeps it: it must be a real one.
  const first = await startBotApi();
  const client = createHttpClient();
  const once = createBotApi({ http: client, root: first.root, token: first.token });
  await once.call('getMe', {}, z.unknown());
  await client.close();
  await first.close();
});
beforeEach(async () => {
  // Only what the drafts use: the network goes on in real time.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  standin = await startBotApi();
  http = createHttpClient();
  clock = testClock();
  logged = [];
  endedCount = 0;
  onEnded = () => undefined;
  const real = createBotApi({ http, root: standin.root, token: standin.token });
  api = {
    ...real,
    async call(method, params, result, options) {
      const outcome = await real.call(method, params, result, options);
      endedCount += 1;
      onEnded();
      return outcome;
    },
  };
  signs = createSigns({
    api,
    clock,
    log: { debug: (fields: object) => void logged.push(fields) },
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await http.close();
  await standin.close();
});

function passes(ms: number): void {
  clock.advance(ms);
  vi.advanceTimersByTime(ms);
}

function show(conversation: Conversation, signal?: AbortSignal): Promise<ShowOutcome> {
  const notice = { messageId: null, markdown: 'Working', buttons: [] };
  return signs.show(conversation, notice, signal ?? new AbortController().signal);
}

/** What the drafts said. */
function drafts(): unknown[] {
  return standin.calls
    .filter(({ method }) => method === 'sendMessageDraft')
    .map(({ params }) => params['text']);
}

/** Resolves when so many calls have come to their end, on both sides of the wire. */
async function ended(count: number): Promise<void> {
  if (endedCount < count) {
    await new Promise<void>((resolve) => {
      onEnded = () => {
        if (endedCount >= count) resolve();
      };
    });
  }
  await setImmediate();
}

describe('a passing message', () => {
  it('makes no sound and previews no link', async () => {
    await show(HERE);
    expect(standin.sentMessages()).toMatchObject([{ silent: true, linksPlain: true }]);
  });

  it('comes every three seconds at most in a private chat and every ten in a group', async () => {
    await show(HERE);
    await show(GROUP);
    expect(await show(HERE)).toEqual({ kind: 'wait', retryAfterMs: 3_000 });
    passes(2_999);
    expect(await show(HERE)).toEqual({ kind: 'wait', retryAfterMs: 1 });
    passes(1);
    expect(await show(HERE)).toMatchObject({ kind: 'shown' });
    expect(await show(GROUP)).toEqual({ kind: 'wait', retryAfterMs: 7_000 });
    expect(standin.calls).toHaveLength(3);
  });

  it('that meets the flood limit keeps all signs of its chat still, but no reply', async () => {
    standin.fault({ method: 'sendMessage' }, { kind: 'rate-limited', retryAfterSeconds: 30 }, 1);
    expect(await show(HERE)).toEqual({ kind: 'wait', retryAfterMs: 30_000 });
    signs.working(HERE)();
    signs.seen(HERE, '1');
    signs.draft(HERE, 5, 'The');
    expect(await show(HERE)).toEqual({ kind: 'wait', retryAfterMs: 30_000 });
    expect(standin.calls).toHaveLength(1);
    expect(await show(GROUP)).toMatchObject({ kind: 'shown' });
    const channel = createTelegramChannel({ api, signs, fetch: createMedia({ api }) });
    const [part] = channel.render({ markdown: 'x', replyTo: null, buttons: [] });
    expect(await channel.send(HERE, part ?? {})).toMatchObject({ kind: 'sent' });
    passes(29_000);
    expect(await show(HERE)).toEqual({ kind: 'wait', retryAfterMs: 1_000 });
    expect(logged).toHaveLength(1);
  });

  it('takes from what the signs of all chats share', async () => {
    for (let chat = 2_000; chat < 2_015; chat += 1) {
      expect(await show(place(chat))).toMatchObject({ kind: 'shown' });
    }
    expect(await show(HERE)).toEqual({ kind: 'wait', retryAfterMs: 100 });
    signs.seen(HERE, '1');
    expect(standin.calls).toHaveLength(15);
    passes(100);
    expect(await show(HERE)).toMatchObject({ kind: 'shown' });
  });

  it('waits where a reply met the flood limit', async () => {
    signs.pause(HERE.destination, 20_000);
    expect(await show(HERE)).toEqual({ kind: 'wait', retryAfterMs: 20_000 });
    expect(standin.calls).toEqual([]);
  });

  it('ends with its signal', async () => {
    standin.fault({}, { kind: 'hang', moment: 'before' });
    const controller = new AbortController();
    const outcome = show(HERE, controller.signal);
    await standin.call('the message', () => true);
    controller.abort();
    expect(await outcome).toEqual({ kind: 'failed' });
    expect(logged).toEqual([]);
  });

  it('arrives without its formatting where the API refuses that', async () => {
    standin.fault({}, { kind: 'refuse-markup' });
    const notice = { messageId: null, markdown: '**Working**', buttons: [] };
    const { signal } = new AbortController();
    expect(await signs.show(HERE, notice, signal)).toMatchObject({ kind: 'shown' });
    expect(standin.sentMessages()).toMatchObject([{ text: 'Working', entities: [] }]);
  });
});

describe('a draft', () => {
  it('shows what there is of an answer, formatted', async () => {
    signs.draft(HERE, 5, 'Some **bold**');
    await ended(1);
    expect(standin.calls).toMatchObject([
      { status: 200, params: { draft_id: 5, text: 'Some bold', entities: [{ type: 'bold' }] } },
    ]);
  });

  it('comes every two seconds at most, and the newest always comes', async () => {
    for (let index = 0; index < 50; index += 1) signs.draft(HERE, 5, `text ${index}`);
    await ended(1);
    expect(drafts()).toEqual(['text 0']);
    passes(1_999);
    expect(drafts()).toEqual(['text 0']);
    passes(1);
    await ended(2);
    expect(drafts()).toEqual(['text 0', 'text 49']);
    passes(10_000);
    expect(drafts()).toHaveLength(2);
  });

  it('is for private chats alone', () => {
    signs.draft(GROUP, 5, 'x');
    expect(standin.calls).toEqual([]);
    expect(endedCount).toBe(0);
  });

  it('takes turns among the topics of a chat', async () => {
    standin.addTopic(OWNER.id, 1);
    standin.addTopic(OWNER.id, 2);
    const topics = [place(OWNER.id, 1), place(OWNER.id, 2)] as const;
    for (const round of ['a', 'b', 'c']) {
      for (const [index, topic] of topics.entries()) signs.draft(topic, 5, `${round}${index + 1}`);
    }
    for (const count of [1, 2, 3]) {
      await ended(count);
      passes(2_000);
    }
    expect(drafts()).toEqual(['a1', 'c2', 'c1']);
  });

  it('that waits is not shown behind the answer itself', async () => {
    signs.draft(HERE, 5, 'The');
    await ended(1);
    signs.draft(HERE, 5, 'The answer');
    const channel = createTelegramChannel({ api, signs, fetch: createMedia({ api }) });
    const [part] = channel.render({ markdown: 'The answer.', replyTo: null, buttons: [] });
    await channel.send(HERE, part ?? {});
    passes(60_000);
    await ended(2);
    expect(standin.calls.map(({ method }) => method)).toEqual(['sendMessageDraft', 'sendMessage']);
  });

  it('of a long answer shows its end', async () => {
    signs.draft(HERE, 5, `${'word '.repeat(5_000)}the end`);
    await ended(1);
    expect(drafts()).toEqual([expect.stringMatching(/^…word .*the end$/)]);
  });

  it('is not sent again as long as it says the same and can be seen', async () => {
    signs.draft(HERE, 5, 'The answer');
    await ended(1);
    passes(10_000);
    signs.draft(HERE, 5, 'The answer\n');
    expect(endedCount + standin.calls.length).toBe(2);
    signs.draft(HERE, 6, 'The answer');
    await ended(2);
    passes(30_001);
    signs.draft(HERE, 6, 'The answer');
    await ended(3);
    expect(drafts()).toEqual(['The answer', 'The answer', 'The answer']);
  });

  it('that failed is sent again with the same words', async () => {
    standin.fault({}, { kind: 'html', status: 502 }, 1);
    for (const count of [1, 2]) {
      signs.draft(HERE, 5, 'The answer');
      await ended(count);
      passes(2_000);
    }
    expect(drafts()).toHaveLength(2);
  });

  it('that met the flood limit waits for so long, and is dropped when it has grown old', async () => {
    standin.fault({}, { kind: 'rate-limited', retryAfterSeconds: 40 }, 1);
    signs.draft(HERE, 5, 'one');
    await ended(1);
    signs.draft(HERE, 5, 'two');
    passes(40_000);
    expect(drafts()).toEqual(['one']);
    signs.draft(HERE, 5, 'three');
    await ended(2);
    expect(drafts()).toEqual(['one', 'three']);
    expect(logged).toMatchObject([{ sign: 'draft' }]);
  });
});
