import { spawn } from 'node:child_process';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { closeGate, createCountingWorld, openGate } from '../kill/counting-world.ts';
import type { StoredMessage } from '../../src/playground/bot-api/bot-api.ts';
import { fileAppears, fileGrows, holdModel, processesOf, readDatabase } from './inspect.ts';
import { createWorld, type RunningService, type World } from './service.ts';

// One child in a session of its own, one in front. A shell that has written its file is certain to be
// there; what follows the sleeps keeps the shells from becoming them.
const COMMAND =
  "setsid sh -c 'echo > apart; sleep 4000; :' & sh -c 'echo > ready; sleep 300; :'; :";

async function kill(service: RunningService): Promise<void> {
  service.signal('SIGKILL');
  expect(await service.exit).toEqual({ code: null, signal: 'SIGKILL' });
}

/** Kills the service in the middle of a Bash call of the real Claude Code. */
async function dieInBash(world: World): Promise<void> {
  world.model.useTool('Bash', { command: COMMAND });
  const service = await world.start();
  await world.api.say('watch the build');
  await Promise.all(['apart', 'ready'].map((name) => fileAppears(join(world.userHome, name))));
  expect(processesOf(world.home).length).toBeGreaterThanOrEqual(4);
  await service.logged('turn.progress');
  await kill(service);
}

function labelsOf(message: StoredMessage): readonly string[] {
  return message.replyMarkup?.inline_keyboard.flat().map(({ text }) => text) ?? [];
}

/** Presses a button, also one that is gone by now; resolves with what the person is shown. */
async function press(world: World, message: StoredMessage, button: string): Promise<string | null> {
  const known = world.api.presses.size;
  await world.api.deliver(world.api.updates.press(message, button, { stale: true }));
  return await world.api.until(
    'the answer to the press',
    () => [...world.api.presses.values()][known]?.answers[0]?.text,
  );
}

function noticeOf(world: World, count: number): Promise<StoredMessage> {
  return world.api.message(`notice ${count}`, (message) => {
    const notices = world.api.sentMessages().filter(({ text }) => text.startsWith('⚡'));
    return message === notices[count - 1];
  });
}

