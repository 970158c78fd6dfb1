import { expect, test } from 'vitest';
import { createQueue } from '../../src/inbox/queue.ts';
import { createWorker } from '../../src/turns/worker.ts';
import { inboundMessage } from '../support/inbound.ts';
import { testLog } from '../support/log.ts';
import { turnWorld } from '../support/turns.ts';

test.each([1, 2, 3, 4, 5, 6])(
  'a turn whose time comes while the queue is being looked at is not forgotten: after look %i',
  async (lookCount) => {
    const { log, logged } = testLog();
    const world = turnWorld();
    const album = { ...inboundMessage(1, 'look'), albumId: 'album' };
    world.conversations.ensure(album.conversation);
    world.queue.enqueue(album, 'haiku');
    // A timer may come a little early, and then time goes on from one look at the clock to the next.
    let now = (world.queue.nextDueAtMs() ?? 0) - lookCount;
    const clock = { ...world.clock, now: () => now++ };
    const queue = createQueue(world.database, clock, world.messages, {
      maxQueueSize: 5,
      joinQueued: false,
    });
    const worker = createWorker({
      ...world,
      clock,
      queue,
      log,
      bootId: 'boot',
      maxConcurrentTurns: 1,
      ended: () => undefined,
    });
    worker.wake();
    expect(await logged('turn.done')).toHaveLength(1);
    await worker.drain(10_000);
  },
);
