import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StoredMessage } from '../../src/playground/bot-api/bot-api.ts';
import { textReply } from '../standins/model/reply.ts';
import { readDatabase } from './inspect.ts';
import { createWorld, type World } from './service.ts';

/** A command that goes on until the turn is stopped, or `releaseFile` is there. */
const WAIT = 'while [ ! -e released ]; do sleep 0.1; done';

/** A world in which progress is shown, as it is unless it is set otherwise. */
async function progressWorld(): Promise<World> {
  const world = await createWorld();
  delete world.environment['PROGRESS'];
  return world;
}

function isProgress({ text }: StoredMessage): boolean {
  return text.startsWith('⏳');
}

/** That it thinks is shown before, where the program takes long to start. */
function isRunning({ text }: StoredMessage): boolean {
  return /^⏳ \d+ s\n\nRunning while /u.test(text);
}

function isListed(message: StoredMessage): boolean {
  return (
    isProgress(message) && /✓ Running true, (?:under 1|\d+) s\n\nRunning while/u.test(message.text)
  );
}

/** Everything that was ever shown in the message with this id, as the calls had it. */
function shownIn(world: World, messageId: number): readonly string[] {
  return world.api.calls
    .filter(
      ({ method, params, status }) =>
        status === 200 &&
        (method === 'editMessageText'
          ? params['message_id'] === messageId
          : method === 'sendMessage' && String(params['text']).startsWith('⏳')),
    )
    .map(({ params }) => String(params['text']));
}

