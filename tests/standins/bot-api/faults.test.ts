import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BotApiStandin, OWNER, startBotApi } from './bot-api.ts';

let api: BotApiStandin;

beforeEach(async () => {
  api = await startBotApi();
});
afterEach(() => api.close());

/** The status of a message that is sent; null when the connection broke. */
async function send(text: string, chat = OWNER.id): Promise<number | null> {
  const params = new URLSearchParams({ chat_id: String(chat), text });
  const url = `${api.root}/bot${api.token}/sendMessage?${params.toString()}`;
  return fetch(url).then(
    ({ status }) => status,
    () => null,
  );
}

const texts = (): string[] => api.sentMessages().map(({ text }) => text);

it('meets as many calls as it was made for, of the method and the chat that it names', async () => {
  const fault = api.fault({ method: 'sendMessage', chat: 7 }, { kind: 'blocked' }, 2);
  expect([await send('a', 7), await send('b'), await send('c', 7), await send('d', 7)]).toEqual([
    403, 200, 403, 200,
  ]);
  expect(fault.hitCount).toBe(2);
  expect(texts()).toEqual(['b', 'd']);
});

it('breaks the connection before or after the call took effect', async () => {
  api.fault({}, { kind: 'drop', moment: 'before' }, 1);
  expect(await send('lost')).toBeNull();
  api.fault({}, { kind: 'drop', moment: 'after' }, 1);
  expect(await send('taken')).toBeNull();
  expect(texts()).toEqual(['taken']);
  expect(api.calls.map(({ status }) => status)).toEqual([null, null]);
});

it('holds a call before or after it took effect until the fault is lifted', async () => {
  const before = api.fault({}, { kind: 'hang', moment: 'before' }, 1);
  const first = send('first');
  await api.call('the first call', () => true);
  expect(texts()).toEqual([]);
  before.lift();
  expect(await first).toBe(200);

  const after = api.fault({}, { kind: 'hang', moment: 'after' }, 1);
  const next = api.nextMessage();
  const second = send('second');
  expect((await next).text).toBe('second');
  expect(api.calls.at(-1)?.status).toBeNull();
  after.lift();
  expect(await second).toBe(200);
});

it('tells what was waited for in vain, and what there was instead', async () => {
  await send('something');
  const wait = api.until('a miracle', () => null, 20);
  await expect(wait).rejects.toThrow(
    'waited 20 ms for a miracle. Calls so far: sendMessage(1001) 200.',
  );
});
