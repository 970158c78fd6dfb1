import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { claudio, startClaudio } from '../cli/claudio.ts';
import { png } from '../mcp/images.ts';
import { errorReply, textReply } from '../standins/model/reply.ts';
import { holdModel, questionIn, readDatabase } from './inspect.ts';
import { said } from './person.ts';
import { createWorld } from './service.ts';

test('claudio send arrives in the chat in a moment, formatted, without a turn, and says so', async () => {
  const world = await createWorld();
  await world.start();
  expect(await claudio(['send', 'The **backup** is done.'], world.environment)).toEqual({
    code: 0,
    stdout: '✔ Delivered.\n',
    stderr: '',
  });
  expect(world.api.sentMessages()).toMatchObject([
    { text: 'The backup is done.', entities: [{ type: 'bold' }], replyTo: null },
  ]);
  expect(readDatabase(world.home).query.turns.findMany().sync()).toEqual([]);
});

test('files go with their words as a caption, pictures as pictures, and no copy is left', async () => {
  const world = await createWorld({ claude: 'instant' });
  await world.start();
  const put = (name: string, content: string | Buffer) => {
    writeFileSync(join(world.userHome, name), content);
    return join(world.userHome, name);
  };
  const picture = put('chart.png', png(40, 30));
  const report = put('report.csv', 'a;b\n');
  const bare = await claudio(['send', '--file', picture], world.environment);
  expect(bare).toMatchObject({ code: 0, stdout: '✔ Delivered.\n' });
  const withWords = await claudio(['send', '-F', report, 'The *report*'], world.environment);
  expect(withWords).toMatchObject({ code: 0, stdout: '✔ Delivered.\n' });
  expect(world.api.sentMessages()).toMatchObject([
    { text: '', photo: { content: png(40, 30) } },
    { text: 'The report', document: { fileName: 'report.csv', content: Buffer.from('a;b\n') } },
  ]);
  expect(readdirSync(join(world.home, 'outgoing'))).toEqual([]);
});

test('a message that Telegram refuses ends with 1 and its reason', async () => {
  const world = await createWorld({ claude: 'instant' });
  await world.start();
  world.api.fault({ method: 'sendMessage' }, { kind: 'blocked' });
  const ended = await claudio(['send', 'hello?'], world.environment);
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(
    /^The message cannot be delivered: 403: Forbidden: bot was blocked by the user\./u,
  );
});

test('what was sent while the service was down goes out at its start, in order', async () => {
  const world = await createWorld({ claude: 'instant' });
  const first = await world.start();
  first.signal('SIGTERM');
  await first.exit;
  for (const text of ['one', 'two']) {
    const { stdout } = await claudio(['send', text], world.environment);
    expect(stdout).toMatch(/^⚠ Kept: the service is not running/u);
  }
  await world.start();
  await said(world, 'two');
  expect(world.api.sentMessages().map(({ text }) => text)).toEqual(['one', 'two']);
});

test('claudio ask is shown in the chat and answered in both places, and the talk goes on from it', async () => {
  const world = await createWorld();
  world.model.answer('It is **42**.');
  await world.start();
  const ended = await claudio(['ask', 'What is it?\nTell me.'], world.environment);
  expect(ended).toEqual({ code: 0, stdout: 'It is **42**.\n', stderr: '' });
  const answer = await said(world, 'It is 42.');
  expect(answer.replyTo).toBeNull();
  expect(world.api.sentMessages().map(({ text }) => text)).toEqual([
    '🖥 Asked from the shell:\n\nWhat is it?\nTell me.',
    'It is 42.',
  ]);
  const [request] = world.model.requests;
  expect(request && questionIn(request)).toBe('What is it?\nTell me.');

  world.model.answer('As I said.');
  await world.api.say('are you sure?');
  await said(world, 'As I said.');
  expect(world.model.requests.at(-1)?.prompt).toMatch(
    /What is it\?\nTell me\.\n<\/claudio-message>[^]*It is \*\*42\*\*\./u,
  );
});