describe('a turn that ran when the service was killed', () => {
  test('promise 9: its processes are found by their marker and stopped, also those in sessions of their own, and nobody else’s', async () => {
    const world = await createWorld();
    await dieInBash(world);
    expect(processesOf(world.home).length).toBeGreaterThanOrEqual(4);
    const foreign = spawn('sleep', ['4000'], {
      env: { HOME: world.userHome, CLAUDIO_TURN: '00000000-0000-4000-8000-000000000000.1.1' },
    });
    onTestFinished(() => void foreign.kill('SIGKILL'));

    const service = await world.start();
    await service.logged('recovery.processes-stopped');
    await noticeOf(world, 1);
    expect(processesOf(world.home)).toEqual([]);
    expect([foreign.exitCode, foreign.signalCode]).toEqual([null, null]);
    expect(process.kill(foreign.pid ?? 0, 0)).toBe(true);
  });

  test('promise 3: is told with what it was doing and never run again by itself; Retry runs it once, also after yet another restart', async () => {
    const world = await createWorld();
    await dieInBash(world);
    await kill(await world.start());
    await world.start();
    const notice = await noticeOf(world, 1);
    expect(notice.text).toMatch(/^⚡ I was interrupted while: Running setsid sh -c/u);
    expect(notice.text).toContain('have not restarted it myself');
    expect(notice.replyTo).toBe(world.api.messages()[0]?.messageId);
    expect(labelsOf(notice)).toEqual(['🔁 Retry', '🗑 Discard']);
    expect(world.model.requests).toHaveLength(1);

    world.model.answer('Done this time.');
    expect(await press(world, notice, '🔁 Retry')).toBe('Trying again.');
    const answer = await world.api.message('the answer', ({ text }) => text === 'Done this time.');
    expect(answer.replyTo).toBe(notice.replyTo);
    expect(world.model.requests).toHaveLength(2);
    expect(world.model.requests[1]?.prompt).toMatch(
      /An earlier attempt[^]*<claudio-interrupted>\nRunning setsid/u,
    );
    await world.api.until('what was chosen', () =>
      notice.text.endsWith('🔁 Started again by Owner.') ? notice : null,
    );
    expect(labelsOf(notice)).toEqual([]);

    expect(await press(world, notice, 'retry:1')).toBe('That is no longer possible.');
    expect(await press(world, notice, 'discard:1')).toBe('That is no longer possible.');
    expect(world.model.requests).toHaveLength(2);
    const turns = readDatabase(world.home).query.turns.findMany().sync();
    expect(turns).toMatchObject([{ status: 'done', attemptCount: 2, interruptionCount: 1 }]);
  });

  test('is let go by Discard, and no later start speaks of it again', async () => {
    const world = await createWorld();
    await dieInBash(world);
    const service = await world.start();
    const notice = await noticeOf(world, 1);
    expect(await press(world, notice, '🗑 Discard')).toBe('Discarded.');
    await world.api.until('what was chosen', () =>
      notice.text.endsWith('🗑 Discarded by Owner.') ? notice : null,
    );
    expect(await press(world, notice, 'retry:1')).toBe('That is no longer possible.');
    await kill(service);

    await world.start();
    world.model.answer('Here.');
    await world.api.say('anyone there?');
    await world.api.message('the answer', ({ text }) => text === 'Here.');
    expect(world.api.sentMessages()).toHaveLength(2);
    expect(readDatabase(world.home).query.turns.findMany().sync()).toMatchObject([
      { status: 'cancelled', attemptCount: 1 },
      { status: 'done' },
    ]);
  });

  test('is not offered again when it was interrupted three times', async () => {
    const world = await createWorld();
    await dieInBash(world);
    for (const count of [1, 2]) {
      const asked = holdModel(world.model).asked;
      const service = await world.start();
      const notice = await noticeOf(world, count);
      expect(labelsOf(notice)).toEqual(['🔁 Retry', '🗑 Discard']);
      expect(await press(world, notice, '🔁 Retry')).toBe('Trying again.');
      await asked;
      await kill(service);
    }
    await world.start();
    const last = await noticeOf(world, 3);
    expect(last.text).toContain('That was the third time, so I will not offer another try.');
    expect(labelsOf(last)).toEqual([]);
    expect(await press(world, last, 'retry:1')).toBe('That is no longer possible.');
    expect(world.model.requests).toHaveLength(3);
    expect(readDatabase(world.home).query.turns.findMany().sync()).toMatchObject([
      { status: 'failed', failure: 'interrupted', attemptCount: 3 },
    ]);
  });

  test('comes out as stopped when that was asked for just before', async () => {
    const world = await createWorld();
    world.model.useTool('Bash', { command: COMMAND });
    const service = await world.start();
    await world.api.say('watch the build');
    await fileAppears(join(world.userHome, 'ready'));
    await service.logged('turn.progress');
    await world.api.say('/stop');
    await kill(service);

    await world.start();
    const stopped = await world.api.message('the end', ({ text }) => text.startsWith('⏹ Stopped.'));
    expect(stopped.text).toContain('Running setsid');
    expect(labelsOf(stopped)).toEqual([]);
    expect(world.api.sentMessages().filter(({ text }) => text.startsWith('⚡'))).toEqual([]);
    expect(processesOf(world.home)).toEqual([]);
    expect(readDatabase(world.home).query.turns.findMany().sync()).toMatchObject([
      { status: 'cancelled' },
    ]);
  });
});

test('promise 1: messages that waited behind the turn are answered after the crash, in their order', async () => {
  const world = await createWorld();
  const first = holdModel(world.model);
  const service = await world.start();
  await world.api.say('one');
  await world.api.say('two');
  await world.api.say('three');
  await first.asked;
  await kill(service);

  world.model.answer('Answer two.');
  world.model.answer('Answer three.');
  await world.start();
  const sent = await world.api.sent(3);
  expect(sent.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^⚡ I was interrupted\./u),
    'Answer two.',
    'Answer three.',
  ]);
});

test('promise 2: an answer that was finished and not delivered when the service was killed is delivered by the next start, once', async () => {
  const world = await createWorld();
  world.model.answer('The answer.');
  const fault = world.api.fault({ method: 'sendMessage' }, { kind: 'html', status: 502 });
  const service = await world.start();
  await world.api.say('a question');
  await service.logged('delivery.postponed');
  await kill(service);
  fault.lift();

  const next = await world.start();
  await next.logged('delivery.sent');
  expect(world.api.sentMessages().map(({ text }) => text)).toEqual(['The answer.']);
  expect(world.model.requests).toHaveLength(1);
});

test('promise 2: an answer that comes while the database takes nothing is kept until it does, with what was done for it', async () => {
  const world = await createCountingWorld(1);
  closeGate(world);
  const service = world.launch();
  world.people.write(2001, 'one');
  await fileGrows(join(world.userHome, 'runs'));
  await world.people.acknowledged();
  const other = new BetterSqlite3(join(world.home, 'claudio.db'));
  onTestFinished(() => void other.close());
  other.exec('BEGIN IMMEDIATE');
  await openGate(world);
  await service.logged('turn.not-recorded');
  other.exec('ROLLBACK');
  const [answer] = await world.api.sent(1);
  expect(answer?.text).toBe('Answer to one');
  expect(readDatabase(world.home).query.turns.findMany().sync()).toMatchObject([
    { status: 'done', sessionId: expect.stringMatching(/^0{8}-/u) as string },
  ]);
});
