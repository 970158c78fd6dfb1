import { expect, test } from 'vitest';
import { textReply } from '../standins/model/reply.ts';
import { holdModel, readDatabase } from './inspect.ts';
import { createWorld, type World } from './service.ts';

const TIME = String.raw`(?:under 1|\d+) s`;
const NAMES = [
  'stop queue new status usage project haiku sonnet opus model',
  'mode verbose memory remember forget access listen start help',
  // Those that come as the file of the person's own.
  'run deploy test git confirm confirm_deploy',
].flatMap((names) => names.split(' '));
const LIST = new RegExp(`^${NAMES.map((name) => `/${name} – .+`).join(String.raw`\n`)}$`, 'mu');

/** Sends a text and resolves with the next message of the bot, which has to be a reply to it. */
async function ask(world: World, text: string): Promise<string> {
  const next = world.api.nextMessage();
  const update = world.api.updates.text(text);
  await world.api.deliver(update);
  const answer = await next;
  expect(answer.replyTo, text).toBe(update.message?.message_id);
  return answer.text;
}

test('promise 7: /stop and /status never wait behind the run that is stuck, nor does any other command', async () => {
  const world = await createWorld();
  const held = holdModel(world.model);
  await world.start();
  await world.api.say('a long piece of work');
  await held.asked;

  expect(await ask(world, '/start')).toMatch(
    /^👋 This is Claude Code on your machine\.\n\nSend a message/u,
  );
  expect(await ask(world, '/help')).toMatch(LIST);
  expect(await ask(world, '/status')).toMatch(
    new RegExp(
      [
        '^Model: haiku',
        `Folder: ${world.userHome}`,
        'Mode: auto',
        `Now: running for ${TIME}, 0 waiting`,
        'Last turn: none yet',
        String.raw`Today: 0 turns, 0 tokens in, 0 out, \$0\.00`,
        String.raw`This month: 0 turns, 0 tokens in, 0 out, \$0\.00$`,
      ].join('\n'),
      'u',
    ),
  );
  expect(await ask(world, '/usage')).toMatch(
    /^Today: 0 turns.*\n\nLast 7 days: 0 turns.*\n\nThis month: 0 turns/u,
  );
  expect(await ask(world, '/queue')).toMatch(
    new RegExp(String.raw`^▶️ a long piece of work \(runs ${TIME}\)$`, 'u'),
  );
  expect(await ask(world, '/new')).toMatch(/^🆕 A fresh start/u);
  expect(await ask(world, '/model')).toMatch(
    /^I use haiku\.\n\nTo change it: \/haiku, \/sonnet, \/opus, or \/model NAME/u,
  );
  expect(await ask(world, '/sonnet')).toBe('From your next message on I use sonnet.');
  expect(await ask(world, '/haiku')).toBe('From your next message on I use haiku.');
  expect(await ask(world, '/opus')).toBe('From your next message on I use opus.');
  expect(await ask(world, '/model claude-opus-4-1[1m]')).toBe(
    'From your next message on I use claude-opus-4-1[1m].',
  );
  expect(await ask(world, '/model --help me')).toMatch(/^That is not the name of a model\./u);
  expect(await ask(world, '/model')).toMatch(/^I use claude-opus-4-1\[1m\]\./u);
  expect(await ask(world, '/HAIKU@Claudio_Test_Bot')).toBe(
    'From your next message on I use haiku.',
  );
  expect(await ask(world, '/statsu')).toMatch(
    /^There is no such command\. Did you mean \/status\?\n\n\/stop – /u,
  );
  expect(await ask(world, '/frobnicate')).toMatch(/^There is no such command\.\n\n\/stop – /u);
  expect(await ask(world, '/frobnicate')).toMatch(LIST);
  expect(await ask(world, '/stop')).toBe('⏹ Stopping: a long piece of work');

  const stopped = await world.api.message(
    'the end of the turn',
    ({ text }) => text === '⏹ Stopped.',
  );
  expect(stopped.replyTo).toBe(1);
  expect(await ask(world, '/stop')).toBe('Nothing is running.');
  expect(await ask(world, '/queue')).toBe('Nothing runs and nothing waits.');
  expect(await ask(world, '/status')).toMatch(
    new RegExp(
      String.raw`Now: nothing runs, 0 waiting\nLast turn: cancelled after ${TIME}, ${TIME} ago, \$0\.00\nToday: 1 turn, `,
      'u',
    ),
  );
  expect(world.model.requests).toHaveLength(1);
});

test('a command for another bot is not ours, and one for this bot is', async () => {
  const world = await createWorld({ claude: 'instant' });
  const service = await world.start();
  await service.logged('webhook.registered');
  await world.api.say('/status@another_bot');
  const line = await service.logged('update.ignored');
  expect(line).toMatchObject({ reason: 'a command for another bot' });
  expect(await ask(world, '/status@claudio_test_bot')).toMatch(/^Model: haiku/u);
  expect(world.api.sentMessages()).toHaveLength(1);
});

test('the model that was chosen is kept over a restart, for its conversation alone', async () => {
  const world = await createWorld({ claude: 'instant' });
  world.environment['TELEGRAM_ALLOWED_USERS'] = '2001';
  const from = { id: 2001, is_bot: false, first_name: 'Someone' };
  const first = await world.start();
  await ask(world, '/opus');
  first.signal('SIGTERM');
  await first.exit;

  await world.start();
  await ask(world, 'with which model?');
  await world.api.deliver(world.api.updates.text('and I?', { from }));
  await world.api.sent(1, 2001);
  await world.api.deliver(world.api.updates.text('/model claude-sonnet-4-5', { from }));
  await world.api.deliver(world.api.updates.text('and now?', { from }));
  await world.api.sent(3, 2001);
  await ask(world, 'still the same?');
  const turns = readDatabase(world.home).query.turns.findMany().sync();
  expect(
    turns.map(({ conversationId, requestedModel }) => [conversationId, requestedModel]),
  ).toEqual([
    ['telegram:1:1001', 'opus'],
    ['telegram:1:2001', 'haiku'],
    ['telegram:1:2001', 'claude-sonnet-4-5'],
    ['telegram:1:1001', 'opus'],
  ]);
});

test('/status and /usage add up what the turns of today and of the month used', async () => {
  const world = await createWorld();
  await world.start();
  world.model.answer('One.', { inputTokenCount: 1000, outputTokenCount: 1500 });
  await ask(world, 'first');
  world.model.answerWith(() =>
    textReply('Two.', { inputTokenCount: 200, cacheReadTokenCount: 300, outputTokenCount: 500 }),
  );
  await ask(world, 'second');
  const [one, two] = readDatabase(world.home).query.turns.findMany().sync();
  const cost = `\\$${((one?.costUsd ?? 0) + (two?.costUsd ?? 0)).toFixed(4)}`;
  const total = `2 turns, 1\\.5K tokens in, 2K out, ${cost}`;
  expect(await ask(world, '/status')).toMatch(
    new RegExp(
      `Last turn: done after ${TIME}, ${TIME} ago, claude-haiku[\\w-]*, \\$0\\.\\d{4}\nToday: ${total}\nThis month: ${total}$`,
      'u',
    ),
  );
  expect(await ask(world, '/usage')).toMatch(
    new RegExp(`^Today: ${total}\n• claude-haiku[\\w-]*: ${total}\n\nLast 7 days: ${total}\n`, 'u'),
  );
});