test('--json tells turn, model, tokens, cost and duration', async () => {
  const world = await createWorld();
  world.model.answer('Yes.');
  await world.start();
  const { code, stdout } = await claudio(['ask', '--json'], world.environment, 'Is it?');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    status: 'answered',
    answer: 'Yes.',
    turn: 1,
    model: expect.stringMatching(/haiku/u),
    tokens: {
      input: expect.any(Number),
      output: expect.any(Number),
      cacheRead: expect.any(Number),
      cacheWrite: expect.any(Number),
    },
    costUsd: expect.any(Number),
    durationMs: expect.any(Number),
  });
});

test('a turn that fails ends with 1, and its sentence is on standard error alone', async () => {
  const world = await createWorld();
  world.model.always(() => errorReply(400));
  await world.start();
  const ended = await claudio(['ask', 'hello'], world.environment);
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(/^⚠️ /u);
});

test('without the service nothing is asked, and a full queue refuses', async () => {
  const world = await createWorld();
  world.environment['MAX_QUEUE_SIZE'] = '1';
  const held = holdModel(world.model);
  const service = await world.start();
  await world.api.say('first');
  await held.asked;
  await world.api.say('second');
  const full = await claudio(['ask', 'third'], world.environment);
  expect(full).toMatchObject({ code: 75, stdout: '' });
  expect(full.stderr).toMatch(/^The queue is full: 1 wait already\. Nothing was asked\./u);
  service.signal('SIGKILL');
  await service.exit;
  const down = await claudio(['ask', 'fourth'], world.environment);
  expect(down).toMatchObject({ code: 69, stdout: '' });
  expect(down.stderr).toMatch(/^The service is not running, so nobody would answer/u);
  expect(readDatabase(world.home).query.turns.findMany().sync()).toHaveLength(2);
});

test('questions from a shell and messages from the chat take their turns in one queue', async () => {
  const world = await createWorld();
  world.model.always((request) => textReply(`Answer to ${questionIn(request)}`));
  await world.start();
  const asked = ['a', 'b'].map((text) => claudio(['ask', text], world.environment));
  const sent = ['x', 'y'].map((text) => claudio(['send', text], world.environment));
  await world.api.say('from the chat');
  expect((await Promise.all(asked)).map(({ stdout }) => stdout)).toEqual([
    'Answer to a\n',
    'Answer to b\n',
  ]);
  expect((await Promise.all(sent)).map(({ code }) => code)).toEqual([0, 0]);
  await said(world, 'Answer to from the chat');
  const turns = readDatabase(world.home).query.turns.findMany().sync();
  expect(turns.map(({ status, attemptCount }) => [status, attemptCount])).toEqual([
    ['done', 1],
    ['done', 1],
    ['done', 1],
  ]);
});

test('Ctrl-C ends the waiting and not the turn', async () => {
  const world = await createWorld();
  const held = holdModel(world.model);
  await world.start();
  const command = startClaudio(['ask', 'take your time'], world.environment);
  await held.asked;
  command.signal('SIGINT');
  const ended = await command.ended;
  expect(ended).toMatchObject({ code: 130, stdout: '' });
  expect(ended.stderr).toMatch(/^Not waiting any longer: the answer comes in the chat\.\n\/stop/u);
  held.reply(textReply('Here it is.'));
  await said(world, 'Here it is.');
});

test('a service that is killed while a question waits and starts again tells that it was interrupted, and Retry answers in the chat', async () => {
  const world = await createWorld();
  const held = holdModel(world.model);
  const service = await world.start();
  const command = startClaudio(['ask', 'a long one'], world.environment);
  await held.asked;
  service.signal('SIGKILL');
  await service.exit;
  await world.start();
  const ended = await command.ended;
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(/^⚡ I was interrupted/u);
  const notice = await world.api.message('the notice', ({ text }) => text.startsWith('⚡'));
  world.model.answer('Done now.');
  await world.api.deliver(world.api.updates.press(notice, '🔁 Retry', { stale: true }));
  await said(world, 'Done now.');
});
