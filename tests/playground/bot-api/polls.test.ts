import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { type BotApiStandin, startBotApi } from '../../../src/playground/bot-api/bot-api.ts';

let api: BotApiStandin;
beforeEach(async () => {
  // However soon after each other they poll, they are not in a hurry.
  api = await startBotApi({ pauseScale: 1e-6 });
});
afterEach(() => api.close());

interface Answer {
  readonly status: number;
  readonly texts: readonly (string | undefined)[];
  readonly description: string | undefined;
}

async function call(method: string, params: Record<string, string | number>): Promise<Answer> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) query.set(name, String(value));
  const answer = await fetch(`${api.root}/bot${api.token}/${method}?${query.toString()}`);
  const { result, description } = (await answer.json()) as {
    result?: unknown;
    description?: string;
  };
  const updates = Array.isArray(result) ? (result as { message?: { text?: string } }[]) : [];
  return { status: answer.status, texts: updates.map(({ message }) => message?.text), description };
}

const poll = (params: Record<string, string | number> = {}) => call('getUpdates', params);

/** Resolves when a poll waits at the stand-in. */
const waiting = () =>
  api.until('a poll that waits', () =>
    api.calls.some(({ method, status }) => method === 'getUpdates' && status === null),
  );

it('gives what waits, again and again, until a higher offset confirms it', async () => {
  const sent = ['one', 'two', 'three'].map((text) => api.say(text));
  expect((await poll()).texts).toEqual(['one', 'two', 'three']);
  expect((await poll({ limit: 2 })).texts).toEqual(['one', 'two']);
  const second = 500_000_002;
  expect((await poll({ offset: second })).texts).toEqual(['two', 'three']);
  expect(await sent[0]).toMatchObject({ outcome: 'acknowledged', attempts: [] });
  expect((await poll({ offset: second + 2 })).texts).toEqual([]);
  expect((await Promise.all(sent)).map(({ outcome }) => outcome)).toEqual(
    sent.map(() => 'acknowledged'),
  );
});

it('gives one update to whoever asks for the same again at once', async () => {
  const hurried = await startBotApi({ pauseScale: 1000 });
  onTestFinished(() => hurried.close());
  for (const text of ['one', 'two']) void hurried.say(text);
  const count = async () => {
    const answer = await fetch(`${hurried.root}/bot${hurried.token}/getUpdates`);
    return ((await answer.json()) as { result: unknown[] }).result.length;
  };
  expect([await count(), await count()]).toEqual([2, 1]);
});

it('forgets nothing for an offset that lies far ahead', async () => {
  void api.say('one');
  expect((await poll({ offset: 700_000_000 })).texts).toEqual(['one']);
});

it('waits for something new, and no longer than it is asked to', async () => {
  const polled = poll({ timeout: 50 });
  await waiting();
  void api.say('new');
  expect((await polled).texts).toEqual(['new']);
  const startedAtMs = performance.now();
  expect((await poll({ offset: 500_000_002, timeout: 1 })).texts).toEqual([]);
  expect(performance.now() - startedAtMs).toBeGreaterThan(900);
});

it('ends a poll that waits when another one comes that would wait too', async () => {
  const first = poll({ timeout: 50 });
  await waiting();
  const second = poll({ timeout: 50 });
  expect(await first).toMatchObject({
    status: 409,
    description:
      'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
  });
  void api.say('new');
  expect((await second).texts).toEqual(['new']);
});

it('ends a poll that waits when a webhook is set, and refuses polls from then on', async () => {
  const polled = poll({ timeout: 50 });
  await waiting();
  await call('setWebhook', { url: 'https://claudio.example/hook' });
  expect(await polled).toMatchObject({
    status: 409,
    description: 'Conflict: terminated by setWebhook request',
  });
  expect((await poll()).description).toMatch(
    /^Conflict: can't use getUpdates method while webhook/,
  );
});

it('keeps what waits when the webhook is deleted, unless it is asked to drop it', async () => {
  api.route('claudio.example', 'down');
  await call('setWebhook', { url: 'https://claudio.example/hook' });
  void api.say('kept');
  await api.until('a try', () => api.deliveries[0]);
  await call('deleteWebhook', {});
  expect((await poll()).texts).toEqual(['kept']);
  await call('deleteWebhook', { drop_pending_updates: 'true' });
  expect((await poll()).texts).toEqual([]);
});

it('leaves no webhook behind when a new address cannot be found', async () => {
  await call('setWebhook', { url: 'https://claudio.example/hook' });
  api.route('new.example', 'unresolved');
  expect(await call('setWebhook', { url: 'https://new.example/hook' })).toMatchObject({
    status: 400,
    description: 'Bad Request: bad webhook: Failed to resolve host: Name or service not known',
  });
  expect(api.webhook).toBeNull();
});
