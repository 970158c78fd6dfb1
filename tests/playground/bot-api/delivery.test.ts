import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BotApiStandin, OWNER, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';

const GROUP = { id: -1_001, type: 'supergroup', title: 'Group' } as const;

/** A webhook that answers what it is told to, and otherwise 200. */
interface Receiver {
  readonly url: string;
  readonly received: { readonly update: unknown; readonly headers: IncomingHttpHeaders }[];
  readonly answers: { status: number; retryAfter?: string; until?: Promise<void> }[];
  close(): Promise<void>;
}

async function startReceiver(): Promise<Receiver> {
  const received: Receiver['received'] = [];
  const answers: Receiver['answers'] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      received.push({ update: JSON.parse(body), headers: request.headers });
      const { status, retryAfter, until } = answers.shift() ?? { status: 200 };
      const answer = async (): Promise<void> => {
        await until;
        response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
        response.end();
      };
      void answer();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    received,
    answers,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

let api: BotApiStandin;
let receiver: Receiver;

beforeEach(async () => {
  api = await startBotApi();
  receiver = await startReceiver();
});
afterEach(async () => {
  await api.close();
  await receiver.close();
});

async function register(params: object = {}): Promise<void> {
  await fetch(`${api.root}/bot${api.token}/setWebhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: receiver.url, secret_token: 'secret', ...params }),
  });
}

const texts = (): unknown[] =>
  receiver.received.map(
    ({ update }) => (update as { message?: { text?: string } }).message?.text ?? 'a press',
  );

it('delivers to the registered webhook with its secret', async () => {
  await register();
  expect(await api.say('/start now')).toMatchObject({ outcome: 'acknowledged' });
  expect(receiver.received).toMatchObject([
    {
      headers: { 'x-telegram-bot-api-secret-token': 'secret' },
      update: {
        update_id: 500_000_001,
        message: {
          message_id: 1,
          from: { id: OWNER.id },
          chat: { id: OWNER.id, type: 'private' },
          text: '/start now',
          entities: [{ type: 'bot_command', offset: 0, length: 6 }],
        },
      },
    },
  ]);
});

it('keeps what comes before there is a webhook, and delivers it then', async () => {
  const delivered = api.say('early');
  await register();
  expect(await delivered).toMatchObject({ outcome: 'acknowledged' });
  expect(texts()).toEqual(['early']);
});

it('tries again until a 2xx, and holds the next message of the chat back meanwhile', async () => {
  await register();
  receiver.answers.push({ status: 503 }, { status: 500 }, { status: 429, retryAfter: '1' });
  const [first, second] = await Promise.all([api.say('one'), api.say('two')]);
  expect(first.attempts.map(({ status }) => status)).toEqual([503, 500, 429, 200]);
  expect(second.attempts).toHaveLength(1);
  expect(texts()).toEqual(['one', 'one', 'one', 'one', 'two']);
});

it('delivers one after another when each waits for the one before', async () => {
  await register();
  for (let index = 0; index < 20; index += 1) await api.say(String(index));
  expect(texts()).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
});

it('has one update under way a chat, and lets other chats and presses pass', async () => {
  await register();
  const gate = Promise.withResolvers<void>();
  receiver.answers.push({ status: 200, until: gate.promise });
  const held = api.say('held');
  const behind = api.say('behind');
  await api.deliver(api.updates.text('elsewhere', { chat: GROUP }));
  expect(texts()).toEqual(['held', 'elsewhere']);
  gate.resolve();
  await Promise.all([held, behind]);
  expect(texts()).toEqual(['held', 'elsewhere', 'behind']);
});

it('delivers only the kinds of update that are allowed', async () => {
  await register({ allowed_updates: ['message'] });
  const original = api.updates.text('first');
  await api.deliver(original);
  const [message] = api.messages();
  if (message === undefined) throw new Error('no message');
  const edited = await api.deliver(api.updates.edited(message, 'second'));
  expect(edited.outcome).toBe('unwanted');
  expect(texts()).toEqual(['first']);
});

it('delivers reactions only where they were asked for by name', async () => {
  await register();
  await api.say('first');
  const [message] = api.messages();
  if (message === undefined) throw new Error('no message');
  const reacted = (): ReturnType<BotApiStandin['deliver']> =>
    api.deliver(api.updates.reaction(message, ['👍']));
  expect(await reacted()).toMatchObject({ outcome: 'unwanted' });
  await register({ allowed_updates: ['message', 'message_reaction'] });
  expect(await reacted()).toMatchObject({ outcome: 'acknowledged' });
});

it('tells of failed deliveries in getWebhookInfo', async () => {
  await register();
  receiver.answers.push({ status: 502 });
  await api.say('x');
  const info = await fetch(`${api.root}/bot${api.token}/getWebhookInfo`);
  expect(await info.json()).toMatchObject({
    result: {
      pending_update_count: 0,
      last_error_message: 'Wrong response from the webhook: 502',
    },
  });
});