test('a slow command shows what runs and for how long in one silent message, which goes after the answer (promise 6: signs of life during long work, and which tools run)', async () => {
  const world = await progressWorld();
  await world.start();
  world.model.useTool('Bash', { command: `${WAIT}; echo done` });
  world.model.answer('All green.');
  await world.api.say('run the tests');
  const shown = await world.api.message('the progress', isRunning);
  expect(shown.replyMarkup?.inline_keyboard.flat().map(({ text }) => text)).toEqual(['⏹ Stop']);
  const first = world.api.calls.find(
    ({ method, params }) => method === 'sendMessage' && String(params['text']).startsWith('⏳'),
  );
  expect(first?.params).toMatchObject({ disable_notification: true });
  const edit = (what: string, text: RegExp) =>
    world.api.call(
      what,
      ({ method, params }) =>
        method === 'editMessageText' &&
        params['message_id'] === shown.messageId &&
        text.test(String(params['text'])),
    );
  // Three seconds later at the earliest.
  const next = await edit('an edit of it', /^⏳ \d+ s\n\nRunning while /u);
  expect(next.atMs - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(2900);
  await edit('an edit that says for how long it runs', /^⏳ \d+ s\n\nRunning while .*, \d+ s$/u);

  writeFileSync(join(world.userHome, 'released'), '');
  const answer = await world.api.message('the answer', ({ text }) => text === 'All green.');
  const removal = await world.api.call('its removal', ({ method }) => method === 'deleteMessage');
  expect(removal.params).toMatchObject({ message_id: shown.messageId });
  expect(removal.atMs).toBeGreaterThanOrEqual(answer.atMs);
  expect(await world.api.sent(1)).toHaveLength(1);
  const levels = shownIn(world, shown.messageId);
  expect(levels.length).toBeGreaterThanOrEqual(2);
});

test('the Stop button of the progress stops the turn, and the message goes', async () => {
  const world = await progressWorld();
  const service = await world.start();
  world.model.useTool('Bash', { command: WAIT });
  await world.api.say('run the tests');
  const shown = await world.api.message('the progress', isRunning);
  await world.api.deliver(world.api.updates.press(shown, '⏹ Stop'));
  const stopped = await world.api.message('the end', ({ text }) => text.startsWith('⏹ Stopped.'));
  expect(stopped.text).toContain('Running while');
  await service.logged('turn.cancelled');
  await world.api.call('its removal', ({ method }) => method === 'deleteMessage');
  expect([...world.api.presses.values()][0]?.answers).toEqual([
    { text: 'Stopping.', showAlert: false },
  ]);
});

test('a limit on the progress slows the progress alone: the answer goes out at once (promise 10: a cosmetic call never mutes the bot)', async () => {
  const world = await progressWorld();
  await world.start();
  const fault = world.api.fault(
    { method: 'sendMessage', when: ({ params }) => String(params['text']).startsWith('⏳') },
    { kind: 'rate-limited', retryAfterSeconds: 3600 },
  );
  world.model.useTool('Bash', { command: WAIT });
  world.model.answer('All green.');
  await world.api.say('run the tests');
  await world.api.call('a refused sign', ({ status }) => status === 429);
  writeFileSync(join(world.userHome, 'released'), '');
  const [answer] = await world.api.sent(1);
  expect(answer?.text).toBe('All green.');
  fault.lift();
  const database = readDatabase(world.home);
  const rows = database.query.deliveries.findMany().sync();
  expect(rows.map(({ attemptCount, rateLimited }) => [attemptCount, rateLimited])).toEqual([
    [1, false],
  ]);
});

test('a turn that was interrupted leaves no progress behind', async () => {
  const world = await progressWorld();
  const service = await world.start();
  world.model.useTool('Bash', { command: WAIT });
  await world.api.say('run the tests');
  const shown = await world.api.message('the progress', isProgress);
  await world.api.until('its id in the database', () =>
    readDatabase(world.home)
      .query.turns.findMany()
      .sync()
      .find(({ progressMessageId }) => progressMessageId === String(shown.messageId)),
  );
  service.signal('SIGKILL');
  await service.exit;
  await world.start();
  await world.api.message('the word', ({ text }) => text.startsWith('⚡ I was interrupted'));
  await world.api.call('its removal', ({ method }) => method === 'deleteMessage');
  expect(world.api.sentMessages().filter(isProgress)).toEqual([]);
});

test('with /verbose full the steps before are shown too', async () => {
  const world = await progressWorld();
  await world.start();
  await world.api.say('/verbose full');
  await world.api.sent(1);
  world.model.useTool('Bash', { command: 'true' });
  world.model.useTool('Bash', { command: WAIT });
  world.model.answer('All green.');
  await world.api.say('run the tests');
  await world.api.message('the steps', isListed);
});

test('PROGRESS=full shows the steps from the start, without a word of the person', async () => {
  const world = await createWorld();
  world.environment['PROGRESS'] = 'full';
  await world.start();
  world.model.useTool('Bash', { command: 'true' });
  world.model.useTool('Bash', { command: WAIT });
  world.model.answer('All green.');
  await world.api.say('run the tests');
  await world.api.message('the steps', isListed);
});

test('with STREAM_ANSWERS=1 the answer is seen as it grows, in one message, and comes whole in the end', async () => {
  const world = await progressWorld();
  world.environment['STREAM_ANSWERS'] = '1';
  await world.start();
  const gate = Promise.withResolvers<void>();
  let eventCount = 0;
  world.model.answerWith(() => ({
    ...textReply('The first line.\n\nThe second line.\n\nThe third line.'),
    beforeEvent: () => {
      eventCount += 1;
      return eventCount > 4 ? gate.promise : Promise.resolve();
    },
  }));
  await world.api.say('tell me');
  const growing = await world.api.message('the beginning', ({ text }) => text.endsWith('▍'));
  expect(growing.text).toContain('The first');
  gate.resolve();
  const answer = await world.api.message('the answer', ({ text }) => text.endsWith('third line.'));
  expect(answer.text).toBe('The first line.\n\nThe second line.\n\nThe third line.');
  await world.api.call('its removal', ({ method }) => method === 'deleteMessage');
  expect(await world.api.sent(1)).toHaveLength(1);
});

test('with STREAM_ANSWERS=draft it is seen as a draft, which no message is left of', async () => {
  const world = await createWorld();
  world.environment['STREAM_ANSWERS'] = 'draft';
  await world.start();
  const gate = Promise.withResolvers<void>();
  let eventCount = 0;
  world.model.answerWith(() => ({
    ...textReply('The first line.\n\nThe second line.'),
    beforeEvent: () => {
      eventCount += 1;
      return eventCount > 4 ? gate.promise : Promise.resolve();
    },
  }));
  await world.api.say('tell me');
  const draft = await world.api.call('a draft', ({ method }) => method === 'sendMessageDraft');
  expect(draft.params).toMatchObject({ draft_id: 1 });
  expect(String(draft.params['text'])).toContain('The first');
  gate.resolve();
  const [answer, ...more] = await world.api.sent(1);
  expect(answer?.text).toBe('The first line.\n\nThe second line.');
  expect(more).toEqual([]);
});
