import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import type { AgentEvent, AgentRequest, ToolUse } from '../../src/core/agent.ts';
import { turns as turnTable } from '../../drizzle/schema.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import { createChannels } from '../../src/outbox/channels.ts';
import { createWorker } from '../../src/turns/worker.ts';
import { conversation } from '../support/inbound.ts';
import { testLog } from '../support/log.ts';
import { answered, turnWorld, type Work } from '../support/turns.ts';

/** A worker whose turns run until they are told to end. */
function heldWorker(maxConcurrentTurns: number) {
  type Completed = AgentEvent & { type: 'completed' };
  const ends = new Map<string, PromiseWithResolvers<Completed>>();
  const endOf = (turnId: string) => {
    const end = ends.get(turnId) ?? Promise.withResolvers<Completed>();
    ends.set(turnId, end);
    return end;
  };
  const started: AgentRequest[] = [];
  const work: Work = async function* held(request, signal) {
    started.push(request);
    const end = endOf(request.marker.split('.')[1] ?? '');
    const stop = () =>
      end.resolve({ type: 'completed', outcome: { kind: 'stopped', usage: NO_USAGE } });
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    yield await end.promise;
  };
  const world = turnWorld({ work });
  let waiting: (() => void)[] = [];
  const { log, lines } = testLog();
  const worker = createWorker({
    ...world,
    log,
    bootId: 'boot',
    maxConcurrentTurns,
    ended: () => {
      for (const resolve of waiting) resolve();
      waiting = [];
    },
  });
  return {
    ...world,
    worker,
    started,
    /** The markers of the turns, in the order in which they were claimed. */
    claimed: () =>
      lines.filter(({ event }) => event === 'turn.started').map((line) => line['marker']),
    /** Ends a turn, and resolves when its outcome is recorded. */
    end: async (turnId: number) => {
      const ended = new Promise<void>((resolve) => void waiting.push(resolve));
      world.clock.advance(1);
      endOf(String(turnId)).resolve({ type: 'completed', outcome: answered(`re ${turnId}`) });
      await ended;
    },
    ended: () => new Promise<void>((resolve) => void waiting.push(resolve)),
    statuses: () =>
      world.database.orm.query.turns
        .findMany()
        .sync()
        .map(({ status }) => status),
  };
}

test('no more turns run at once than are allowed, one a conversation, the longest-waiting first', async () => {
  const world = heldWorker(2);
  const first = world.arrive('a1', 'a');
  const second = world.arrive('a2', 'a');
  const third = world.arrive('b1', 'b');
  const fourth = world.arrive('c1', 'c');
  world.worker.wake();
  world.worker.wake();
  expect(world.statuses()).toEqual(['running', 'queued', 'running', 'queued']);
  await world.end(first);
  // The first conversation was served just now, and so the other one goes first.
  expect(world.statuses()).toEqual(['done', 'queued', 'running', 'running']);
  await world.end(third);
  expect(world.statuses()).toEqual(['done', 'running', 'done', 'running']);
  await world.end(fourth);
  await world.end(second);
  expect(world.statuses()).toEqual(['done', 'done', 'done', 'done']);
  const inOrder = [first, third, fourth, second].map((turnId) => `boot.${turnId}.1`);
  expect(world.claimed()).toEqual(inOrder);
  // Two that run at once get to their agents in any order; each did once.
  expect(world.started.map(({ marker }) => marker).toSorted()).toEqual(inOrder.toSorted());
  expect(world.told()).toEqual([`re ${first}`, `re ${third}`, `re ${fourth}`, `re ${second}`]);
});

test('a stop ends the turn that it was asked for and lets the next one run', async () => {
  const world = heldWorker(1);
  const first = world.arrive('one');
  const second = world.arrive('two');
  world.worker.wake();
  expect(world.queue.requestStop(first)).toBe(true);
  const ended = world.ended();
  world.worker.wake();
  await ended;
  expect(world.statuses()).toEqual(['cancelled', 'running']);
  expect(world.told()).toEqual(['⏹ Stopped.']);
  await world.end(second);
});

test('a turn gets the words of CLAUDE.md as they stand when it starts', async () => {
  const world = heldWorker(1);
  world.worker.wake();
  const first = world.arrive('one');
  world.worker.wake();
  await world.end(first);
  writeFileSync(join(world.home, 'CLAUDE.md'), '\nSpeak Latin.\n');
  const second = world.arrive('two');
  world.worker.wake();
  await world.end(second);
  const [without = '', withIt = ''] = world.started.map(({ systemPrompt }) => systemPrompt);
  expect(without).toMatch(/^You are answering through Claudio/u);
  expect(withIt).toBe(`${without}\n\nSpeak Latin.`);
});

const ONE_AT_ONCE = { bootId: 'boot', maxConcurrentTurns: 1, ended: () => undefined };

