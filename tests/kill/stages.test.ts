import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, test, vi } from 'vitest';
import { fileAppears, fileGrows } from '../e2e/inspect.ts';
import { closeGate, createCountingWorld, openGate, removeGate } from './counting-world.ts';
import type { CountingWorld } from './counting-world.ts';
import { runsOf, type Account } from './promise.ts';

/** Each of them starts the service several times. */
vi.setConfig({ testTimeout: 120_000 });

const [FIRST, SECOND] = [2001, 2002];

/** Where the service is when it dies, and what must have come of it in the end. */
interface Stage {
  readonly when: string;
  /** Brings the service there and kills it. */
  readonly die: (world: CountingWorld) => Promise<void>;
  readonly expected?: Partial<Account>;
}

/** Three messages in two chats, so that there is one to wait and one beside it. */
function writeThree(world: CountingWorld, first = 'one'): void {
  world.people.write(FIRST, first);
  world.people.write(FIRST, 'two');
  world.people.write(SECOND, 'three');
}

function dieAt(event: string): Stage['die'] {
  return async (world) => {
    const service = world.launch();
    writeThree(world);
    await service.logged(event);
    await world.kill(service);
  };
}

/** Kills the service while the agent works, with one turn that runs. */
async function dieAtWork(world: CountingWorld, message = 'one'): Promise<void> {
  closeGate(world);
  const service = world.launch();
  world.people.write(FIRST, message);
  world.people.write(FIRST, 'two');
  await fileGrows(join(world.userHome, 'runs'));
  await world.people.acknowledged();
  await world.kill(service);
  removeGate(world);
}

function dieAtFileOfHome(name: string): Stage['die'] {
  return async (world) => {
    mkdirSync(world.home);
    writeThree(world);
    const service = world.launch();
    await fileAppears(join(world.home, name));
    await world.kill(service);
  };
}

function dieAtSending(moment: 'before' | 'after'): Stage['die'] {
  return async (world) => {
    const service = world.launch();
    const method = 'sendMessage';
    world.api.fault({ method }, { kind: 'hang', moment }, 1);
    const met = world.api.until('the call, and what became of it', () =>
      moment === 'before'
        ? world.api.calls.find((call) => call.method === method)
        : world.api.sentMessages()[0],
    );
    world.people.write(FIRST, 'one');
    await met;
    await world.kill(service);
    world.people.write(FIRST, 'two');
  };
}

const STAGES: readonly Stage[] = [
  ...['claudio.lock', 'claudio.log', 'claudio.db', 'claudio.db-wal'].map((name) => ({
    when: `on its very first start, as ${name} appears`,
    die: dieAtFileOfHome(name),
    expected: { interruptionCount: 0, duplicateCount: 0 },
  })),
  { when: 'when an update is committed', die: dieAt('update.accepted') },
  {
    when: 'when the webhook has answered 200',
    die: async (world) => {
      const service = world.launch();
      writeThree(world);
      await world.people.acknowledged();
      await world.kill(service);
    },
  },
  { when: 'when a turn is claimed', die: dieAt('turn.started') },
  {
    when: 'while the agent works',
    die: dieAtWork,
    expected: { runCount: 3, interruptionCount: 1, duplicateCount: 0 },
  },
  {
    when: 'when the agent has printed its result and nothing of it is recorded',
    die: async (world) => {
      closeGate(world);
      const service = world.launch();
      world.people.write(FIRST, 'one');
      await fileGrows(join(world.userHome, 'runs'));
      await world.people.acknowledged();
      const other = new BetterSqlite3(join(world.home, 'claudio.db'));
      other.exec('BEGIN IMMEDIATE');
      await openGate(world);
      await fileGrows(join(world.userHome, 'printed'));
      await world.kill(service);
      other.close();
      removeGate(world);
    },
    expected: { runCount: 2, interruptionCount: 1, duplicateCount: 0 },
  },
  { when: 'when the answer is in the outbox', die: dieAt('turn.done') },
  {
    when: 'when the platform has got the call and not acted on it',
    die: dieAtSending('before'),
    expected: { runCount: 2, interruptionCount: 0, duplicateCount: 0 },
  },
  {
    when: 'when the platform has taken the part and not said so, which is where it arrives twice',
    die: dieAtSending('after'),
    expected: { runCount: 2, interruptionCount: 0, duplicateCount: 1 },
  },
  {
    when: 'when the platform has answered',
    die: async (world) => {
      const service = world.launch();
      world.people.write(FIRST, 'one');
      await world.api.call(
        'an answer',
        ({ method, status }) => method === 'sendMessage' && status === 200,
      );
      await world.kill(service);
    },
    expected: { runCount: 1, interruptionCount: 0 },
  },
  {
    when: 'when the sending is recorded',
    die: async (world) => {
      const service = world.launch();
      world.people.write(FIRST, 'one');
      await service.logged('delivery.sent');
      await world.kill(service);
    },
    expected: { runCount: 1, interruptionCount: 0, duplicateCount: 0 },
  },
  {
    when: 'when Retry is acknowledged',
    die: async (world) => {
      await dieAtWork(world);
      const service = world.launch();
      const [offer] = await world.api.until('an offer to retry', () => {
        const found = world.people.offers();
        return found.length > 0 ? found : null;
      });
      if (offer !== undefined) await world.people.retry(offer);
      await world.kill(service);
    },
  },
  {
    when: 'during recovery, while it stops what the last one left',
    die: async (world) => {
      await dieAtWork(world, 'stubborn');
      const service = world.launch();
      await service.logged('service.started');
      await world.kill(service);
      expect(service.log.map(({ event }) => event)).not.toContain('turn.interrupted');
    },
    expected: { runCount: 3, interruptionCount: 1, duplicateCount: 0 },
  },
  {
    when: 'during recovery, when the interruption is recorded',
    die: async (world) => {
      await dieAtWork(world);
      const service = world.launch();
      await service.logged('turn.interrupted');
      await world.kill(service);
    },
  },
  {
    when: 'while it obeys TERM',
    die: async (world) => {
      closeGate(world);
      const service = world.launch();
      world.people.write(FIRST, 'one');
      await fileGrows(join(world.userHome, 'runs'));
      await world.people.acknowledged();
      service.signal('SIGTERM');
      await service.logged('service.stopping');
      world.people.write(FIRST, 'two');
      await world.kill(service);
      removeGate(world);
    },
    expected: { runCount: 3, interruptionCount: 1, duplicateCount: 0 },
  },
];

test.for(STAGES)(
  'promises 1, 2 and 3: killed $when, it loses nothing, runs nothing twice unasked and tells what it interrupted',
  async ({ die, expected }) => {
    const world = await createCountingWorld(2);
    await die(world);
    expect(await world.finish()).toMatchObject({
      messageCount: world.people.asked.length,
      ...expected,
    });
    expect(runsOf(world)).not.toEqual([]);
  },
);
