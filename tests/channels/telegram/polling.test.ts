import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { type BotApi, createBotApi } from '../../../src/channels/telegram/client.ts';
import { parseUpdate } from '../../../src/channels/telegram/parse.ts';
import { type Polling, startPolling } from '../../../src/channels/telegram/polling.ts';
import {
  ALLOWED_UPDATES,
  ensureWebhook,
  webhookState,
} from '../../../src/channels/telegram/webhook.ts';
import { createHttpClient, type HttpClient } from '../../../src/platform/http-client.ts';
import { type BotApiStandin, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';
import type { Behaviour } from '../../../src/playground/bot-api/faults.ts';
import { testLog, type TestLog } from '../../support/log.ts';

let standin: BotApiStandin;
let http: HttpClient;
let api: BotApi;
let log: TestLog;
/** The texts that were committed, in order. */
let taken: (string | undefined)[];
const pollings: Polling[] = [];

beforeEach(async () => {
  standin = await startBotApi();
  http = createHttpClient();
  api = createBotApi({ http, root: standin.root, token: standin.token });
  log = testLog();
  taken = [];
});
afterEach(async () => {
  await Promise.all(pollings.splice(0).map((polling) => polling.stop()));
  await http.close();
  await standin.close();
});

function start(
  beforeCommit: (text: string | undefined) => void = () => undefined,
  pauseMs = 5,
): Polling {
  const polling = startPolling({
    api,
    log: log.log,
    pauseMs: () => pauseMs,
    onFetching: () => undefined,
    receive: (update) => {
      const inbound = parseUpdate({ id: '1', username: '' }, update);
      if (inbound === null) return false;
      const text = inbound.kind === 'message' ? inbound.text : undefined;
      beforeCommit(text);
      taken.push(text);
      return true;
    },
  });
  pollings.push(polling);
  return polling;
}

const polls = () => standin.calls.filter(({ method }) => method === 'getUpdates');
const askedFor = (offset: number) =>
  standin.call(`the offset ${offset}`, ({ params }) => params['offset'] === offset);
const FIRST_ID = 500_000_001;

it('takes the webhook away without dropping anything, and asks for the same updates as it did', async () => {
  standin.route('claudio.example', 'down');
  await ensureWebhook(api, { webhookUrl: 'https://claudio.example', secretToken: 'secret' });
  void standin.say('undelivered');
  const polling = start();
  await askedFor(FIRST_ID + 1);
  expect(taken).toEqual(['undelivered']);
  expect(standin.webhook).toBeNull();
  expect(polling.isFetching()).toBe(true);
  expect(polling.trouble()).toBeNull();
  const removal = standin.calls.find(({ method }) => method === 'deleteWebhook');
  expect(removal?.params).toEqual({ drop_pending_updates: false });
  expect(polls()[0]?.params).toEqual({ limit: 100, timeout: 50, allowed_updates: ALLOWED_UPDATES });
});

it('asks again, from there on, for what could not be committed, and lets nothing pass before it', async () => {
  let failureCount = 0;
  for (const text of ['one', 'two', 'three']) void standin.say(text);
  // The stand-in gives who asks for the same again within 5 ms one update alone.
  const polling = start((text) => {
    if (text !== 'two' || failureCount === 3) return;
    failureCount += 1;
    throw new Error('database is locked');
  }, 20);
  await askedFor(FIRST_ID + 3);
  expect(taken).toEqual(['one', 'two', 'three']);
  expect(log.lines.filter(({ event }) => event === 'update.not-committed')).toHaveLength(3);
  expect(polls().map(({ params }) => params['offset'])).toEqual([
    undefined,
    FIRST_ID + 1,
    FIRST_ID + 1,
    FIRST_ID + 1,
    FIRST_ID + 3,
  ]);
  expect(polling.trouble()).toBeNull();
});

it('tells what is wrong while nothing can be committed', async () => {
  void standin.say('one');
  const polling = start(() => {
    throw new Error('the disk is full');
  });
  await log.logged('telegram.not-fetched');
  expect(polling.trouble()).toMatchObject({ reason: 'the disk is full' });
  expect(polls().every(({ params }) => params['offset'] === undefined)).toBe(true);
});

it('passes over what is no update, with a line in the log', async () => {
  void standin.deliver({ ...standin.updates.text('odd'), update_id: -1 });
  void standin.say('even');
  start();
  await askedFor(FIRST_ID + 2);
  expect(taken).toEqual(['even']);
  expect(log.lines.filter(({ event }) => event === 'update.not-understood')).toHaveLength(1);
});

it('takes a hundred long messages at once, which come to more than a megabyte', async () => {
  const texts = Array.from({ length: 100 }, (_, index) => `${index} ${'€'.repeat(4000)}`);
  for (const text of texts) void standin.say(text);
  start();
  await askedFor(FIRST_ID + 100);
  expect(taken).toEqual(texts);
  expect(polls()).toHaveLength(2);
});

it('goes on after whatever goes wrong on the way, and tells of it', async () => {
  const faults: readonly [Behaviour, string][] = [
    [{ kind: 'rate-limited', retryAfterSeconds: 1 }, 'left alone'],
    [{ kind: 'html', status: 502 }, 'HTTP 502'],
    [{ kind: 'error', status: 500, description: 'Internal Server Error' }, 'Internal Server Error'],
    [{ kind: 'drop', moment: 'before' }, 'connection'],
    [{ kind: 'error', status: 401, description: 'Unauthorized' }, 'Unauthorized'],
  ];
  for (const [behaviour] of faults) standin.fault({ method: 'getUpdates' }, behaviour, 1);
  const polling = start();
  const lines = await log.logged('telegram.not-fetched', faults.length);
  for (const [index, [, reason]] of faults.entries()) {
    expect(lines[index]).toMatchObject({ reason: expect.stringContaining(reason) });
  }
  expect(lines[0]?.['retryInMs']).toBe(1000);
  await standin.say('at last');
  expect(taken).toEqual(['at last']);
  expect(polling.trouble()).toBeNull();
});

it('says what to do about a token that was revoked, and about another program with the same token', async () => {
  const revoked = standin.fault(
    { method: 'deleteWebhook' },
    { kind: 'error', status: 401, description: 'Unauthorized' },
  );
  const polling = start(undefined, 200);
  await log.logged('telegram.not-fetched');
  expect(polling.isFetching()).toBe(false);
  expect(polling.trouble()?.remedy).toContain('claudio telegram setup');
  revoked.lift();
  await standin.call('a poll that waits', ({ params }) => params['timeout'] === 50);
  expect(polling.trouble()).toBeNull();
  void api.call('getUpdates', { timeout: 50 }, z.unknown());
  await log.logged('telegram.not-fetched', 2);
  expect(polling.trouble()?.remedy).toContain('Something else uses the token');
  // And it wins the updates back.
  await standin.say('hello');
  expect(taken).toEqual(['hello']);
});

it('ends in the middle of a poll, confirms what was taken, and leaves to Telegram what came since', async () => {
  void standin.say('taken');
  const polling = start();
  await askedFor(FIRST_ID + 1);
  const startedAtMs = performance.now();
  await polling.stop();
  expect(performance.now() - startedAtMs).toBeLessThan(1000);
  const since = standin.say('since then');
  await polling.confirm(new AbortController().signal);
  const last = polls().at(-1);
  expect(last?.params).toMatchObject({ offset: FIRST_ID + 1, limit: 1, timeout: 0 });
  expect(await webhookState(api)).toMatchObject({ pendingCount: 1 });
  expect(taken).toEqual(['taken']);
  start();
  expect(await since).toMatchObject({ outcome: 'acknowledged' });
  expect(taken).toEqual(['taken', 'since then']);
});

it('confirms nothing where nothing was taken', async () => {
  const polling = start();
  await standin.until('a poll', () => polls()[0]);
  await polling.stop();
  const count = polls().length;
  await polling.confirm(new AbortController().signal);
  expect(polls()).toHaveLength(count);
});

it('loses nothing and keeps the order, whatever fails when and however often it is stopped', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('say', 'stop', 'stop and confirm', 'drop', 'refuse', 'conflict'), {
        minLength: 5,
        maxLength: 25,
      }),
      async (acts) => {
        taken = [];
        const said: string[] = [];
        let refusals = 0;
        const begin = () =>
          start(() => {
            if (refusals === 0) return;
            refusals -= 1;
            throw new Error('database is locked');
          });
        let polling = begin();
        const sent: Promise<unknown>[] = [];
        for (const act of [...acts, 'say']) {
          if (act === 'say') {
            said.push(`message ${said.length}`);
            sent.push(standin.say(said.at(-1) ?? ''));
          } else if (act === 'drop') {
            standin.fault({ method: 'getUpdates' }, { kind: 'drop', moment: 'after' }, 1);
          } else if (act === 'refuse') {
            refusals += 1;
          } else if (act === 'conflict') {
            void api.call('getUpdates', { timeout: 1 }, z.unknown());
          } else {
            await polling.stop();
            if (act === 'stop and confirm') await polling.confirm(new AbortController().signal);
            polling = begin();
          }
        }
        await Promise.all(sent);
        await polling.stop();
        await polling.confirm(new AbortController().signal);
        // What comes twice is told apart by the inbox; each comes at least once, the first time in order.
        expect([...new Set(taken)]).toEqual(said);
      },
    ),
    { numRuns: 25 },
  );
});
