import { expect, test } from 'vitest';
import type { Gate } from '../../src/policy/gate.ts';
import { MEMBER, OWNER, ownCommandsWorld, STRANGER, VIEWER } from './custom/world.ts';

const TOO_LATE = 'That is no longer possible.';
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** As the one that comes with Claudio, but members may deploy. */
const DEPLOY = {
  name: 'deploy',
  description: 'Deploy to staging or production',
  summary: 'Deploy to {{env}}',
  prompt: 'Deploy this project to {{env}}.',
  arguments: [{ name: 'env', choices: ['staging', 'production'] }],
  confirm: { env: ['production'] },
};

function asked(options: Parameters<typeof ownCommandsWorld>[0] = { file: [DEPLOY] }) {
  const world = ownCommandsWorld(options);
  world.type(options.file === undefined ? OWNER : MEMBER, '/deploy production');
  return world;
}

test('what is to be confirmed is said exactly, and nothing runs before', () => {
  const world = ownCommandsWorld({ file: [DEPLOY] });
  world.conversations.ensure({
    id: 'telegram:1:-1009',
    destination: 'telegram:1:-1009',
    channel: 'telegram',
    chat: '-1009',
    thread: null,
  });
  world.conversations.chooseProject('telegram:1:-1009', 'shop');
  world.type(MEMBER, '/deploy production');
  expect(world.last()).toMatchObject({
    markdown:
      '❓ Deploy to **production**?\n\nIn the project **shop**, asked for by Mia with /deploy. This counts for five minutes.',
    buttons: [
      [
        { label: '✅ Do it', data: 'confirm:1' },
        { label: '✖️ Cancel', data: 'refuse:1' },
      ],
    ],
  });
  expect(world.turns()).toEqual([]);
  expect(world.kept()).toMatchObject([{ role: 'command' }]);
  expect(world.confirmations()).toMatchObject([
    { status: 'open', personId: '7', subject: 'deploy', options: { project: 'shop' } },
  ]);

  world.type(MEMBER, '/deploy staging');
  expect(world.turns()).toHaveLength(1);
  expect(world.confirmations()).toHaveLength(1);
});

test('a yes runs it once, as the turn of who asked, and the message shows what was chosen', () => {
  const world = asked();
  expect(world.press(OWNER, 'confirm:1')).toBe('On it.');
  expect(world.last()).toMatchObject({
    messageId: '7',
    markdown: 'Deploy to production?\n\n**✅ Confirmed by Olga.**',
    buttons: [],
  });
  expect(world.turns()).toMatchObject([{ personId: '7', messageId: 1, status: 'queued' }]);
  expect(world.kept()).toMatchObject([
    {
      role: 'person',
      instruction:
        '<claudio-command name="deploy">\nDeploy this project to production.\n</claudio-command>',
    },
  ]);
  const events = world.events().filter((event) => event !== 'turn.asked');
  expect(events.toSorted()).toEqual([
    'command.deploy',
    'commands.changed',
    'confirmation.asked',
    'confirmation.confirmed',
    'press.confirm',
  ]);
});

test('is asked whatever the case or the form of the letters in which it is typed', () => {
  const { choices: _, ...env } = { ...DEPLOY.arguments[0], choices: null };
  const byPattern = { ...DEPLOY, arguments: [{ ...env, pattern: 'staging|production' }] };
  const free = { ...DEPLOY, arguments: [env] };
  for (const [command, typed] of [
    [DEPLOY, 'PRODUCTION'],
    [byPattern, 'Production'],
    [free, 'PRODUCTION'],
    [free, 'prod\u200Buction'],
    [free, 'ｐroduction'],
  ] as const) {
    const world = ownCommandsWorld({ file: [command] });
    world.type(OWNER, `/deploy ${typed}`);
    expect([typed, world.turns()]).toEqual([typed, []]);
    expect(world.confirmations()).toMatchObject([{ status: 'open' }]);
  }
});

test('what a rule stops of a command is offered to nobody: there it would lose its template', () => {
  const refusal = { kind: 'rule', rule: 'block 1', markdown: 'No.' } as const;
  const gate: Gate = { check: () => refusal, checkText: () => refusal };
  for (const typed of ['/deploy production', '/deploy staging']) {
    const world = ownCommandsWorld({ file: [DEPLOY], gate });
    world.type(OWNER, typed);
    expect(world.last()).toMatchObject({ markdown: 'No.', buttons: [] });
    expect(world.confirmations()).toEqual([]);
    expect(world.press(OWNER, 'insist:1')).toBe(TOO_LATE);
  }
});

