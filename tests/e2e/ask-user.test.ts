import { expect, test } from 'vitest';
import type { StoredMessage } from '../../src/playground/bot-api/bot-api.ts';
import { png } from '../contract/samples.ts';
import { textReply, toolReply } from '../standins/model/reply.ts';
import { processesOf, questionIn, readDatabase } from './inspect.ts';
import { labelsOf, press, said, write } from './person.ts';
import { createWorld, type RunningService, type World } from './service.ts';

const TOOL = 'mcp__claudio__ask_user';
const TOO_LATE = 'That is no longer possible.';
const QUESTION = { question: 'Which *colour*?', options: ['Red', 'Blue *or* so'] };
const ASKED = '❓ Which colour?';

/** Asks with the real tool, and answers with what the tool gave back. */
async function askingWorld(input: object, settings: Readonly<Record<string, string>> = {}) {
  const world = await createWorld();
  Object.assign(world.environment, settings);
  world.model.useTool(TOOL, input);
  const service = await world.start();
  return { ...world, service };
}

function answerWithResult(world: World): void {
  world.model.answerWith(({ toolResults }) => textReply(`It said: ${toolResults[0]?.text}`));
}

async function kill(service: RunningService): Promise<void> {
  service.signal('SIGKILL');
  await service.exit;
}

function notice(world: World): Promise<StoredMessage> {
  return world.api.message('the notice', ({ text }) => text.startsWith('⚡'));
}

test('a question with buttons waits for a press, which is the answer, and then says what was chosen and by whom', async () => {
  const world = await askingWorld(QUESTION);
  answerWithResult(world);
  await write(world, 'paint the house');
  const question = await said(world, ASKED);
  expect(question.entities).toMatchObject([{ type: 'italic', offset: 8, length: 6 }]);
  expect(labelsOf(question)).toEqual(QUESTION.options);
  // Whatever else can be pressed there is no answer.
  expect(await press(world, question, 'answer:1.2')).toBe(TOO_LATE);
  expect(await press(world, question, 'answer:2.0')).toBe(TOO_LATE);
  expect(world.model.requests).toHaveLength(1);

  expect(await press(world, question, 'Blue *or* so')).toBe('Blue *or* so');
  await said(world, 'It said: Owner answered: Blue or so');
  await said(world, `${ASKED}\n\n➡️ Blue *or* so: chosen by Owner.`);
  expect(labelsOf(question)).toEqual([]);
  expect(await press(world, question, 'answer:1.0')).toBe(TOO_LATE);

  world.model.answer('Fine.');
  await write(world, 'what did I choose?');
  await said(world, 'Fine.');
  expect(world.model.requests.at(-1)?.prompt).toMatch(
    /paint the house\n[^]*❓ Which \*colour\*\?\n[^]*from="Owner"[^>]*>\nBlue \*or\* so\n[^]*It said: /u,
  );
});

test('a question without options is answered by the next words, which are no message of their own', async () => {
  const world = await askingWorld({ question: 'What is it to be called?' });
  answerWithResult(world);
  await write(world, 'make a folder');
  const question = await said(world, '❓ What is it to be called?');
  expect(labelsOf(question)).toEqual([]);
  // A command is a command, whoever waits.
  await write(world, '/queue');
  await world.api.message('the list', ({ text }) => text.startsWith('▶️ make a folder'));
  await write(world, 'plans & more');
  await said(world, 'It said: Owner answered: plans & more');

  world.model.answer('You are welcome.');
  await write(world, 'thank you');
  await said(world, 'You are welcome.');
  expect(readDatabase(world.home).query.turns.findMany().sync()).toMatchObject([
    { status: 'done', attemptCount: 1 },
    { status: 'done', attemptCount: 1 },
  ]);
});

test('an album that comes while an answer is waited for is told once that it comes next', async () => {
  const world = await askingWorld(QUESTION);
  answerWithResult(world);
  await write(world, 'paint the house');
  const question = await said(world, ASKED);
  const content = png(2, 2);
  const photos = [1, 2, 3].map(() => ({ kind: 'photo' as const, content }));
  for (const part of world.api.updates.album(photos)) await world.api.deliver(part);
  const next = 'I take this next. First I wait for your answer to: Which *colour*?';
  await said(world, next);
  world.model.always(() => textReply('Seen.'));
  expect(await press(world, question, 'Red')).toBe('Red');
  await said(world, 'Seen.');
  expect(world.api.sentMessages().filter(({ text }) => text === next)).toHaveLength(1);
});

