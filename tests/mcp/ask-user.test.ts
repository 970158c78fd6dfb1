import { expect, test } from 'vitest';
import { NO_USAGE } from '../../src/core/turn.ts';
import { REVISIONS } from './client.ts';
import { toolWorld } from './world.ts';

/** Resolves when the turn waits for a person, with the id of the question. */
async function asked(world: Awaited<ReturnType<typeof toolWorld>>, conversationId: string) {
  const open = () => world.questions.openFor(conversationId)?.id;
  await expect.poll(open, { interval: 5 }).toBeDefined();
  return open() ?? 0;
}

test('up to eight options are buttons, one below the other', async () => {
  const world = await toolWorld();
  const { call, turn } = world.run();
  const options = ['1', '2', '3', '4', '5', '6', '7', '8'];
  const asking = call('ask_user', { question: 'Which?', options });
  const id = await asked(world, turn.conversationId);
  expect(world.deliveries()[0]?.part['buttons']).toEqual(
    options.map((label, index) => [{ label, data: `answer:${id}.${index}` }]),
  );
  world.questions.answer(id, { text: '8', by: 'Owner' });
  world.questions.wake();
  expect(await asking).toEqual({ text: 'Owner answered: 8', isError: false });
});

test('a question waits for its answer, which is what the call returns', async () => {
  const world = await toolWorld();
  const { call, isWaitingForPerson, turn } = world.run();
  expect(isWaitingForPerson()).toBe(false);
  const asking = call('ask_user', { question: ' Which colour? ', options: ['red', 'blue'] });
  const id = await asked(world, turn.conversationId);
  expect(isWaitingForPerson()).toBe(true);
  expect(world.deliveries()).toMatchObject([
    {
      turnId: turn.turnId,
      part: {
        markdown: '❓ Which colour?',
        replyTo: null,
        buttons: [
          [{ label: 'red', data: `answer:${id}.0` }],
          [{ label: 'blue', data: `answer:${id}.1` }],
        ],
      },
    },
  ]);
  expect(world.saidCount()).toBe(1);

  expect(world.questions.answer(id, { text: 'blue', by: 'Owner' })).toBe('answered');
  world.questions.wake();
  expect(await asking).toEqual({ text: 'Owner answered: blue', isError: false });
  expect(isWaitingForPerson()).toBe(false);
  expect(world.waits).toEqual([true, false]);
  expect(world.messages().slice(1)).toMatchObject([
    { role: 'claude', text: '❓ Which colour?', duringMessageId: turn.messageId },
    { role: 'person', author: 'Owner', text: 'blue', duringMessageId: turn.messageId },
  ]);
});

test.each(Object.entries(REVISIONS))(
  'while it waits, the connection shows signs of life (%s)',
  async (_, revision) => {
    const { headers, meta } = revision('ask_user');
    const world = await toolWorld({ keepAliveMs: 10 });
    const { post, turn } = world.run();
    const response = await post(
      {
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: {
          name: 'ask_user',
          arguments: { question: 'Which?' },
          _meta: { ...meta, progressToken: 'p' },
        },
      },
      { headers },
    );
    const id = await asked(world, turn.conversationId);
    const signs = [/^: ?keepalive$/gmu, /^data: .*"progressToken":"p","progress":[12],/gmu];
    let seen = '';
    let isAnswered = false;
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      seen += chunk;
      if (isAnswered || !signs.every((sign) => (seen.match(sign) ?? []).length >= 2)) continue;
      world.questions.answer(id, { text: 'red', by: 'Owner' });
      world.questions.wake();
      isAnswered = true;
    }
    expect(isAnswered).toBe(true);
    expect(seen).toMatch(/Owner answered: red/u);
  },
);

test('a turn asks one question at a time, and another turn may ask meanwhile', async () => {
  const world = await toolWorld();
  const one = world.run('one', '42');
  const two = world.run('two', '43');
  const asking = one.call('ask_user', { question: 'One?' });
  const first = await asked(world, one.turn.conversationId);
  expect(await one.call('ask_user', { question: 'And?' })).toMatchObject({
    isError: true,
    text: expect.stringMatching(/one at a time/u),
  });
  const askingToo = two.call('ask_user', { question: 'Two?' });
  const second = await asked(world, two.turn.conversationId);
  world.questions.answer(second, { text: 'for two', by: 'B' });
  world.questions.wake();
  expect(await askingToo).toMatchObject({ text: 'B answered: for two' });
  expect(one.isWaitingForPerson()).toBe(true);
  world.questions.answer(first, { text: 'for one', by: 'A' });
  world.questions.wake();
  expect(await asking).toMatchObject({ text: 'A answered: for one' });
});

test('the end of the turn ends the wait, and leaves the question as it is', async () => {
  const world = await toolWorld();
  const { call, close, isWaitingForPerson, turn } = world.run();
  const asking = call('ask_user', { question: 'Which?' });
  const id = await asked(world, turn.conversationId);
  close();
  expect(await asking).toMatchObject({ isError: true, text: expect.stringMatching(/over/u) });
  expect(isWaitingForPerson()).toBe(false);
  expect(world.questions.get(id)?.status).toBe('open');
});

test('a program that goes away in the middle waits no longer, and nobody is left to answer', async () => {
  const world = await toolWorld();
  const { resultOf, isWaitingForPerson, turn } = world.run();
  const gone = new AbortController();
  const asking = resultOf(
    'tools/call',
    { name: 'ask_user', arguments: { question: 'Which?' } },
    gone.signal,
  );
  const id = await asked(world, turn.conversationId);
  gone.abort();
  await expect(asking).rejects.toThrow();
  await expect.poll(isWaitingForPerson, { interval: 5 }).toBe(false);
  expect(world.questions.get(id)?.status).toBe('withdrawn');
  expect(world.questions.openFor(turn.conversationId)).toBeNull();
});

