import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BotApiStandin, OWNER, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';

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

it('breaks the connection when the fault is lifted, and the call took no effect', async () => {
  const never = api.fault({}, { kind: 'hang', moment: 'never' });
  const lost = send('lost');
  await api.call('the call', () => true);
  never.lift();
  expect(await lost).toBeNull();
  expect(texts()).toEqual([]);
  expect(await send('taken')).toBe(200);
  expect(texts()).toEqual(['taken']);
});

it('tells when a fault is over: it has met its calls, or was lifted', async () => {
  const once = api.fault({}, { kind: 'html', status: 502 }, 1);
  const lasting = api.fault({ chat: 7 }, { kind: 'html', status: 502 });
  expect([once.isOver, lasting.isOver]).toEqual([false, false]);
  await send('a');
  expect([once.isOver, lasting.isOver]).toEqual([true, false]);
  lasting.lift();
  expect(lasting.isOver).toBe(true);
});

it('tells whoever listens that something has happened, faults too, until they have had enough', async () => {
  let count = 0;
  const end = api.subscribe(() => {
    count += 1;
  });
  const fault = api.fault({}, { kind: 'blocked' }, 1);
  expect(count).toBe(1);
  fault.lift();
  expect(count).toBe(2);
  await send('a');
  const before = count;
  expect(before).toBeGreaterThan(2);
  end();
  await send('b');
  expect(count).toBe(before);
});

it('tells what was waited for in vain, and what there was instead', async () => {
  await send('something');
  const wait = api.until('a miracle', () => null, 20);
  await expect(wait).rejects.toThrow(
    'waited 20 ms for a miracle. Calls so far: sendMessage(1001) 200.',
  );
});
