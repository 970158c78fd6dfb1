import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  closeGate,
  createCountingWorld,
  openGate,
  removeGate,
  type CountingWorld,
} from '../kill/counting-world.ts';
import { runsOf } from '../kill/promise.ts';
import { fileAppears, fileGrows, processesOf } from './inspect.ts';
import type { RunningService } from './service.ts';

const [FIRST, SECOND] = [2001, 2002];

/** A service with a turn that runs until the gate is opened, and one that waits behind it. */
async function atWork(world: CountingWorld): Promise<RunningService> {
  closeGate(world);
  const service = world.launch();
  world.people.write(FIRST, 'one');
  world.people.write(FIRST, 'two');
  await fileGrows(join(world.userHome, 'runs'));
  await world.people.acknowledged();
  return service;
}

async function exitOf(service: RunningService) {
  const fromMs = performance.now();
  const exit = await service.exit;
  return { ...exit, tookMs: performance.now() - fromMs };
}

const answers = (world: CountingWorld): readonly string[] =>
  world.api.sentMessages().map(({ text }) => text);

describe.for(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('promises 1 and 2: the running turn ends and is answered, what waits stays, what comes meanwhile gets 503 and is delivered to the next start', async () => {
    const world = await createCountingWorld(2);
    const service = await atWork(world);
    service.signal(signal);
    await service.logged('service.stopping');
    world.people.write(SECOND, 'three');
    await world.api.until('a refused update', () =>
      world.api.deliveries.find(({ status }) => status === 503),
    );
    expect(answers(world)).toEqual([]);
    await openGate(world);
    expect(await service.exit).toEqual({ code: 0, signal: null });
    expect(answers(world)).toEqual(['Answer to one']);
    expect(runsOf(world).map(({ text }) => text)).toEqual(['one']);
    removeGate(world);

    expect(await world.finish()).toEqual({
      messageCount: 3,
      runCount: 3,
      interruptionCount: 0,
      duplicateCount: 0,
    });
  });

  test('when nothing runs it ends in well under a second, open connections or not', async () => {
    const world = await createCountingWorld(1);
    const service = world.launch();
    world.people.write(FIRST, 'one');
    await service.logged('delivery.sent');
    await fetch(`${service.url}/health`);
    service.signal(signal);
    expect(await exitOf(service)).toEqual({
      code: 0,
      signal: null,
      tookMs: expect.toSatisfy((tookMs: number) => tookMs < 1000) as number,
    });
  });

  test('during the start it counts as soon as the service has started', async () => {
    const world = await createCountingWorld(1);
    mkdirSync(world.home);
    const ready = fileAppears(join(world.home, 'claudio.log'));
    const service = world.launch();
    await ready;
    service.signal(signal);
    expect(await service.exit).toEqual({ code: 0, signal: null });
    expect(service.log.at(-1)?.event).toBe('service.stopped');
  });
});

describe('the grace', () => {
  test('when it is over, the turn is stopped with all of its processes, and the next start tells of it (promises 3 and 9: nothing is run again by itself, no orphan stays)', async () => {
    const world = await createCountingWorld(2);
    world.environment['SHUTDOWN_GRACE'] = '1';
    const service = await atWork(world);
    expect(processesOf(world.home).length).toBeGreaterThan(0);
    service.signal('SIGTERM');
    expect(await service.exit).toEqual({ code: 0, signal: null });
    expect(processesOf(world.home)).toEqual([]);
    expect(answers(world)).toEqual([]);
    removeGate(world);
    expect(await world.finish()).toMatchObject({ runCount: 3, interruptionCount: 1 });
  });

  test('a reply that the platform does not take now waits for the next start and holds nothing up', async () => {
    const world = await createCountingWorld(1);
    const service = world.launch();
    const fault = world.api.fault(
      { method: 'sendMessage' },
      { kind: 'rate-limited', retryAfterSeconds: 1 },
    );
    world.people.write(FIRST, 'one');
    await service.logged('delivery.postponed');
    service.signal('SIGTERM');
    expect(await service.exit).toEqual({ code: 0, signal: null });
    expect(answers(world)).toEqual([]);
    fault.lift();
    expect(await world.finish()).toMatchObject({ runCount: 1, duplicateCount: 0 });
  });
});

describe('a second signal', () => {
  test('stops what runs at once: exit code 1, and no process is left', async () => {
    const world = await createCountingWorld(1);
    const service = await atWork(world);
    service.signal('SIGTERM');
    await service.logged('service.stopping');
    service.signal('SIGTERM');
    expect(await exitOf(service)).toEqual({
      code: 1,
      signal: null,
      tookMs: expect.toSatisfy((tookMs: number) => tookMs < 3000) as number,
    });
    expect(processesOf(world.home)).toEqual([]);
    removeGate(world);
    expect(await world.finish()).toMatchObject({ runCount: 3, interruptionCount: 1 });
  });

  test('does not wait for a reply that hangs on its way; the next start sends it', async () => {
    const world = await createCountingWorld(1);
    const service = world.launch();
    world.api.fault({ method: 'sendMessage' }, { kind: 'hang', moment: 'before' }, 1);
    const hanging = world.api.nextCall(({ method }) => method === 'sendMessage');
    world.people.write(FIRST, 'one');
    await hanging;
    service.signal('SIGTERM');
    await service.logged('service.stopping');
    service.signal('SIGINT');
    expect(await exitOf(service)).toMatchObject({
      code: 1,
      tookMs: expect.toSatisfy((tookMs: number) => tookMs < 2000) as number,
    });
    expect(await world.finish()).toMatchObject({ runCount: 1, duplicateCount: 0 });
  });
});