test('/stop ends a turn that waits for an answer; its buttons do nothing then, and what is written next is a message', async () => {
  const world = await askingWorld(QUESTION);
  await write(world, 'paint the house');
  const question = await said(world, ASKED);
  await write(world, '/stop');
  await world.api.message('the end', ({ text }) => text.startsWith('⏹ Stopped.'));
  expect(processesOf(world.home)).toEqual([]);
  expect(await press(world, question, 'Red')).toBe(TOO_LATE);
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  await write(world, 'Red');
  await said(world, 'Answer to Red');
  expect(readDatabase(world.home).query.questions.findMany().sync()).toMatchObject([
    { status: 'withdrawn', answer: null },
  ]);
});

test('a service that is killed while it waits keeps the question: its buttons set the turn going again with the answer, once', async () => {
  const world = await askingWorld(QUESTION);
  await write(world, 'paint the house');
  const question = await said(world, ASKED);
  await world.service.logged('delivery.sent');
  await kill(world.service);

  const service = await world.start();
  const told = await notice(world);
  expect(told.text).toMatch(
    /^⚡ I was interrupted while I waited for your answer to: “Which \*colour\*\?”\. Press Retry, and I ask again\./u,
  );
  expect(labelsOf(told)).toEqual(['🔁 Retry', '🗑 Discard']);
  // Nobody waits for words now: they are a message like any other.
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  await write(world, 'hello?');
  await said(world, 'Answer to hello?');
  expect(await press(world, question, 'Red')).toBe('Red');
  await said(world, 'Answer to paint the house');
  await said(world, `${ASKED}\n\n➡️ Red: chosen by Owner.`);
  expect(world.model.requests.at(-1)?.prompt).toMatch(
    /In that attempt you asked:\n\n<claudio-question>\nWhich \*colour\*\?\n<\/claudio-question>\n<claudio-answer>\nRed\n<\/claudio-answer>/u,
  );
  expect(await press(world, question, 'answer:1.1')).toBe(TOO_LATE);
  expect(await press(world, told, '🔁 Retry')).toBe(TOO_LATE);
  expect(world.model.requests).toHaveLength(3);
  await kill(service);

  // Nor does anything come of it later.
  await world.start();
  await write(world, 'bye');
  await said(world, 'Answer to bye');
  expect(world.model.requests).toHaveLength(4);
  expect(readDatabase(world.home).query.questions.findMany().sync()).toMatchObject([
    { status: 'answered', answer: 'Red', answeredBy: 'Owner' },
  ]);
});

test('after such a crash Retry works as well: the same question is shown again, is the same still, and the buttons of either answer it', async () => {
  const world = await askingWorld(QUESTION);
  await write(world, 'paint the house');
  const question = await said(world, ASKED);
  await world.service.logged('delivery.sent');
  await kill(world.service);

  await world.start();
  const isAnswered = Promise.withResolvers<void>();
  world.model.answerWith(async () => {
    await isAnswered.promise;
    return toolReply(TOOL, QUESTION);
  });
  answerWithResult(world);
  const isAskedAgain = world.model.nextRequest();
  // An answer that comes before Claude asks again is not lost, nor is it asked for twice.
  expect(await press(world, await notice(world), '🔁 Retry')).toBe('Trying again.');
  expect((await isAskedAgain).prompt).toMatch(
    /Which \*colour\*\?\n<\/claudio-question>\nnot answered yet/u,
  );
  expect(await press(world, question, 'Red')).toBe('Red');
  isAnswered.resolve();
  await said(world, 'It said: Owner answered: Red');
  await said(world, `${ASKED}\n\n➡️ Red: chosen by Owner.`);
  const questions = world.api.sentMessages().filter(({ text }) => text.startsWith('❓'));
  expect(questions).toEqual([question]);
});

test('a service that is stopped while it waits keeps the question as well', async () => {
  const world = await askingWorld(QUESTION, { SHUTDOWN_GRACE: '0' });
  await write(world, 'paint the house');
  const question = await said(world, ASKED);
  world.service.signal('SIGTERM');
  await world.service.exit;

  await world.start();
  await notice(world);
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  expect(await press(world, question, 'Red')).toBe('Red');
  await said(world, 'Answer to paint the house');
});

test('a person may take longer to answer than Claude may be silent, and sees nobody type meanwhile', async () => {
  const world = await askingWorld(QUESTION, { TURN_IDLE_LIMIT: '10' });
  answerWithResult(world);
  await write(world, 'paint the house');
  const question = await said(world, ASKED);
  const askedAtMs = performance.now();
  await expect
    .poll(() => performance.now() - askedAtMs, { timeout: 20_000 })
    .toBeGreaterThan(12_000);
  // One may have been on its way.
  const late = world.api.chatActions.filter(({ atMs }) => atMs > question.atMs + 2000);
  expect(late).toEqual([]);
  expect(await press(world, question, 'Red')).toBe('Red');
  await said(world, 'It said: Owner answered: Red');
});