test('two presses at once count once, whatever the second one is', () => {
  for (const [first, second] of [
    ['confirm', 'confirm'],
    ['confirm', 'refuse'],
    ['refuse', 'confirm'],
  ] as const) {
    const world = asked();
    world.press(OWNER, `${first}:1`);
    expect(world.press(MEMBER, `${second}:1`)).toBe('That is no longer possible.');
    expect(world.turns()).toHaveLength(first === 'confirm' ? 1 : 0);
  }
});

test('after five minutes it has expired; a day later too, and it is written down once', () => {
  const world = asked();
  world.clock.advance(5 * MINUTE_MS);
  expect(world.press(OWNER, 'confirm:1')).toBe('That has expired; send it again.');
  expect(world.last()).toMatchObject({
    markdown: expect.stringContaining('⌛ Expired.'),
    buttons: [],
  });
  const count = world.deliveryCount();
  world.clock.advance(DAY_MS);
  expect(world.press(OWNER, 'confirm:1')).toBe('That has expired; send it again.');
  expect(world.press(OWNER, 'refuse:1')).toBe('That has expired; send it again.');
  expect(world.deliveryCount()).toBe(count);
  expect(world.turns()).toEqual([]);
  expect(world.events().filter((event) => event === 'confirmation.expired')).toHaveLength(1);
});

test('just before its end it counts, and a replay of that press a day later does nothing', () => {
  const world = asked();
  world.clock.advance(5 * MINUTE_MS - 10);
  expect(world.press(OWNER, 'confirm:1')).toBe('On it.');
  world.clock.advance(DAY_MS);
  expect(world.press(OWNER, 'confirm:1')).toBe('That is no longer possible.');
  expect(world.turns()).toHaveLength(1);
});

test('who may not use the command may not confirm it: a stranger, a viewer, a member', () => {
  const world = asked();
  expect(world.press(STRANGER, 'confirm:1')).toBe('ignored');
  expect(world.press(VIEWER, 'confirm:1')).toBe('You may not do that here.');
  expect(world.press(VIEWER, 'refuse:1')).toBe('You may not do that here.');
  expect(world.press(OWNER, 'confirm:1')).toBe('On it.');

  const strict = asked({});
  expect(strict.press(MEMBER, 'confirm:1')).toBe('You may not do that here.');
  strict.type(MEMBER, '/confirm');
  expect(strict.last()?.['markdown']).toBe('Nothing waits here for a yes that you could give.');
  strict.type(MEMBER, '/confirm_deploy');
  expect(strict.last()?.['markdown']).toMatch(/^You may not use \/confirm_deploy here\./u);
  expect(strict.turns()).toEqual([]);
});

test('a button counts only in the chat where it was shown, and one that was made up nowhere', () => {
  const world = asked();
  expect(world.press(OWNER, 'confirm:1', 42)).toBe('That is no longer possible.');
  for (const data of ['confirm:2', 'confirm:', 'confirm:1x', 'confirm:-1', 'confirm', 'refuse:9']) {
    expect(world.press(OWNER, data), data).toBe('That is no longer possible.');
  }
  expect(world.turns()).toEqual([]);
  expect(world.confirmations()).toMatchObject([{ status: 'open' }]);
});

test('whoever lost their role before the yes gets nothing done by it', () => {
  const world = asked();
  world.database.orm.$client
    .prepare("insert into grants values ('telegram:1', '7', 'Mia', 'viewer', '42', 0)")
    .run();
  expect(world.press(OWNER, 'confirm:1')).toBe('Whoever asked for it may not do that any more.');
  expect(world.last()?.['markdown']).toContain('**⚠️ Confirmed by Olga, but not done.**');
  expect(world.turns()).toEqual([]);
});

test('a project that was chosen meanwhile is not what was said', () => {
  const world = asked();
  world.conversations.chooseProject('telegram:1:-1009', 'shop');
  expect(world.press(OWNER, 'confirm:1')).toBe('The project was changed meanwhile; send it again.');
  expect(world.turns()).toEqual([]);
});

test('/confirm, /confirm_deploy and /confirm-deploy say yes to the newest that one may confirm', () => {
  for (const typed of ['/confirm', '/confirm_deploy', '/confirm-deploy', '/confirm deploy']) {
    const world = asked();
    world.type(OWNER, typed);
    expect(world.last()?.['markdown'], typed).toBe('**✅ Confirmed by Olga.**');
    expect(world.turns(), typed).toMatchObject([{ personId: '7', messageId: 1 }]);
    world.type(OWNER, typed);
    expect(world.last()?.['markdown'], typed).toMatch(
      /waits here for a yes that you could give\.$/u,
    );
    expect(world.press(OWNER, 'confirm:1'), typed).toBe('That is no longer possible.');
    expect(world.turns(), typed).toHaveLength(1);
  }
});

