import { expect, test } from 'vitest';
import { textReply } from '../standins/model/reply.ts';
import { holdModel, questionIn, readDatabase } from './inspect.ts';
import { press, said, write } from './person.ts';
import { createWorld, type RunningService } from './service.ts';

const TOOL = 'mcp__claudio__schedule_restart';
const REASON = { reason: 'The person wants it.' };

async function restartingWorld() {
  const world = await createWorld();
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  return world;
}

function startsOf(service: RunningService): number {
  return service.log.filter(({ event }) => event === 'service.started').length;
}

/** Resolves when the service has come up so often under its number. */
async function startedAgain(service: RunningService, count = 2): Promise<void> {
  await service.logged('webhook.unchanged', () => startsOf(service) === count);
}

test('a restart that Claude asks for comes after its answer, under the same process number, and neither the same update nor a later turn repeats it', async () => {
  const world = await restartingWorld();
  const service = await world.start();
  world.model.useTool(TOOL, REASON);
  world.model.answer('I restart now.');
  const update = world.api.updates.text('restart, please');
  await world.api.deliver(update);
  await startedAgain(service);
  expect(world.api.sentMessages().map(({ text }) => text)).toEqual(['I restart now.']);
  expect(world.model.requests[1]?.toolResults).toMatchObject([
    { text: expect.stringMatching(/^Scheduled: the restart happens after/u), isError: false },
  ]);
  const events = service.log.map(({ event }) => event);
  const wanted = ['delivery.sent', 'restart.begun', 'service.stopping', 'service.stopped'];
  const order = wanted.map((event) => events.indexOf(event));
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(order.at(0)).toBeGreaterThan(0);
  expect(events.lastIndexOf('service.started')).toBeGreaterThan(order.at(-1) ?? 0);
  // Nobody who watches over the process saw it end.
  expect(process.kill(service.pid, 0)).toBe(true);

  await world.api.deliver(update);
  await service.logged('update.duplicate');
  await write(world, 'still there?');
  await said(world, 'Answer to still there?');
  expect(world.model.requests).toHaveLength(3);
  expect(startsOf(service)).toBe(2);

  // It is the same service in every way: it stops in good order, and has left nothing to clear up.
  service.signal('SIGTERM');
  expect(await service.exit).toEqual({ code: 0, signal: null });
  expect(service.log.some(({ event }) => event.startsWith('recovery.'))).toBe(false);
  const { boots, restarts } = readDatabase(world.home).query;
  const ends = boots
    .findMany()
    .sync()
    .map(({ endedAtMs }) => endedAtMs);
  expect(ends).toEqual([expect.any(Number), expect.any(Number)]);
  expect(restarts.findMany().sync()).toMatchObject([
    { reason: REASON.reason, begunAtMs: expect.any(Number) as number },
  ]);
});

test('a turn that asked for a restart, was killed and is retried does not restart the service again', async () => {
  const world = await restartingWorld();
  const first = await world.start();
  world.model.useTool(TOOL, REASON);
  const held = holdModel(world.model);
  await write(world, 'restart, please');
  await held.asked;
  first.signal('SIGKILL');
  await first.exit;

  const service = await world.start();
  const notice = await world.api.message('the notice', ({ text }) => text.startsWith('⚡'));
  world.model.useTool(TOOL, REASON);
  world.model.answer('It was done before.');
  expect(await press(world, notice, '🔁 Retry')).toBe('Trying again.');
  await said(world, 'It was done before.');
  expect(world.model.requests.at(-1)?.toolResults).toMatchObject([
    {
      text: expect.stringMatching(/^The restart for this message was already done/u),
      isError: false,
    },
  ]);
  await write(world, 'still there?');
  await said(world, 'Answer to still there?');
  expect(service.log.filter(({ event }) => event.startsWith('restart.'))).toHaveLength(1);
  expect(startsOf(service)).toBe(1);
});

test('a restart waits for a turn of somebody else that runs, and what is written meanwhile is answered after it', async () => {
  const world = await restartingWorld();
  world.environment['TELEGRAM_ALLOWED_USERS'] = '2001';
  const from = { id: 2001, is_bot: false, first_name: 'Someone' };
  const service = await world.start();
  const held = holdModel(world.model);
  await write(world, 'a long piece of work', { from });
  await held.asked;
  world.model.useTool(TOOL, REASON);
  world.model.answer('I restart soon.');
  await write(world, 'restart, please');
  await said(world, 'I restart soon.');
  await service.logged('service.stopping');
  // Refused for now: it comes again by itself.
  const later = world.api.say('one more thing');
  expect(startsOf(service)).toBe(1);
  held.reply(textReply('The long piece is done.'));

  await startedAgain(service);
  await later;
  await said(world, 'Answer to one more thing');
  expect(world.api.sentMessages().map(({ text }) => text)).toEqual([
    'I restart soon.',
    'The long piece is done.',
    'Answer to one more thing',
  ]);
  expect(readDatabase(world.home).query.turns.findMany().sync()).toMatchObject([
    { status: 'done', attemptCount: 1 },
    { status: 'done', attemptCount: 1 },
    { status: 'done', attemptCount: 1 },
  ]);
});

test('a TERM that comes while a restart waits ends the service for good', async () => {
  const world = await restartingWorld();
  world.environment['TELEGRAM_ALLOWED_USERS'] = '2001';
  const from = { id: 2001, is_bot: false, first_name: 'Someone' };
  const service = await world.start();
  const held = holdModel(world.model);
  await write(world, 'a long piece of work', { from });
  await held.asked;
  world.model.useTool(TOOL, REASON);
  world.model.answer('I restart soon.');
  await write(world, 'restart, please');
  await service.logged('service.stopping');
  service.signal('SIGTERM');
  held.reply(textReply('The long piece is done.'));
  expect(await service.exit).toEqual({ code: 0, signal: null });
  expect(startsOf(service)).toBe(1);
  expect(world.api.sentMessages(2001).map(({ text }) => text)).toEqual(['The long piece is done.']);
});

test('what /verbose chose is kept over a restart, for its conversation alone', async () => {
  const world = await createWorld({ claude: 'instant' });
  Object.assign(world.environment, { TELEGRAM_ALLOWED_USERS: '2001', PROGRESS: 'brief' });
  const from = { id: 2001, is_bot: false, first_name: 'Someone' };
  const first = await world.start();
  await write(world, '/verbose full');
  await said(
    world,
    'From your next message on you see what I am doing now, and the last steps before it.',
  );
  first.signal('SIGTERM');
  await first.exit;

  await world.start();
  await write(world, '/verbose');
  await write(world, '/verbose', { from });
  const [, mine] = await world.api.sent(2, 1001);
  const [theirs] = await world.api.sent(1, 2001);
  expect(mine?.text).toMatch(/^You see what I am doing now, and the last steps before it\.\n\n• /u);
  expect(theirs?.text).toMatch(/^You see what I am doing now, once a turn takes longer/u);
});