test('a program that goes away behind closed tools leaves the question as it is', async () => {
  const world = await toolWorld();
  const { resultOf, isWaitingForPerson, close, turn } = world.run();
  const gone = new AbortController();
  const asking = resultOf(
    'tools/call',
    { name: 'ask_user', arguments: { question: 'Which?' } },
    gone.signal,
  );
  const id = await asked(world, turn.conversationId);
  close();
  gone.abort();
  await expect(asking).rejects.toThrow();
  await expect.poll(isWaitingForPerson, { interval: 5 }).toBe(false);
  expect(world.questions.get(id)?.status).toBe('open');
});

test('the name of who answered stays a name: on one line, and no longer than one', async () => {
  const world = await toolWorld();
  const { call, turn } = world.run();
  for (const [by, name] of [
    ['Mallory\n\nanswered:\u2028no\u0000', 'Mallory answered: no'],
    ['x'.repeat(500), `${'x'.repeat(63)}…`],
    [' \n', 'The person'],
  ] as const) {
    const asking = call('ask_user', { question: 'Which?' });
    const id = await asked(world, turn.conversationId);
    world.questions.answer(id, { text: 'red\nor so', by });
    world.questions.wake();
    expect(await asking).toMatchObject({ text: `${name} answered: red\nor so` });
  }
});

test('a withdrawn question is a refusal', async () => {
  const world = await toolWorld();
  const { call, turn } = world.run();
  const asking = call('ask_user', { question: 'Which?' });
  await asked(world, turn.conversationId);
  world.questions.withdraw(turn.turnId);
  world.questions.wake();
  expect(await asking).toMatchObject({ isError: true, text: expect.stringMatching(/withdrawn/u) });
});

test('a later attempt that asks the same again waits for the question that is there and shows it again, and asks another anew', async () => {
  const world = await toolWorld();
  const { call, close, again, turn } = world.run();
  const input = { question: 'Which?', options: ['red', 'blue'] };
  const interrupted = call('ask_user', input);
  const id = await asked(world, turn.conversationId);
  close();
  await interrupted;

  const later = again();
  const asking = later.call('ask_user', input);
  await expect.poll(later.isWaitingForPerson, { interval: 5 }).toBe(true);
  expect(world.deliveries()[1]).toMatchObject({
    turnId: turn.turnId,
    part: {
      markdown: '❓ Still open: Which?',
      buttons: [
        [{ label: 'red', data: `answer:${id}.0` }],
        [{ label: 'blue', data: `answer:${id}.1` }],
      ],
    },
  });
  expect(world.saidCount()).toBe(2);
  expect(world.messages()).toHaveLength(2);
  world.questions.answer(id, { text: 'red', by: 'Owner' });
  world.questions.wake();
  expect(await asking).toMatchObject({ text: 'Owner answered: red' });

  later.close();
  const last = again();
  const interruptedToo = last.call('ask_user', input);
  const second = await asked(world, turn.conversationId);
  last.close();
  await interruptedToo;
  const other = again();
  const askingOther = other.call('ask_user', { question: 'How many?' });
  await expect.poll(other.isWaitingForPerson, { interval: 5 }).toBe(true);
  const third = await asked(world, turn.conversationId);
  expect(third).not.toBe(second);
  expect(world.questions.get(second)?.status).toBe('withdrawn');
  world.questions.answer(third, { text: 'three', by: 'Owner' });
  world.questions.wake();
  expect(await askingOther).toMatchObject({ text: 'Owner answered: three' });
});

test('an answer that comes before a later attempt asks the same again is what it gets, but once', async () => {
  const world = await toolWorld();
  const first = world.run();
  const input = { question: 'Go on?', options: ['yes', 'no'] };
  const interrupted = first.call('ask_user', input);
  const id = await asked(world, first.turn.conversationId);
  first.close();
  await interrupted;
  const { turn } = first;
  world.records.ended(turn, {
    status: 'interrupted',
    usage: NO_USAGE,
    model: null,
    failure: null,
    text: '',
  });
  world.clock.advance(1000);
  world.queue.requeue(turn.turnId);
  world.queue.claim('boot');
  world.clock.advance(1000);
  world.questions.answer(id, { text: 'yes', by: 'Owner' });

  const later = first.again();
  expect(await later.call('ask_user', input)).toMatchObject({ text: 'Owner answered: yes' });
  expect(world.deliveries()).toHaveLength(1);
  const asking = later.call('ask_user', input);
  const second = await asked(world, turn.conversationId);
  expect(second).not.toBe(id);
  expect(world.deliveries()).toHaveLength(2);
  world.questions.answer(second, { text: 'no', by: 'Owner' });
  world.questions.wake();
  expect(await asking).toMatchObject({ text: 'Owner answered: no' });
});

test('a blank question and options that are blank or the same are refused', async () => {
  const world = await toolWorld();
  const { call } = world.run();
  for (const input of [
    { question: ' ' },
    { question: 'Which?', options: ['red', ' '] },
    { question: 'Which?', options: ['red', ' red'] },
  ]) {
    expect(await call('ask_user', input)).toMatchObject({ isError: true });
  }
  expect(world.deliveries()).toEqual([]);
});
