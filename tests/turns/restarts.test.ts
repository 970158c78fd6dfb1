import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { deliveries, turns } from '../../drizzle/schema.ts';
import { createRestarts } from '../../src/turns/restarts.ts';
import { turnWorld } from '../support/turns.ts';

function world() {
  const base = turnWorld();
  const { database, clock } = base;
  const setTurn = (turnId: number, values: Partial<typeof turns.$inferInsert>) =>
    database.orm.update(turns).set(values).where(eq(turns.id, turnId)).run();
  return { ...base, restarts: createRestarts(database, clock), setTurn };
}

test('a restart is requested once by a turn, and is never done twice', () => {
  const { restarts, arrive, setTurn } = world();
  const turnId = arrive('restart');
  expect(restarts.request(turnId, 'new code')).toBe('scheduled');
  expect(restarts.request(turnId, 'again')).toBe('scheduled-before');
  setTurn(turnId, { status: 'done' });
  expect(restarts.due()).toEqual({ turnId, reason: 'new code' });
  expect(restarts.begin(turnId)).toBe(true);
  expect(restarts.begin(turnId)).toBe(false);
  expect(restarts.due()).toBeNull();
  expect(restarts.request(turnId, 'once more')).toBe('done-before');
  expect(restarts.due()).toBeNull();
  expect(restarts.begin(arrive('another'))).toBe(false);
});

test('it waits until its turn is over, was spoken, and all that it said has gone out', () => {
  const { restarts, arrive, setTurn, outbox, conversations, database } = world();
  const turnId = arrive('restart');
  const other = arrive('other', '43');
  restarts.request(turnId, 'new code');
  for (const status of ['queued', 'running'] as const) {
    setTurn(turnId, { status });
    expect(restarts.due(), status).toBeNull();
  }
  setTurn(turnId, { status: 'done', speech: 'pending' });
  expect(restarts.due()).toBeNull();
  const reply = { markdown: 'hello', replyTo: null, buttons: [] };
  outbox.say(conversations.get('telegram:1:42'), reply, turnId);
  outbox.say(conversations.get('telegram:1:43'), reply, other);
  setTurn(turnId, { speech: 'done' });
  for (const status of ['pending', 'sending'] as const) {
    database.orm.update(deliveries).set({ status }).run();
    expect(restarts.due(), status).toBeNull();
  }
  for (const status of ['sent', 'failed'] as const) {
    database.orm.update(deliveries).set({ status }).where(eq(deliveries.turnId, turnId)).run();
    expect(restarts.due(), status).toMatchObject({ turnId });
  }
});

test('of several, the oldest turn’s comes first', () => {
  const { restarts, arrive, setTurn } = world();
  const [one, two] = [arrive('one'), arrive('two', '43')];
  restarts.request(two, 'second');
  restarts.request(one, 'first');
  setTurn(two, { status: 'done' });
  expect(restarts.due()).toMatchObject({ turnId: two });
  setTurn(one, { status: 'failed' });
  expect(restarts.due()).toMatchObject({ turnId: one });
});

test('a second turn for the same message does not restart again', () => {
  const { restarts, arrive, setTurn, queue } = world();
  const first = arrive('restart');
  expect(restarts.request(first, 'new code')).toBe('scheduled');
  setTurn(first, { status: 'done' });
  expect(restarts.begin(first)).toBe(true);
  expect(queue.again(first, 'sonnet')).toEqual({ kind: 'queued' });
  expect(restarts.request(first + 1, 'new code')).toBe('done-before');
  setTurn(first + 1, { status: 'done' });
  expect(restarts.due()).toBeNull();
  expect(restarts.begin(first + 1)).toBe(false);
});

test('a turn that was stopped or interrupted restarts nothing, and one that failed does', () => {
  const { restarts, arrive, setTurn } = world();
  const turnId = arrive('restart');
  restarts.request(turnId, 'new code');
  for (const status of ['cancelled', 'interrupted'] as const) {
    setTurn(turnId, { status });
    expect(restarts.due(), status).toBeNull();
  }
  setTurn(turnId, { status: 'failed' });
  expect(restarts.due()).toMatchObject({ turnId });
});

test('what a stopped turn asked for can be asked for by a second turn for its message, and is done once, after that', () => {
  const { restarts, arrive, setTurn, queue } = world();
  const first = arrive('restart');
  restarts.request(first, 'new code');
  setTurn(first, { status: 'cancelled' });
  queue.again(first, 'sonnet');
  const second = first + 1;
  expect(restarts.request(second, 'newer code')).toBe('scheduled');
  expect(restarts.due()).toBeNull();
  setTurn(second, { status: 'done' });
  expect(restarts.due()).toEqual({ turnId: second, reason: 'newer code' });
  expect([restarts.begin(first), restarts.begin(second)]).toEqual([false, true]);
});

test('a turn that was begun anew with another text restarts only if that attempt asks for it', () => {
  const { restarts, arrive, setTurn, queue } = world();
  const turnId = arrive('restart');
  queue.claim('boot');
  restarts.request(turnId, 'new code');
  queue.restart(turnId);
  queue.claim('boot');
  setTurn(turnId, { status: 'done' });
  expect(restarts.due()).toBeNull();
  expect(restarts.request(turnId, 'after all')).toBe('scheduled');
  expect(restarts.due()).toEqual({ turnId, reason: 'after all' });
});
