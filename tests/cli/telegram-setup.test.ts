import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { telegramSetup } from '../../src/cli/telegram-setup.ts';
import { waitForOwner } from '../../src/cli/wait-for-owner.ts';
import { tryToken } from '../../src/ops/install/bot.ts';
import { createServiceManager, serviceUnit } from '../../src/ops/service/create.ts';
import { lockHome } from '../../src/platform/home-lock.ts';
import { createHttpClient } from '../../src/platform/http-client.ts';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { cliWorld, type CliWorld } from '../support/cli.ts';
import { CTRL_C, ENTER, terminal, type Terminal } from '../support/terminal.ts';

const STRANGER = { id: 666, is_bot: false, first_name: 'Mallory', username: 'mallory' };
const TOKEN = '1:test-token';
const ASKS_TOKEN = /The token of your bot/u;
const ASKS_WHO = /Is this you/u;

/** The word in the link that was shown. */
async function wordAt(at: Pick<Terminal, 'sees' | 'shown'>): Promise<string> {
  await at.sees(/start=[\da-f]{16}/u);
  return /start=([\da-f]{16})/u.exec(at.shown())?.[1] ?? '';
}

function start({ api }: CliWorld, word = '', from = OWNER): void {
  void api.deliver(api.updates.text(`/start ${word}`.trim(), { from }));
}

test('a person connects a bot: the token is taken hidden, and they are found by the link', async () => {
  const world = await cliWorld();
  const at = terminal([
    [ASKS_TOKEN, `no token${ENTER}`],
    [/That is no token/u, `\u0015 1:wrong-token ${ENTER}`],
    [/does not know this token[^]*The token of your bot/u, ` 1:test- token ${ENTER}`],
    [ASKS_WHO, 'y'],
  ]);
  const waiting = world.api.deliver(world.api.updates.text('hello, are you there?'));
  const running = telegramSetup(world.context(at), {});
  start(world, await wordAt(at));
  expect(await running).toBe(0);

  expect(at.shown()).toContain('This is @claudio_test_bot.');
  expect(at.shown()).toContain('https://t.me/claudio_test_bot?start=');
  expect(at.shown()).toMatch(/[█▀▄]{20}/u);
  expect(at.shown()).toContain('Is this you: Owner (@owner, id 1001)?');
  expect(at.raw()).not.toContain(TOKEN);
  expect(at.raw()).not.toContain('test-token');
  expect(world.env()).toContain(`TELEGRAM_BOT_TOKEN="${TOKEN}"\nTELEGRAM_CHAT_ID="${OWNER.id}"\n`);
  expect(statSync(world.envFile).mode & 0o777).toBe(0o600);
  expect(world.api.sentMessages(OWNER.id).map(({ text }) => text)).toEqual([
    expect.stringMatching(/^👋 Hello!/u),
  ]);

  // Nothing that waits was confirmed or dropped: the service gets it all.
  const polls = world.api.calls.filter(({ method }) => method === 'getUpdates');
  expect(polls.length).toBeGreaterThan(0);
  expect(polls.filter(({ params }) => params['offset'] !== undefined)).toEqual([]);
  const dropped = world.api.calls.filter(({ params }) => params['drop_pending_updates'] === true);
  expect(dropped).toEqual([]);
  const left = await fetch(`${world.api.root}/bot${TOKEN}/getUpdates`);
  expect(await left.json()).toMatchObject({
    result: [
      { message: { text: 'hello, are you there?' } },
      { message: { text: expect.stringMatching(/^\/start/u) as string } },
    ],
  });
  await world.api.close();
  await waiting;
});

test('a /start that did not come through the link is shown, and is not taken without a word', async () => {
  const world = await cliWorld();
  world.set({ TELEGRAM_BOT_TOKEN: TOKEN });
  const at = terminal([
    [/is set up already/u, ENTER],
    [/not sent through the link[^]*Is this you: Mallory \(@mallory, id 666\)/u, ENTER],
    [/Is this you: Owner/u, ENTER],
  ]);
  start(world, '', STRANGER);
  start(world, 'guessed-word', STRANGER);
  const running = telegramSetup(world.context(at), {});
  await at.sees('Then it does not count');
  start(world, await wordAt(at));
  expect(await running).toBe(0);
  expect(at.asked).toHaveLength(3);
  expect(world.env()).toContain(`TELEGRAM_CHAT_ID="${OWNER.id}"`);
});

