import { expect, test } from 'vitest';
import { errorReply, textReply, type ModelReply } from '../standins/model/reply.ts';
import { processesOf, questionIn, readDatabase } from './inspect.ts';
import { createWorld } from './service.ts';

interface End {
  /** What the model does. */
  readonly reply: ModelReply;
  readonly failure: string;
  readonly told: RegExp;
}

/** Each way to fail that the service on the other end can cause, by the message that meets it. */
const ENDS: Readonly<Record<string, End>> = {
  'meet a 400': {
    reply: errorReply(400),
    failure: 'bad-request',
    told: /refused the request.*in other words/u,
  },
  'meet an empty account': {
    reply: errorReply(400, 'Your credit balance is too low to access the Anthropic API.'),
    failure: 'usage-limit',
    told: /credit is used up.*once there is some left/u,
  },
  'meet a 401': {
    reply: errorReply(401, 'invalid x-api-key'),
    failure: 'invalid-credentials',
    told: /no longer accepted. Run claude on your machine/u,
  },
  'meet a 403': {
    reply: errorReply(403),
    failure: 'forbidden',
    told: /may not use this model.*Check the plan/u,
  },
  'meet a 404': {
    reply: errorReply(404),
    failure: 'unknown-model',
    told: /The model haiku is not known.*Choose another one/u,
  },
  'meet a 413': {
    reply: errorReply(413, 'Request too large'),
    failure: 'prompt-too-long',
    told: /too much text.*Shorten the message/u,
  },
  'meet a 429': {
    reply: errorReply(429),
    failure: 'rate-limited',
    told: /no more requests from your account.*Wait a few minutes/u,
  },
  'meet a long 429': {
    reply: errorReply(429, 'later', { 'retry-after': '3600' }),
    failure: 'rate-limited',
    told: /no more requests from your account.*Wait a few minutes/u,
  },
  'meet a 500': {
    reply: errorReply(500),
    failure: 'server-error',
    told: /service failed \(error 500\).*in a few minutes/u,
  },
  'meet a 529': {
    reply: errorReply(529),
    failure: 'overloaded',
    told: /overloaded right now. Wait a few minutes/u,
  },
  'meet a broken line': {
    reply: { kind: 'drop', afterText: null },
    failure: 'unreachable',
    told: /could not be reached from your machine. Check its internet connection/u,
  },
};

/** What must not reach a chat: paths, stacks, secrets, what the other end said. */
const RAW =
  /\/(?:home|tmp|work|usr|root)\b|\bat .+:\d+|Error:|not-a-key|test-token|made-up|req_|\{/u;

test('each way to fail reaches the chat as a sentence that says what to do and keeps the conversation (promises 8 and 12: no error throws it away, none is raw or hidden)', async () => {
  const world = await createWorld();
  const people = Object.keys(ENDS).map((question, index) => ({ question, id: 2001 + index }));
  Object.assign(world.environment, {
    MAX_CONCURRENT_TURNS: '4',
    TELEGRAM_ALLOWED_USERS: people.map(({ id }) => id).join(','),
  });
  world.model.always((request) => ENDS[questionIn(request)]?.reply ?? textReply('All is well.'));
  const service = await world.start();
  const write = (id: number, text: string) =>
    world.api.deliver(
      world.api.updates.text(text, { from: { id, is_bot: false, first_name: 'Someone' } }),
    );
  for (const { id, question } of people) await write(id, question);

  for (const { id, question } of people) {
    const { failure, conversation } = await service.logged(
      'turn.failed',
      (line) => line['conversation'] === `telegram:1:${id}`,
    );
    expect(failure, question).toMatchObject({ code: ENDS[question]?.failure });
    expect(conversation).toBe(`telegram:1:${id}`);
    const [told, ...more] = await world.api.sent(1, id);
    expect(told?.text, question).toMatch(ENDS[question]?.told ?? /^$/u);
    expect(told?.text, question).toMatch(/^⚠️ /u);
    expect(told?.text, question).not.toMatch(RAW);
    expect(more, question).toEqual([]);
  }
  const turns = readDatabase(world.home).query.turns.findMany().sync();
  expect(turns.map(({ status, model }) => [status, model])).toEqual(
    people.map(() => ['failed', expect.stringContaining('haiku')]),
  );
  // They end behind the answer, which does not wait for them.
  await expect.poll(() => processesOf(world.home), { timeout: 5000 }).toEqual([]);

  // A failure ends a turn and not the conversation.
  await write(2001, 'and now?');
  const [, answer] = await world.api.sent(2, 2001);
  expect(answer?.text).toBe('All is well.');
  const prompt = world.model.requests.at(-1)?.prompt ?? '';
  expect(prompt).toContain('meet a 400');
  expect(prompt).toContain('refused the request');
});

test('silence reaches the chat as a sentence that says for how long it was, and what to do (promise 8)', async () => {
  const world = await createWorld();
  world.environment['TURN_IDLE_LIMIT'] = '10';
  world.model.always(() => ({ kind: 'hang' }));
  const service = await world.start();
  await world.api.say('meet silence');
  expect(await service.logged('turn.failed')).toMatchObject({ failure: { code: 'idle' } });
  const [told, ...more] = await world.api.sent(1);
  expect(told?.text).toMatch(/^⚠️ .*no sign of life for 10 seconds.*as a smaller request/u);
  expect(told?.text).not.toMatch(RAW);
  expect(more).toEqual([]);
  await expect.poll(() => processesOf(world.home), { timeout: 5000 }).toEqual([]);
});

test('without a login the chat is told to log in, and without the program where to get it (promise 12: no raw and no hidden errors)', async () => {
  const world = await createWorld();
  delete world.environment['ANTHROPIC_API_KEY'];
  const first = await world.start();
  await world.api.say('hello?');
  const [told] = await world.api.sent(1);
  expect(told?.text).toBe(
    '⚠️ Claude Code is not logged in on your machine. Run claude there once and log in, then send the message again.',
  );
  first.signal('SIGTERM');
  await first.exit;

  world.environment['CLAUDE_BIN'] = `${world.userHome}/no/such/claude`;
  await world.start();
  await world.api.say('hello??');
  const [, missing] = await world.api.sent(2);
  expect(missing?.text).toBe(
    '⚠️ Claude Code was not found on your machine. Install it there, or set CLAUDE_BIN to where it is, then send the message again.',
  );
  expect(world.model.requests).toEqual([]);
});