test('each line of the log about a turn bears the marker of its run', async () => {
  const { log, lines, logged } = testLog();
  const world = turnWorld();
  const worker = createWorker({ ...world, ...ONE_AT_ONCE, log });
  const turn = world.arrive('go');
  worker.wake();
  await logged('turn.done');
  expect(lines.map(({ event, marker }) => [event, marker])).toEqual([
    ['turn.started', `boot.${turn}.1`],
    ['turn.done', `boot.${turn}.1`],
  ]);
  await worker.drain(10_000);
});

test('a turn that was begun anew can be stopped while its first run is still cleared up', async () => {
  const started: string[] = [];
  const world = turnWorld({
    work: async function* untilStopped(request, signal) {
      started.push(request.marker);
      const stopped = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => stopped.resolve());
      await stopped.promise;
      yield { type: 'completed', outcome: { kind: 'stopped', usage: NO_USAGE } };
    },
  });
  const worker = createWorker({
    ...world,
    bootId: 'boot',
    maxConcurrentTurns: 3,
    // What is said about the first run wakes the worker before that run is over.
    said: () => worker.wake(),
    ended: () => undefined,
  });
  const status = () => world.database.orm.query.turns.findFirst().sync()?.status;
  const turnId = world.arrive('one');
  worker.wake();
  await expect.poll(() => started).toEqual(['boot.1.1']);
  world.database.orm.update(turnTable).set({ restartRequestedAtMs: 1, stopRequestedAtMs: 1 }).run();
  worker.wake();
  await expect.poll(() => started).toEqual(['boot.1.1', 'boot.1.2']);
  expect(world.queue.requestStop(turnId)).toBe(true);
  worker.wake();
  await worker.drain(5000);
  expect(status()).toBe('cancelled');
});

function began(toolUse: ToolUse): AgentEvent {
  return { type: 'progress', progress: { kind: 'tool-began', toolUse } };
}

test('a database that refuses for a while costs a turn neither its answer nor what it did', async () => {
  const locks = Promise.withResolvers<BetterSqlite3.Database>();
  const world = turnWorld({
    work: async function* work() {
      const lock = await locks.promise;
      lock.exec('BEGIN IMMEDIATE');
      yield { type: 'started', sessionId: 'a-session', model: 'claude-haiku' };
      yield began({ id: '1', tool: 'Bash', summary: 'Running one', inputDigest: '' });
      lock.exec('ROLLBACK');
      yield began({ id: '2', tool: 'Bash', summary: 'Running two', inputDigest: '' });
      lock.exec('BEGIN IMMEDIATE');
      yield began({ id: '3', tool: 'Bash', summary: 'Running three', inputDigest: '' });
      lock.exec('ROLLBACK');
      yield { type: 'completed', outcome: answered('Done.') };
    },
  });
  const other = new BetterSqlite3(world.database.orm.$client.name);
  onTestFinished(() => void other.close());
  world.database.orm.$client.pragma('busy_timeout = 0');
  const ended = Promise.withResolvers<void>();
  const worker = createWorker({
    ...world,
    bootId: 'boot',
    maxConcurrentTurns: 1,
    ended: ended.resolve,
  });
  world.arrive('go');
  worker.wake();
  locks.resolve(other);
  await ended.promise;
  const { turns, toolUses, messages } = world.database.orm.query;
  expect(turns.findFirst().sync()).toMatchObject({ status: 'done', sessionId: 'a-session' });
  expect(
    toolUses
      .findMany()
      .sync()
      .map(({ summary }) => summary),
  ).toEqual(['Running one', 'Running two', 'Running three']);
  expect(messages.findMany().sync().at(-1)).toMatchObject({
    text: 'Done.',
    toolSummary: '- Running one\n- Running two\n- Running three',
  });
});

test('after a shutdown it does not look at the database any more, which is closed then', async () => {
  const { log, lines, logged } = testLog();
  const world = turnWorld();
  const worker = createWorker({ ...world, ...ONE_AT_ONCE, log });
  world.arrive('go');
  worker.wake();
  await logged('turn.done');
  await worker.drain(10_000);
  world.database.close();
  worker.wake();
  expect(lines.map(({ event }) => event)).not.toContain('queue.unreadable');
});

test('nobody is seen typing behind the answer', async () => {
  const happened: string[] = [];
  const world = turnWorld();
  const channel = world.channels.of(conversation());
  const signs = { ...channel.signs, working: () => () => void happened.push('typing ends') };
  const worker = createWorker({
    ...world,
    ...ONE_AT_ONCE,
    channels: createChannels(() => ({ ...channel, signs })),
    said: () => void happened.push('the answer goes out'),
    log: testLog().log,
  });
  world.arrive('go');
  worker.wake();
  await worker.drain(10_000);
  expect(happened).toEqual(['typing ends', 'the answer goes out']);
});