test('a plain /start counts where the person says that it was theirs', async () => {
  const world = await cliWorld();
  world.set({ TELEGRAM_BOT_TOKEN: TOKEN });
  const at = terminal([
    [/is set up already/u, 'y'],
    [ASKS_WHO, 'y'],
  ]);
  start(world);
  expect(await telegramSetup(world.context(at), {})).toBe(0);
  expect(world.env()).toContain(`TELEGRAM_CHAT_ID="${OWNER.id}"`);
});

test('a group is told how it is connected, and names cannot move the cursor', async () => {
  const world = await cliWorld();
  world.set({ TELEGRAM_BOT_TOKEN: TOKEN });
  const at = terminal([
    [/is set up already/u, 'y'],
    [ASKS_WHO, 'y'],
  ]);
  const title = 'Friends\u001b[2J\u202e';
  const group = { id: -5, type: 'supergroup', title } as const;
  void world.api.deliver(world.api.updates.text('/start@claudio_test_bot', { chat: group }));
  const running = telegramSetup(world.context(at), {});
  await at.sees('--chat-id -5');
  expect(at.raw()).toContain('Friends[2J,');
  start(world, await wordAt(at));
  expect(await running).toBe(0);
});

test('with nobody to ask, only the link counts', async () => {
  const world = await cliWorld();
  world.set({ TELEGRAM_BOT_TOKEN: TOKEN });
  const at = terminal();
  Object.assign(at.input, { isTTY: false });
  start(world, '', STRANGER);
  const running = telegramSetup(world.context(at, { yes: true }), { yes: true });
  await at.sees('did not come through the link');
  start(world, await wordAt(at));
  expect(await running).toBe(0);
  expect(world.env()).toContain(`TELEGRAM_CHAT_ID="${OWNER.id}"`);
  expect(at.raw()).not.toMatch(/[█▀▄]/u);
  expect(at.raw()).toBe(at.shown());
});

test('with nobody to ask, it does not wait for ever', async () => {
  const world = await cliWorld();
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const bot = await tryToken(http, world.api.root, TOKEN);
  if (bot.kind !== 'bot') throw new Error('no bot');
  const { context } = world.script();
  await expect(
    waitForOwner(context, bot, {
      signal: new AbortController().signal,
      quiet: () => Promise.resolve(),
      unattendedMs: 50,
    }),
  ).rejects.toMatchObject({ code: 'telegram.nobody-came' });
});

test('a script gives the token on standard input and the chat as an option', async () => {
  const world = await cliWorld();
  world.set({ WEBHOOK_URL: 'https://claudio.example.com' });
  const { context, shown } = world.script({ stdin: `\r\n  ${TOKEN}\r\n` });
  expect(await telegramSetup(context, { tokenStdin: true, chatId: '1001' })).toBe(0);
  expect(world.api.calls.map(({ method }) => method)).not.toContain('getUpdates');
  expect(world.api.webhook).toMatchObject({
    url: 'https://claudio.example.com/telegram/webhook',
    secretToken: /WEBHOOK_SECRET="(.+)"/u.exec(world.env())?.[1],
  });
  expect(world.api.sentMessages(1001)).toHaveLength(1);
  expect(shown()).not.toContain('test-token');
});

test.each([
  ['nothing', '  \n', /Standard input was empty/u],
  ['no token', 'hello', /That is no token/u],
  ['a wrong one', '1:other-token', /wrong, or it was revoked/u],
])('%s on standard input is refused, and nothing is written', async (_, stdin, message) => {
  const world = await cliWorld();
  const before = world.env();
  const { context } = world.script({ stdin });
  await expect(telegramSetup(context, { tokenStdin: true, chatId: '1' })).rejects.toThrow(message);
  expect(world.env()).toBe(before);
});

test('without a token and without anybody to ask, it says how one is given', async () => {
  const world = await cliWorld();
  const { context } = world.script();
  await expect(telegramSetup(context, {})).rejects.toMatchObject({
    code: 'cli.needs-answer',
    hint: expect.stringContaining('--token-stdin') as string,
  });
});

test('where Telegram cannot be reached, it says so and changes nothing', async () => {
  const world = await cliWorld();
  world.api.fault({ method: 'getMe' }, { kind: 'drop', moment: 'before' });
  const { context } = world.script({ stdin: TOKEN });
  await expect(telegramSetup(context, { tokenStdin: true, chatId: '1001' })).rejects.toMatchObject({
    code: 'telegram.unreachable',
  });
  expect(world.env()).not.toContain('TOKEN');
});

