import { beforeEach, describe, expect, test } from 'vitest';
import { isSilent, type Call } from '../../src/playground/bot-api/bot-api.ts';
import { createStageFaults, type StageFault } from '../../src/playground/faults.ts';
import type { Stage } from '../../src/playground/stage.ts';
import { answerWith, openStage, turnRuns, turnsOf, until } from './world.ts';

let stage: Stage;
let faults: readonly StageFault[];

beforeEach(async () => {
  ({ stage } = await openStage());
  faults = createStageFaults(stage);
});

function fault(id: string): StageFault {
  const found = faults.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no fault ${id}`);
  return found;
}

/** The calls that send a message with a sound: where a turn takes long, one comes without that says so. */
function sends(): readonly Call[] {
  return stage.api.calls.filter((call) => call.method === 'sendMessage' && !isSilent(call));
}

/** Resolves when one of them has been answered with this status; `null`: not at all, so far. */
function sentWith(status: number | null) {
  return stage.api.until(`a message answered with ${status}`, () =>
    sends().find((call) => call.status === status),
  );
}

function answersTo(text: string): readonly string[] {
  return stage.api
    .sentMessages()
    .map((message) => message.text)
    .filter((said) => said.includes(text));
}

/** Resolves when nothing waits in the outbox any more. */
function delivered(): Promise<unknown> {
  return until(stage, 'everything to be sent', () => {
    const rows = stage.database()?.orm.query.deliveries.findMany().sync() ?? [];
    return rows.length > 0 && rows.every(({ status }) => status === 'sent');
  });
}

describe('the faults of the panel', () => {
  test('each has a name, a label and a sentence that says what is to be seen, and none is on', () => {
    expect(faults.map(({ id }) => id)).toEqual([
      'rate-limited',
      'bad-gateway',
      'silent',
      'refuses-markup',
      'back',
      'kill',
      'same-update',
      'fill-queue',
    ]);
    for (const { id, label, description, isOn } of faults) {
      expect(id).toMatch(/^[a-z-]+$/u);
      expect(label).toMatch(/^\S.{5,40}$/u);
      expect(description).toMatch(/^[A-Z0-9].*\.$/u);
      expect(isOn()).toBe(false);
    }
    expect(new Set(faults.map(({ label }) => label)).size).toBe(faults.length);
  });

  test('429: the next three messages to be sent are refused for three seconds each, and the answer comes once', async () => {
    const limited = fault('rate-limited');
    let toldCount = 0;
    stage.subscribe(() => {
      toldCount += 1;
    });
    limited.run();
    expect(limited.isOn()).toBe(true);
    expect(toldCount).toBe(1);
    await stage.api.say('hello');
    await answerWith(stage, 'hello');
    expect(limited.isOn()).toBe(false);
    await delivered();
    expect(sends().map(({ status }) => status)).toEqual([429, 429, 429, 200]);
    const [first, second] = sends();
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(2900);
    expect(stage.api.calls.some(({ method }) => method === 'sendChatAction')).toBe(true);
    expect(answersTo('hello')).toHaveLength(1);
  });

  test('502: everything fails until Telegram is back; the answer waits and comes once', async () => {
    fault('bad-gateway').run();
    await stage.api.say('hello');
    await sentWith(502);
    expect(turnsOf(stage)).toMatchObject([{ status: 'done' }]);
    expect(fault('bad-gateway').isOn()).toBe(true);
    fault('back').run();
    expect(fault('bad-gateway').isOn()).toBe(false);
    await answerWith(stage, 'hello');
    await delivered();
    expect(answersTo('hello')).toHaveLength(1);
  });

  test('not at all: calls hang until Telegram is back; what hung took no effect, so the answer comes once', async () => {
    fault('silent').run();
    const { attempts } = await stage.api.say('hello');
    expect(attempts.at(-1)).toMatchObject({ status: 200 });
    await until(stage, 'the turn to end', () => turnsOf(stage)[0]?.status === 'done');
    await sentWith(null);
    expect(stage.api.sentMessages()).toEqual([]);
    fault('silent').run();
    expect(fault('silent').isOn()).toBe(false);
    await answerWith(stage, 'hello');
    await delivered();
    expect(answersTo('hello')).toHaveLength(1);
  });

  test('markup refused: the answer comes as plain text', async () => {
    fault('refuses-markup').run();
    await stage.api.say('hello');
    const answer = await answerWith(stage, 'hello');
    await delivered();
    expect(answer.entities).toEqual([]);
    expect(sends()).toMatchObject([{ status: 400 }, { status: 200 }]);
    fault('back').run();
    expect(fault('refuses-markup').isOn()).toBe(false);
  });

  test('kill -9: the service is gone and comes back, and that shows', async () => {
    const { pid } = stage.service();
    fault('kill').run();
    await until(stage, 'the service to be gone', () => fault('kill').isOn());
    await until(stage, 'the service to be back', () => !fault('kill').isOn());
    expect(stage.service().pid).not.toBe(pid);
    expect(stage.service().startCount).toBe(2);
  });

  test('promise 1: the same update twice is acknowledged twice and answered once', async () => {
    expect(fault('same-update').run()).toMatch(
      /^No update has been acknowledged yet\. Send a message/u,
    );
    expect(stage.api.deliveries).toEqual([]);
    const { attempts } = await stage.api.say('only once');
    await answerWith(stage, 'only once');
    expect(fault('same-update').run()).toBeNull();
    await stage.api.until('the second delivery', () => stage.api.deliveries[1]);
    expect(stage.api.deliveries).toMatchObject([
      { updateId: attempts[0]?.updateId, status: 200 },
      { updateId: attempts[0]?.updateId, status: 200 },
    ]);
    await stage.api.say('and then');
    await answerWith(stage, 'and then');
    expect(turnsOf(stage)).toHaveLength(2);
    expect(answersTo('only once')).toHaveLength(1);
  });

  test('queue full: where Claude answers, it says beforehand how many real turns that may be', () => {
    const agent = { kind: 'claude', remedy: null } as const;
    const [ofClaude] = createStageFaults({ ...stage, agent }).slice(-1);
    expect(ofClaude?.id).toBe('fill-queue');
    expect(ofClaude?.description).toContain(
      'Up to 6 of them become real turns of Claude, on your account.',
    );
    expect(fault('fill-queue').description).not.toContain('Claude');
  });

  test('queue full: as many as there is room for wait, and whoever is turned away is told at once', async () => {
    fault('fill-queue').run();
    await turnRuns(stage);
    const told = await stage.api.until('the words to those who are turned away', () => {
      const found = stage.api.sentMessages().filter(({ text }) => /queue|waiting/iu.test(text));
      return found.length >= 2 ? found : null;
    });
    expect(told.map(({ replyTo }) => replyTo)).toEqual([7, 8]);
    expect(stage.api.messages().filter(({ byBot }) => !byBot)).toHaveLength(8);
    expect(turnsOf(stage).map(({ status }) => status)).toEqual([
      'running',
      ...Array.from({ length: 5 }, () => 'queued'),
    ]);
  });
});