test('/confirm_deploy is for deploys alone, and one in time; the question shows it as well', () => {
  const clean = {
    ...DEPLOY,
    name: 'clean',
    prompt: 'Clean.',
    arguments: [],
    confirm: true,
    summary: undefined,
  };
  const world = ownCommandsWorld({ file: [DEPLOY, clean] });
  world.type(MEMBER, '/deploy production');
  world.type(MEMBER, '/clean');
  expect(world.last()?.['markdown']).toMatch(/^❓ \/clean: Deploy to staging or production\?/u);
  const shown = world.database.orm.query.deliveries.findMany().sync()[0]?.id;
  world.database.orm.$client
    .prepare("update deliveries set platform_message_id = '77', status = 'sent' where id = ?")
    .run(shown);
  world.type(MEMBER, '/confirm-deploy');
  const parts = world.database.orm.query.deliveries
    .findMany()
    .sync()
    .map(({ part }) => part);
  expect(parts.at(-2)).toMatchObject({
    messageId: '77',
    markdown: '/deploy production\n\n**✅ Confirmed by Mia.**',
    buttons: [],
  });
  expect(world.confirmations().map(({ status }) => status)).toEqual(['confirmed', 'open']);
  world.clock.advance(6 * MINUTE_MS);
  world.type(MEMBER, '/confirm');
  expect(world.last()?.['markdown']).toBe('**⌛ Expired.**');
  expect(world.turns()).toHaveLength(1);
});

test('no is said once, by who may confirm or by who asked', () => {
  const world = asked();
  expect(world.press(MEMBER, 'refuse:1')).toBe('Cancelled.');
  expect(world.last()?.['markdown']).toContain('**✖️ Cancelled by Mia.**');
  world.type(OWNER, '/confirm');
  expect(world.last()?.['markdown']).toMatch(/^Nothing waits/u);
  expect(world.turns()).toEqual([]);
});

test('a question outlives the service, and so does the answer to it', () => {
  const world = asked();
  world.restart();
  expect(world.press(OWNER, 'confirm:1')).toBe('On it.');
  world.restart();
  expect(world.press(OWNER, 'confirm:1')).toBe('That is no longer possible.');
  expect(world.turns()).toHaveLength(1);
});

test('what the rules forbid is not asked; a limit or a full queue stands against a yes too', () => {
  const markdown = 'Not now.';
  const rules: Gate = {
    check: () => ({ rule: 'block 1', kind: 'rule', markdown }),
    checkText: () => null,
  };
  const forbidden = asked({ file: [DEPLOY], gate: rules });
  expect(forbidden.last()).toMatchObject({ markdown, buttons: [] });
  expect(forbidden.confirmations()).toEqual([]);

  let isOver = false;
  const limits: Gate = {
    check: () => (isOver ? { rule: 'rate', kind: 'limit', markdown } : null),
    checkText: () => null,
  };
  const limited = asked({ file: [DEPLOY], gate: limits });
  isOver = true;
  expect(limited.press(OWNER, 'confirm:1')).toBe(markdown);
  expect(limited.last()?.['markdown']).toContain('but not done.** Not now.');

  const full = asked({ file: [DEPLOY], maxQueueSize: 1 });
  full.type(MEMBER, '/deploy staging');
  expect(full.press(OWNER, 'confirm:1')).toMatch(/^1 message already waiting/u);
  expect(full.turns()).toHaveLength(1);
  expect(full.confirmations()).toMatchObject([{ status: 'confirmed' }]);
});

test('what a limit stands against is not asked about, and neither is a sixth thing at once', () => {
  const refusal = { kind: 'limit', rule: 'budget', markdown: '💸 Used up.' } as const;
  const broke = ownCommandsWorld({ gate: { check: () => refusal, checkText: () => null } });
  broke.type(OWNER, '/deploy production');
  expect(broke.last()).toMatchObject({ markdown: '💸 Used up.', buttons: [] });
  expect(broke.confirmations()).toEqual([]);

  const world = ownCommandsWorld();
  for (let count = 0; count < 6; count += 1) world.type(OWNER, '/deploy production');
  expect(world.confirmations()).toHaveLength(5);
  expect(world.last()).toMatchObject({
    markdown: expect.stringMatching(/^5 questions wait for a yes or a no already\./u) as string,
    buttons: [],
  });
  world.press(OWNER, 'refuse:1');
  world.type(OWNER, '/deploy production');
  expect(world.confirmations()).toHaveLength(6);
  world.clock.advance(5 * MINUTE_MS);
  world.type(OWNER, '/deploy production');
  expect(world.confirmations()).toHaveLength(7);
});