test('a chat that the bot cannot write to is refused before anything is written', async () => {
  const world = await cliWorld();
  world.api.fault(
    { method: 'sendChatAction' },
    { kind: 'error', status: 400, description: 'Bad Request: chat not found' },
  );
  const { context } = world.script({ stdin: TOKEN });
  await expect(telegramSetup(context, { tokenStdin: true, chatId: '5' })).rejects.toMatchObject({
    message: '@claudio_test_bot cannot write to the chat 5: chat not found.',
    hint: expect.stringContaining('https://t.me/claudio_test_bot') as string,
  });
  expect(world.env()).not.toContain('TOKEN');
});

test('a token that was revoked is asked for anew', async () => {
  const world = await cliWorld();
  world.set({ TELEGRAM_BOT_TOKEN: '1:revoked', TELEGRAM_CHAT_ID: '1001' });
  const at = terminal([[/it was revoked[^]*The token of your bot/u, `${TOKEN}${ENTER}`]]);
  expect(await telegramSetup(world.context(at), { chatId: '1001' })).toBe(0);
  expect(world.env().match(/TELEGRAM_BOT_TOKEN/gu)).toHaveLength(1);
  expect(world.env()).toContain(`TELEGRAM_BOT_TOKEN="${TOKEN}"`);
});

test('a bot that delivers to somebody else is not taken over without asking', async () => {
  const world = await cliWorld();
  const elsewhere = 'https://other.example.com/hook';
  await fetch(`${world.api.root}/bot${TOKEN}/setWebhook?url=${elsewhere}`);
  world.set({ TELEGRAM_BOT_TOKEN: TOKEN });
  const before = world.env();
  const refusing = terminal([
    [/is set up already/u, 'y'],
    [/to https:\/\/other\.example\.com\/hook so far[^]*come here instead/u, 'n'],
  ]);
  await expect(telegramSetup(world.context(refusing), {})).rejects.toMatchObject({
    code: 'cli.cancelled',
  });
  expect(world.api.webhook?.url).toBe(elsewhere);
  expect(world.env()).toBe(before);

  const agreeing = terminal([
    [/is set up already/u, 'y'],
    [/come here instead/u, 'y'],
    [ASKS_WHO, 'y'],
  ]);
  const running = telegramSetup(world.context(agreeing), {});
  start(world, await wordAt(agreeing));
  expect(await running).toBe(0);
  expect(world.api.webhook).toBeNull();
});

test('an address that Telegram refuses is told in its words', async () => {
  const world = await cliWorld();
  world.set({ WEBHOOK_URL: 'https://nowhere.example.com' });
  world.api.route('nowhere.example.com', 'unresolved');
  const { context, shown } = world.script({ stdin: TOKEN });
  expect(await telegramSetup(context, { tokenStdin: true, chatId: '1001' })).toBe(1);
  expect(shown()).toContain(
    'Telegram refuses the address https://nowhere.example.com: bad webhook: Failed to resolve host: Name or service not known.',
  );
  expect(world.env()).toContain('TELEGRAM_CHAT_ID="1001"');
});

