import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BotApi, createBotApi } from '../../../src/channels/telegram/client.ts';
import {
  ensureWebhook,
  getMe,
  registerCommands,
  webhookAddress,
  webhookState,
} from '../../../src/channels/telegram/webhook.ts';
import { createHttpClient, type HttpClient } from '../../../src/platform/http-client.ts';
import { type BotApiStandin, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';

const PLACE = { webhookUrl: 'https://claudio.example/', secretToken: 'a-secret' };
let standin: BotApiStandin;
let http: HttpClient;
let api: BotApi;

beforeEach(async () => {
  standin = await startBotApi();
  http = createHttpClient();
  api = createBotApi({ http, root: standin.root, token: standin.token });
});
afterEach(async () => {
  await http.close();
  await standin.close();
});

it('puts the path behind the address, with or without a slash', () => {
  expect(webhookAddress('https://a.example')).toBe('https://a.example/telegram/webhook');
  expect(webhookAddress('https://a.example/')).toBe('https://a.example/telegram/webhook');
});

it('registers the webhook once and finds it unchanged after that', async () => {
  expect(await ensureWebhook(api, PLACE)).toEqual({
    kind: 'registered',
    url: 'https://claudio.example/telegram/webhook',
    pendingCount: 0,
    lastError: null,
  });
  expect(standin.webhook).toEqual({
    url: 'https://claudio.example/telegram/webhook',
    secretToken: 'a-secret',
    maxConnections: 10,
  });
  expect(await ensureWebhook(api, PLACE)).toMatchObject({ kind: 'unchanged' });
  expect(await ensureWebhook(api, { ...PLACE, secretToken: 'another' })).toMatchObject({
    kind: 'registered',
  });
});

it('keeps the backlog: a message sent while the service was down is not thrown away', async () => {
  void standin.say('sent while nobody was there');
  expect(await ensureWebhook(api, PLACE)).toMatchObject({ kind: 'registered', pendingCount: 1 });
  const calls = standin.calls.filter(({ method }) => method === 'setWebhook');
  expect(calls).toHaveLength(1);
  expect(calls[0]?.params).not.toHaveProperty('drop_pending_updates');
});

it('asks for messages, edits, reactions and presses and for nothing else', async () => {
  await ensureWebhook(api, PLACE);
  const call = standin.calls.find(({ method }) => method === 'setWebhook');
  expect(call?.params['allowed_updates']).toEqual([
    'message',
    'edited_message',
    'message_reaction',
    'callback_query',
  ]);
});

it('tells how things stand', async () => {
  expect(await webhookState(api)).toMatchObject({ kind: 'state', url: '', lastError: null });
  const target = { url: 'http://127.0.0.1:9/', secretToken: null, maxConnections: 1 };
  void standin.deliver(standin.updates.text('x'), target);
  await standin.until('a failed delivery', () => standin.deliveries[0]);
  await ensureWebhook(api, PLACE);
  expect(await webhookState(api)).toMatchObject({
    pendingCount: 1,
    lastError: { message: 'Connection refused' },
  });
});

it('hands back why it did not work', async () => {
  standin.fault({ method: 'setWebhook' }, { kind: 'rate-limited', retryAfterSeconds: 1 }, 1);
  expect(await ensureWebhook(api, PLACE)).toEqual({ kind: 'rate-limited', retryAfterMs: 1_000 });
  expect(await ensureWebhook(api, { ...PLACE, secretToken: 'not allowed' })).toMatchObject({
    kind: 'rejected',
    reason: 'Bad Request: secret token contains unallowed characters',
  });
});

it('registers commands and knows who the bot is', async () => {
  const commands = [{ name: 'status', description: 'What is going on' }];
  expect(await registerCommands(api, commands)).toEqual({ kind: 'registered' });
  expect(standin.commands).toEqual([{ command: 'status', description: 'What is going on' }]);
  expect(await getMe(api)).toEqual({
    kind: 'bot',
    id: '1',
    username: 'claudio_test_bot',
  });
});
