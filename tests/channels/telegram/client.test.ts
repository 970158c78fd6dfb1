import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type BotApi, createBotApi } from '../../../src/channels/telegram/client.ts';
import { botSchema, doneSchema, sentMessageSchema } from '../../../src/channels/telegram/schema.ts';
import { createHttpClient, type HttpClient } from '../../../src/platform/http-client.ts';
import { type BotApiStandin, OWNER, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';

const TOKEN = '1:test-token';
let standin: BotApiStandin;
let http: HttpClient;
let api: BotApi;

beforeEach(async () => {
  standin = await startBotApi({ token: TOKEN });
  http = createHttpClient();
  api = createBotApi({ http, root: standin.root, token: TOKEN });
});
afterEach(async () => {
  await http.close();
  await standin.close();
});

const send = (
  options: { signal?: AbortSignal; timeoutMs?: number } = {},
): ReturnType<BotApi['call']> =>
  api.call('sendMessage', { chat_id: OWNER.id, text: 'hello' }, sentMessageSchema, options);

it('gives the result in the form that was asked for', async () => {
  expect(await api.call('getMe', {}, botSchema)).toEqual({
    kind: 'ok',
    result: { id: '1', username: 'claudio_test_bot' },
    description: null,
  });
});

it('takes a root with a slash at its end', async () => {
  const slashed = createBotApi({ http, root: `${standin.root}/`, token: TOKEN });
  expect(await slashed.call('getMe', {}, botSchema)).toMatchObject({ kind: 'ok' });
});

it('uploads files', async () => {
  const file = new File(['# Answer'], 'answer.md');
  await api.call(
    'sendDocument',
    {
      chat_id: String(OWNER.id),
      document: file,
      reply_parameters: { message_id: 5, allow_sending_without_reply: true },
    },
    doneSchema,
  );
  const [message] = standin.sentMessages();
  expect(message?.document?.fileName).toBe('answer.md');
  expect(message?.document?.content.toString()).toBe('# Answer');
});

describe('what Telegram refuses', () => {
  it('is rejected with its own words', async () => {
    const outcome = await api.call('sendMessage', { chat_id: OWNER.id, text: '' }, doneSchema);
    expect(outcome).toEqual({
      kind: 'rejected',
      status: 400,
      movedTo: null,
      reason: 'Bad Request: message text is empty',
    });
    standin.fault({}, { kind: 'blocked' }, 1);
    expect(await send()).toMatchObject({ kind: 'rejected', status: 403 });
  });

  it('is rejected when the token is wrong', async () => {
    const stranger = createBotApi({ http, root: standin.root, token: '2:test-token' });
    expect(await stranger.call('getMe', {}, botSchema)).toEqual({
      kind: 'rejected',
      status: 401,
      movedTo: null,
      reason: 'Unauthorized',
    });
  });

  it('is rejected where a gateway finds it too large, in its own words', async () => {
    standin.fault({}, { kind: 'html', status: 413 });
    expect(await send()).toMatchObject({ kind: 'rejected', status: 413 });
  });

  it('is a limit when it says so, in milliseconds', async () => {
    standin.fault({}, { kind: 'rate-limited', retryAfterSeconds: 17 }, 1);
    expect(await send()).toEqual({ kind: 'rate-limited', retryAfterMs: 17_000 });
    standin.fault({}, { kind: 'rate-limited', retryAfterSeconds: null }, 1);
    expect(await send()).toEqual({ kind: 'rate-limited', retryAfterMs: 5_000 });
    standin.fault({}, { kind: 'html', status: 429 }, 1);
    expect(await send()).toEqual({ kind: 'rate-limited', retryAfterMs: 5_000 });
  });
});

describe('what may work later', () => {
  it.each([
    [
      'a 500',
      { kind: 'error', status: 500, description: 'Internal Server Error' },
      'Internal',
      true,
    ],
    [
      'a 409',
      { kind: 'error', status: 409, description: 'Conflict: terminated' },
      'Conflict',
      true,
    ],
    ['a page of a gateway', { kind: 'html', status: 502 }, 'HTTP 502', true],
    ['a page with a 403', { kind: 'html', status: 403 }, 'HTTP 403', true],
    ['a connection that breaks', { kind: 'drop', moment: 'before' }, 'connection', false],
    ['a connection that breaks too late', { kind: 'drop', moment: 'after' }, 'connection', false],
    [
      'a body without end',
      { kind: 'huge', bodyBytes: 3_000_000 },
      'larger than 1048576 bytes',
      false,
    ],
  ] as const)('%s is unreachable', async (_, behaviour, reason, wasAnswered) => {
    standin.fault({}, behaviour);
    expect(await send()).toEqual({
      kind: 'unreachable',
      reason: expect.stringContaining(reason) as string,
      ...(wasAnswered ? { wasAnswered } : {}),
    });
  });

  it('no answer in time is unreachable', async () => {
    standin.fault({}, { kind: 'hang', moment: 'before' });
    expect(await send({ timeoutMs: 50 })).toEqual({
      kind: 'unreachable',
      reason: 'no answer within 50 ms',
    });
  });

  it('an aborted call is unreachable', async () => {
    standin.fault({}, { kind: 'hang', moment: 'after' });
    const controller = new AbortController();
    const outcome = send({ signal: controller.signal });
    await standin.call('the call', () => true);
    controller.abort();
    expect(await outcome).toEqual({ kind: 'unreachable', reason: 'aborted' });
  });

  it('nobody there is unreachable', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    await new Promise((resolve) => server.close(resolve));
    const root = `http://127.0.0.1:${address.port}`;
    const nowhere = createBotApi({ http, root, token: TOKEN });
    expect(await nowhere.call('getMe', {}, botSchema)).toEqual({
      kind: 'unreachable',
      reason: 'connection refused',
    });
  });

  it('a result of another shape is unreachable, but a message that went out is out', async () => {
    const shape = z.object({ nothing: z.literal('like this') });
    expect(await api.call('getMe', {}, shape)).toMatchObject({ kind: 'unreachable' });
    standin.fault({}, { kind: 'huge', bodyBytes: 10 });
    expect(await send()).toMatchObject({ kind: 'ok', result: null });
  });
});

it("never says the bot's token, whatever goes wrong", async () => {
  const reasons: string[] = [];
  for (const behaviour of [
    { kind: 'error', status: 400, description: `Bad Request: ${TOKEN} is wrong` },
    { kind: 'error', status: 500, description: `Internal: /bot${TOKEN}/sendMessage` },
    { kind: 'html', status: 502 },
    { kind: 'drop', moment: 'before' },
  ] as const) {
    standin.fault({}, behaviour, 1);
    reasons.push(JSON.stringify(await send()));
  }
  const invalid = createBotApi({ http, root: 'http://no host', token: TOKEN });
  reasons.push(JSON.stringify(await invalid.call('getMe', {}, botSchema)));
  const unknown = createBotApi({ http, root: 'http://host.invalid', token: TOKEN });
  reasons.push(JSON.stringify(await unknown.call('getMe', {}, botSchema)));
  const how = { signal: new AbortController().signal, timeoutMs: 5_000, maxBytes: 10 };
  for (const reached of [invalid, unknown, api]) {
    reasons.push(JSON.stringify(await reached.download(`documents/${TOKEN}?#\ud800`, how)));
  }

  expect(reasons).toHaveLength(9);
  for (const reason of reasons) {
    expect(reason).toMatch(/"reason":".+"/);
    expect(reason).not.toContain('test-token');
  }
});
