import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createConsoleSessions } from '../../src/console/sessions.ts';
import { SHELL_PERSON } from '../../src/core/role.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/database/open.ts';
import { createAudit } from '../../src/policy/audit.ts';
import { patches, readEvents } from '../console/now-world.ts';
import { holdModel, readDatabase } from './inspect.ts';
import { press, said, write } from './person.ts';
import { createWorld, type RunningService, type World } from './service.ts';

/** The console of a service, as the page of somebody who has come in uses it. */
function consoleOf(world: World, service: RunningService) {
  const database = openDatabase(join(world.home, 'claudio.db'), 'share');
  onTestFinished(() => database.close());
  const audit = createAudit({ database, clock: systemClock });
  const sessions = createConsoleSessions(database, systemClock, audit);
  const token = sessions.open(sessions.invite()) ?? '';
  const headers = { cookie: `claudio_console_${world.port}=${token}`, origin: service.url };
  const post = async (path: string): Promise<number> => {
    const how = { method: 'POST', headers, redirect: 'manual' } as const;
    return (await fetch(service.url + path, how)).status;
  };
  return {
    page: async () => await (await fetch(service.url, { headers })).text(),
    stream: async () => readEvents(await fetch(`${service.url}/live/now`, { headers })),
    /** Presses a button twice at once; resolves with the lower status and the higher one. */
    pressTwice: async (path: string) =>
      (await Promise.all([post(path), post(path)])).toSorted((a, b) => a - b),
  };
}

/** What was done in the console, by the audit log. */
function acts(world: World): readonly unknown[] {
  return readDatabase(world.home)
    .query.audit.findMany()
    .sync()
    .filter(({ event }) => /^console\.(?:stop|cancel|retry|discard|resend|dismiss)$/u.test(event))
    .map(({ event, personId, turnId }) => ({ event, personId, turnId }));
}

test('what runs and what waits is seen as it happens; Stop and Cancel do so once, and the chat says it', async () => {
  const world = await createWorld();
  world.model.answerWith(() => ({ kind: 'hang' }));
  const service = await world.start();
  const { page, stream, pressTwice } = consoleOf(world, service);
  const events = await stream();
  const asked = world.model.nextRequest();
  const first = await write(world, 'watch the build');
  await events.next(patches('running', 'watch the build'));
  const second = await write(world, 'and then tidy up');
  await events.next(patches('waiting', 'and then tidy up'));
  expect(await page()).toContain('and then tidy up');

  expect(await pressTwice('/turns/2/cancel')).toEqual([303, 409]);
  await events.next(patches('waiting', 'Nothing waits.'));
  const cancelled = await said(world, '✖️ Taken out of the queue from the console.');
  expect(cancelled.replyTo).toBe(second.messageId);

  await asked;
  expect(await pressTwice('/turns/1/stop')).toEqual([303, 409]);
  const stopping = await said(world, '⏹ Stopping: that was asked for in the console.');
  expect(stopping.replyTo).toBe(first.messageId);
  await said(world, '⏹ Stopped.');
  await events.next(patches('running', 'Nothing runs.'));
  expect(world.api.sentMessages()).toHaveLength(3);
  expect(world.model.requests).toHaveLength(1);
  expect(readDatabase(world.home).query.turns.findMany().sync()).toMatchObject([
    { status: 'cancelled', attemptCount: 1 },
    { status: 'cancelled', attemptCount: 0 },
  ]);
  expect(acts(world)).toEqual([
    { event: 'console.cancel', personId: SHELL_PERSON, turnId: 2 },
    { event: 'console.stop', personId: SHELL_PERSON, turnId: 1 },
  ]);
});

test('a turn that ran when the service was killed runs once more by Retry, once, and the old button in the chat is too late', async () => {
  const world = await createWorld();
  const { asked } = holdModel(world.model);
  const killed = await world.start();
  await write(world, 'fix it');
  await asked;
  killed.signal('SIGKILL');
  await killed.exit;

  const service = await world.start();
  const notice = await world.api.message('the notice', ({ text }) => text.startsWith('⚡'));
  const { stream, pressTwice } = consoleOf(world, service);
  const events = await stream();
  await events.next(patches('interrupted', 'fix it'));
  world.model.answer('Done this time.');
  expect(await pressTwice('/turns/1/retry')).toEqual([303, 409]);
  await said(world, '🔁 Started again from the console.');
  await said(world, 'Done this time.');
  await events.next(patches('interrupted', 'Nothing was interrupted.'));
  for (const button of ['🔁 Retry', '🗑 Discard']) {
    expect(await press(world, notice, button)).toBe('That is no longer possible.');
  }
  expect(world.model.requests).toHaveLength(2);
  expect(readDatabase(world.home).query.turns.findMany().sync()).toMatchObject([
    { status: 'done', attemptCount: 2, interruptionCount: 1 },
  ]);
  expect(acts(world)).toEqual([{ event: 'console.retry', personId: SHELL_PERSON, turnId: 1 }]);
});

test('an answer that the Bot API refused is shown with its reason, and Resend delivers it, once', async () => {
  const world = await createWorld();
  world.api.fault({ method: 'sendMessage' }, { kind: 'blocked' }, 1);
  world.model.answer('The answer.');
  const service = await world.start();
  const { page, stream, pressTwice } = consoleOf(world, service);
  const events = await stream();
  await write(world, 'a question');
  await events.next(patches('failed', '403: Forbidden: bot was blocked by the user'));
  expect(await page()).toContain('action="/deliveries/1/resend"');
  expect(world.api.sentMessages()).toEqual([]);

  expect(await pressTwice('/deliveries/1/resend')).toEqual([303, 409]);
  await said(world, 'The answer.');
  await events.next(patches('failed', 'Everything that was said has arrived'));
  expect(world.api.sentMessages()).toHaveLength(1);
  expect(acts(world)).toEqual([{ event: 'console.resend', personId: SHELL_PERSON, turnId: 1 }]);
});