test('a broken line in service.env stays as it is and is told', async () => {
  const world = await cliWorld();
  writeFileSync(world.envFile, `# mine\nthis is no line\nTELEGRAM_API_ROOT="${world.api.root}"\n`);
  const { context, shown } = world.script({ stdin: TOKEN });
  expect(await telegramSetup(context, { tokenStdin: true, chatId: '1001' })).toBe(78);
  expect(world.env()).toMatch(/^# mine\nthis is no line\n[^]*TELEGRAM_CHAT_ID="1001"/u);
  expect(shown()).toContain('Line 2 is not of the form KEY="value".');
});

test('two at once: the second is told to wait', async () => {
  const world = await cliWorld();
  const lock = lockHome(world.home, 'install');
  const { context } = world.script({ stdin: TOKEN });
  await expect(telegramSetup(context, { tokenStdin: true })).rejects.toMatchObject({
    code: 'install.under-way',
  });
  lock.release();
});

test('when a hundred updates wait, it says what can be done instead', async () => {
  const world = await cliWorld();
  world.set({ TELEGRAM_BOT_TOKEN: TOKEN });
  for (let count = 0; count < 100; count += 1) {
    void world.api.deliver(world.api.updates.text(`message ${count}`));
  }
  const { context } = world.script();
  await expect(telegramSetup(context, {})).rejects.toMatchObject({ code: 'telegram.crowded' });
  const at = terminal([
    [/is set up already/u, 'y'],
    [/100 messages or more/u, ''],
  ]);
  const interactive = telegramSetup(world.context(at), {});
  await at.sees('--chat-id ID');
  await world.api.close();
  await at.sees('Telegram cannot be reached just now');
  process.emit('SIGHUP');
  await expect(interactive).rejects.toMatchObject({ code: 'cli.cancelled' });
});

test('a webhook that comes back while it waits is taken away again; another poller is told of', async () => {
  const world = await cliWorld();
  world.set({ TELEGRAM_BOT_TOKEN: TOKEN });
  const at = terminal([
    [/is set up already/u, 'y'],
    [ASKS_WHO, 'y'],
  ]);
  const running = telegramSetup(world.context(at), {});
  await world.api.call('a poll', ({ method }) => method === 'getUpdates');
  await fetch(`${world.api.root}/bot${TOKEN}/setWebhook?url=https://a.example.com/hook`);
  await world.api.until('the webhook is gone again', () => (world.api.webhook === null ? 1 : null));
  await world.api.nextCall(({ method }) => method === 'getUpdates');
  const other = fetch(`${world.api.root}/bot${TOKEN}/getUpdates?timeout=20`);
  await at.sees('Another program takes the messages of this bot');
  start(world, await wordAt(at));
  expect(await running).toBe(0);
  await other;
});

test('a service that runs rests meanwhile and begins again, also when the wizard is broken off', async () => {
  const world = await cliWorld();
  world.set({ TELEGRAM_BOT_TOKEN: TOKEN });
  const host = world.context(terminal()).host;
  const services = createServiceManager(host);
  await services?.install(serviceUnit(host, world.home));
  await services?.start();
  const verbs = () =>
    world.system
      .calls('systemctl')
      .map(({ argv }) => argv.find((word) => ['start', 'stop', 'restart'].includes(word)))
      .filter((verb) => verb !== undefined);

  world.system.forgetCalls();
  const at = terminal([
    [/is set up already/u, 'y'],
    [ASKS_WHO, CTRL_C],
  ]);
  start(world);
  await expect(telegramSetup(world.context(at), {})).rejects.toMatchObject({
    code: 'cli.cancelled',
  });
  expect(verbs()).toEqual(['stop', 'start']);
  expect(world.env()).not.toContain('CHAT_ID');

  world.system.forgetCalls();
  const once = terminal([
    [/is set up already/u, 'y'],
    [ASKS_WHO, 'y'],
  ]);
  expect(await telegramSetup(world.context(once), {})).toBe(0);
  expect(verbs()).toEqual(['stop', 'start']);

  // With a chat that is given nothing has to rest, and what is new has to be known.
  world.system.forgetCalls();
  const { context } = world.script();
  expect(await telegramSetup(context, { chatId: '1001' })).toBe(0);
  expect(verbs()).toEqual(['restart']);
});

test('a service that was started by hand is not fought with', async () => {
  const world = await cliWorld();
  world.set({ TELEGRAM_BOT_TOKEN: TOKEN });
  const lock = lockHome(world.home);
  const { context } = world.script();
  await expect(telegramSetup(context, {})).rejects.toMatchObject({ code: 'home.in-use' });
  expect(world.api.calls.map(({ method }) => method)).not.toContain('deleteWebhook');
  lock.release();
});

test('a group has no owner by itself, so that is said and asked about', async () => {
  const world = await cliWorld();
  const { context } = world.script({ stdin: TOKEN });
  await expect(
    telegramSetup(context, { tokenStdin: true, chatId: '-100123' }),
  ).rejects.toMatchObject({ code: 'cli.needs-answer' });
  expect(readdirSync(world.home)).toContain('service.env');
  expect(world.env()).not.toContain('CHAT_ID');
  const agreed = world.script({ stdin: TOKEN, yes: true });
  expect(
    await telegramSetup(agreed.context, { tokenStdin: true, chatId: '-100123', yes: true }),
  ).toBe(0);
  expect(agreed.shown()).toContain('needs a role');
});
