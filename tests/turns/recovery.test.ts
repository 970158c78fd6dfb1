import { expect, test } from 'vitest';
import { createPressHandler } from '../../src/commands/presses.ts';
import { recordBoot } from '../../src/turns/boot.ts';
import { recover } from '../../src/turns/recovery.ts';
import { conversation } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

function service() {
  const world = turnWorld();
  const press = createPressHandler(world);
  return {
    ...world,
    press: (data: string, chat?: string) =>
      press({
        kind: 'press',
        updateId: 1,
        conversation: conversation(chat),
        sender: { id: '42', name: 'Owner_1' },
        messageId: '7',
        messageText: 'I was interrupted.',
        data,
        pressId: 'p',
      }),
    statuses: () =>
      world.database.orm.query.turns
        .findMany()
        .sync()
        .map(({ status }) => status),
    lastPart: () => world.database.orm.query.deliveries.findMany().sync().at(-1)?.part,
  };
}

test('a turn that is found running is told with two buttons, and a third time without', async () => {
  const world = service();
  const turnId = world.arrive('fix it');
  const buttons = [
    [
      { label: '🔁 Retry', data: `retry:${turnId}` },
      { label: '🗑 Discard', data: `discard:${turnId}` },
    ],
  ];
  for (const bootId of ['first', 'second']) {
    const turn = world.queue.claim(bootId);
    world.records.toolUsed(turnId, turn?.attempt ?? 0, {
      id: 'x',
      tool: 'Bash',
      summary: `Running ${bootId}`,
      inputDigest: '',
    });
    await recover({ ...world, bootId: 'next' });
    expect(world.statuses()).toEqual(['interrupted']);
    expect(world.lastPart()).toMatchObject({
      markdown: expect.stringContaining(`I was interrupted while: Running ${bootId}.`),
      replyTo: '1',
      buttons,
    });
    // Nothing is run again by itself.
    expect(world.queue.claim('next')).toBeNull();
    expect(world.press(`retry:${turnId}`)).toBe('Trying again.');
    expect(world.press(`retry:${turnId}`)).toBe('That is no longer possible.');
    expect(world.press(`discard:${turnId}`)).toBe('That is no longer possible.');
  }
  expect(world.queue.claim('third')).toMatchObject({
    turnId,
    attempt: 3,
    marker: `third.${turnId}.3`,
  });
  await recover({ ...world, bootId: 'next' });
  expect(world.statuses()).toEqual(['failed']);
  expect(world.lastPart()).toMatchObject({
    markdown: expect.stringContaining('third time'),
    buttons: [],
  });
  expect(world.press(`retry:${turnId}`)).toBe('That is no longer possible.');
});

test('what waited in a backup is asked about and not run; what came after is run', async () => {
  const world = service();
  const turnId = world.arrive('fix it');
  world.queue.claim('first');
  world.arrive('then this');
  const lastOfBackup = world.arrive('and that', '43');
  world.arrive('new', '43');
  await recover({ ...world, bootId: 'next', restoredUpTo: lastOfBackup });
  expect(world.statuses()).toEqual(['interrupted', 'interrupted', 'interrupted', 'queued']);
  expect(world.lastPart()).toMatchObject({
    markdown: expect.stringContaining('I was put back from a backup'),
    buttons: [
      [
        { label: '🔁 Retry', data: `retry:${lastOfBackup}` },
        { label: '🗑 Discard', data: `discard:${lastOfBackup}` },
      ],
    ],
  });
  expect(world.press(`retry:${turnId}`)).toBe('Trying again.');
});

test('a discarded turn stays discarded, and the message says by whom', async () => {
  const world = service();
  const turnId = world.arrive('fix it');
  world.queue.claim('first');
  await recover({ ...world, bootId: 'next' });
  // Not where it was not shown, not even for somebody who may use the bot there.
  world.arrive('hello', '43');
  expect(world.press(`discard:${turnId}`, '43')).toBe('That is no longer possible.');
  expect(world.press(`discard:${turnId}`)).toBe('Discarded.');
  expect(world.lastPart()).toMatchObject({
    messageId: '7',
    markdown: 'I was interrupted\\.\n\n**🗑 Discarded by Owner\\_1.**',
    buttons: [],
  });
  expect(world.press(`retry:${turnId}`)).toBe('That is no longer possible.');
  expect(world.statuses()).toEqual(['cancelled', 'queued']);
  const audit = world.database.orm.query.audit.findMany().sync();
  expect(audit.filter(({ event }) => event === 'press.discard')).toMatchObject([
    { personId: '42', turnId, conversationId: 'telegram:1:42' },
  ]);
});

test('a retry that finds the queue full is told so and can be pressed again', async () => {
  const world = turnWorld({ maxQueueSize: 1 });
  const press = createPressHandler(world);
  const turnId = world.arrive('fix it');
  world.queue.claim('first');
  await recover({ ...world, bootId: 'next' });
  world.arrive('something else');
  const pressed = {
    kind: 'press' as const,
    updateId: 1,
    conversation: conversation(),
    sender: { id: '42', name: 'Owner' },
    messageId: '7',
    messageText: 'text',
    data: `retry:${turnId}`,
    pressId: 'p',
  };
  expect(press(pressed)).toBe('1 message already waiting. Try again when the queue is shorter.');
  world.queue.cancelAll('telegram:1:42');
  expect(press(pressed)).toBe('Trying again.');
});

test('a stop that was asked for before the crash counts as done', async () => {
  const world = service();
  const turnId = world.arrive('fix it');
  world.queue.claim('first');
  world.queue.requestStop(turnId);
  await recover({ ...world, bootId: 'next' });
  expect(world.statuses()).toEqual(['cancelled']);
  expect(world.lastPart()).toMatchObject({ markdown: '⏹ Stopped.', buttons: [] });
});

test('processes are looked for of those starts that did not end in good order, and of no other', async () => {
  const world = service();
  recordBoot(world.database, world.clock, 'died', true);
  recordBoot(world.database, world.clock, 'ended', true).ended();
  recordBoot(world.database, world.clock, 'this', true);
  await recover({ ...world, bootId: 'this' });
  expect(world.agent.leftovers).toEqual(['died.']);
});
