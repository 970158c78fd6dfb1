import { chmodSync, existsSync, lstatSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { install } from '../../src/cli/install.ts';
import { freePort } from '../support/free-port.ts';
import { lockHome } from '../../src/platform/home-lock.ts';
import { INSTANT_CLAUDE_PATH } from '../environment.ts';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { cloudflaredStandin } from '../standins/cloudflared/standin.ts';
import { cliWorld, type CliWorld } from '../support/cli.ts';
import { CTRL_C, DOWN, ENTER, terminal } from '../support/terminal.ts';

// Real services are started, on a machine that may have other things to do.
vi.setConfig({ testTimeout: 120_000 });

const CHOOSES_TUNNEL = /How shall messages from Telegram come/u;
const ASKS_FOLDER = /In which folder shall Claude work/u;

/** A home in which Claude Code is found, and a systemd that really runs what is installed. */
async function world(options: Parameters<typeof cliWorld>[0] = {}) {
  const made = await cliWorld({ ...options, system: { runs: true, ...options.system } });
  const port = await freePort();
  made.set({ CLAUDE_BIN: INSTANT_CLAUDE_PATH, PORT: String(port) });
  return { ...made, port, address: `http://127.0.0.1:${port}` };
}

/** The same with a bot and an address, so that nothing has to be asked. */
async function settled(options: Parameters<typeof cliWorld>[0] = {}) {
  const made = await world(options);
  made.set({
    TELEGRAM_BOT_TOKEN: made.api.token,
    TELEGRAM_CHAT_ID: String(OWNER.id),
    WEBHOOK_URL: made.address,
  });
  return made;
}

/** All that an install leaves, but for what the service writes. */
function traces({ userHome, system, envFile }: CliWorld) {
  const unit = join(userHome, '.config/systemd/user/claudio.service');
  const link = join(userHome, '.local/bin/claudio');
  return {
    unit: existsSync(unit) ? readFileSync(unit, 'utf8') : null,
    unitAtMs: existsSync(unit) ? statSync(unit).mtimeMs : null,
    hasLink: lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() ?? false,
    crontab: system.crontab(),
    env: readFileSync(envFile, 'utf8'),
  };
}

test('a person sets everything up, and a second run finds all of it there', async () => {
  const made = await world();
  const at = terminal([
    [CHOOSES_TUNNEL, `${DOWN}${DOWN}${ENTER}`],
    [/Its public address/u, `ftp://x${ENTER}`],
    [/must be the public web address/u, `\u0015${made.address}${ENTER}`],
    [ASKS_FOLDER, `/nowhere${ENTER}`],
    [/There is no folder/u, `\u0015~${ENTER}`],
    [/The token of your bot/u, `${made.api.token}${ENTER}`],
    [/Is this you/u, 'y'],
  ]);
  const running = install(made.context(at), {});
  await at.sees(/start=[\da-f]{16}/u);
  const word = /start=([\da-f]{16})/u.exec(at.shown())?.[1] ?? '';
  void made.api.deliver(made.api.updates.text(`/start ${word}`));
  expect(await running, at.shown()).toBe(0);

  expect(at.shown()).toContain('Send your bot a message: https://t.me/claudio_test_bot');
  expect(at.shown()).toContain('Claude Code 0.0.0, logged in');
  expect(at.raw()).not.toContain('test-token');
  expect(made.env()).toContain(`CLAUDE_WORK_DIR="${made.userHome}"`);
  const pid = made.system.pidOf('claudio.service');
  expect(pid).not.toBeNull();
  const after = traces(made);
  expect(after).toMatchObject({ hasLink: true, crontab: expect.stringContaining('health-check') });
  expect(after.crontab).not.toContain('test-token');

  const again = terminal();
  expect(await install(made.context(again), {})).toBe(0);
  expect(again.shown()).toContain('Everything was set up already; nothing was changed.');
  expect(traces(made)).toEqual(after);
  expect(made.system.pidOf('claudio.service')).toBe(pid);
  // The /start that the wizard saw waited for the service, and is answered by it.
  await made.api.message('what /start says', ({ text }) => text.includes('Claude Code on your'));
});

test('all that is missing is named at once, and nothing is done', async () => {
  const made = await cliWorld();
  writeFileSync(made.envFile, 'this is no line\nCLAUDE_BIN="/nowhere/claude"\nPORT="eighty"\n');
  const before = traces(made);
  const { context, shown } = made.script();
  expect(await install(context, { tunnel: false })).toBe(1);
  for (const missing of [
    'Claude Code was not found at /nowhere/claude (CLAUDE_BIN)',
    'https://claude.com/claude-code',
    'Line 1 is not of the form KEY="value"',
    'PORT must be a whole number',
    'Nothing was done.',
  ]) {
    expect(shown()).toContain(missing);
  }
  expect(traces(made)).toEqual(before);
  expect(made.system.calls('systemctl')).toEqual([]);
  writeFileSync(made.envFile, `PORT="eighty"\nCLAUDE_BIN="${INSTANT_CLAUDE_PATH}"\n`);
  expect(await install(made.script().context, { tunnel: false })).toBe(78);
});

test('a home that cannot be made is told before anything is done', async () => {
  const made = await cliWorld();
  const { context, shown } = made.script({
    environment: { CLAUDIO_HOME: join(made.envFile, 'home') },
  });
  expect(await install(context, { tunnel: false })).toBe(1);
  expect(shown()).toContain(`${made.envFile} is no folder.`);
  expect(made.system.calls('crontab')).toEqual([]);
});

test('a script without a bot is told which command is left; all else is done', async () => {
  const made = await world();
  const { context, shown } = made.script();
  expect(await install(context, { tunnel: false })).toBe(1);
  expect(shown()).toContain('No bot is connected yet.\nRun `claudio telegram setup --token-stdin');
  expect(shown()).toContain('The service is not started, because its settings are not complete');
  expect(shown()).not.toContain('..');
  expect(traces(made)).toMatchObject({ hasLink: true, unit: expect.stringContaining('ExecStart') });
  expect(made.system.pidOf('claudio.service')).toBeNull();
});

test('with --yes and no word about a tunnel, none is made, and it is said how one is', async () => {
  const made = await world();
  made.set({ TELEGRAM_BOT_TOKEN: made.api.token, TELEGRAM_CHAT_ID: String(OWNER.id) });
  const { context, shown } = made.script({ yes: true });
  expect(await install(context, { yes: true }), shown()).toBe(0);
  expect(shown()).toContain('Give --quick for a throw-away address');
  expect(shown()).toContain('Claudio is set up, but for the tunnel.');
  expect(shown()).not.toContain('Send your bot a message');
});

test('a quick tunnel is set up by --quick, and cloudflared that is missing is told of', async () => {
  const made = await world();
  made.set({ TELEGRAM_BOT_TOKEN: made.api.token, TELEGRAM_CHAT_ID: String(OWNER.id) });
  const without = made.script();
  expect(await install(without.context, { quick: true })).toBe(1);
  expect(without.shown()).toContain('cloudflared is not installed');
  expect(without.shown()).toContain('How to install cloudflared');
  expect(traces(made).hasLink).toBe(true);

  const cloudflared = cloudflaredStandin();
  made.set({ CLOUDFLARED_BIN: cloudflared.path });
  const withIt = made.script();
  expect(await install(withIt.context, { quick: true }), withIt.shown()).toBe(0);
  expect(withIt.shown()).toContain('Messages come through a quick tunnel');
  // That is done here.
  expect(withIt.shown()).not.toContain('claudio restart');
  expect(made.env()).toContain('TUNNEL_QUICK="1"');
  expect(made.env()).not.toContain('WEBHOOK_URL');
});

test('broken off half-way, it goes on where it was', async () => {
  const made = await world();
  const first = terminal([
    [CHOOSES_TUNNEL, `${DOWN}${DOWN}${ENTER}`],
    [/Its public address/u, `${made.address}${ENTER}`],
    [ASKS_FOLDER, ENTER],
    [/The token of your bot/u, CTRL_C],
  ]);
  await expect(install(made.context(first), {})).rejects.toMatchObject({ code: 'cli.cancelled' });
  const second = terminal([
    [/The token of your bot/u, `${made.api.token}${ENTER}`],
    [/Is this you/u, 'y'],
  ]);
  void made.api.deliver(made.api.updates.text('/start'));
  expect(await install(made.context(second), {}), second.shown()).toBe(0);
  expect(second.shown()).toContain(`Messages already come through ${made.address}`);
});

test('a token that was revoked is told, and does not keep the rest from being done', async () => {
  const made = await settled();
  writeFileSync(made.envFile, made.env().replace('1:test-token', '1:revoked'));
  const { context, shown } = made.script();
  expect(await install(context, {})).toBe(1);
  expect(shown()).toContain('Telegram does not know the token of the bot');
  expect(shown()).not.toContain('revoked"');
  expect(traces(made).hasLink).toBe(true);

  // What is new beside it, the service that runs gets to know.
  const pid = made.system.pidOf('claudio.service');
  expect(pid).not.toBeNull();
  writeFileSync(made.envFile, made.env().replace(/CLAUDE_WORK_DIR=.*\n/u, ''));
  expect(await install(made.script().context, {})).toBe(1);
  expect(made.env()).toContain('CLAUDE_WORK_DIR');
  expect(made.system.pidOf('claudio.service')).not.toBe(pid);
});

test('two installs at once: the second is told to wait', async () => {
  const made = await settled();
  const lock = lockHome(made.home, 'install');
  await expect(install(made.script().context, {})).rejects.toMatchObject({
    code: 'install.under-way',
  });
  lock.release();
});

test('without systemd the rest is done, and it says what else can run Claudio', async () => {
  const made = await settled({ programs: ['crontab'] });
  const { context, shown } = made.script();
  expect(await install(context, {})).toBe(1);
  expect(shown()).toMatch(/neither systemd nor launchd[^]*tmux, a container/u);
  expect(traces(made)).toMatchObject({
    hasLink: true,
    crontab: expect.stringContaining('health-check'),
  });
});

test('where no systemd of the user runs, as after su, its own words are told', async () => {
  const made = await settled({ system: { bus: 'missing' } });
  const { context, shown } = made.script();
  expect(await install(context, {})).toBe(1);
  expect(shown()).toContain('Failed to connect to bus');
  expect(traces(made).hasLink).toBe(true);
});

test('a user without lingering gets a running service, and the command that makes it last', async () => {
  const made = await settled({ system: { linger: 'denied' } });
  const { context, shown } = made.script();
  expect(await install(context, {}), shown()).toBe(0);
  expect(shown()).toMatch(/the service ends when you log out[^]*sudo loginctl enable-linger/u);
  expect(made.system.pidOf('claudio.service')).not.toBeNull();
});

test('a crontab that may not be used is told, and the service runs all the same', async () => {
  const made = await settled({ system: { crontab: 'denied' } });
  const { context, shown } = made.script();
  expect(await install(context, {})).toBe(1);
  expect(shown()).toContain('not allowed to use this program (crontab)');
  expect(made.system.pidOf('claudio.service')).not.toBeNull();
});

test('a port in use is told with who has it', async () => {
  const made = await settled();
  const server = createServer((socket) => socket.destroy()).listen(made.port, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { context, shown } = made.script();
  expect(await install(context, {})).toBe(1);
  expect(shown()).toMatch(new RegExp(`Port ${made.port}`, 'u'));
});

test('a home with spaces, quotes, dollars and percents in its name gets a service that runs', async () => {
  const made = await settled({ homeName: `it's a "home" of $HOME, 100% mine` });
  const { context, shown } = made.script();
  expect(await install(context, {}), shown()).toBe(0);
  const health = await fetch(`${made.address}/health`);
  expect(await health.json()).toMatchObject({ home: made.home });
  expect(await install(made.script().context, {})).toBe(0);
});

test('settings that only this shell has are told, and do not count', async () => {
  const made = await settled();
  const { context, shown } = made.script({
    environment: { PORT: '1', TELEGRAM_BOT_TOKEN: '1:other' },
  });
  expect(await install(context, {}), shown()).toBe(0);
  expect(shown()).toContain('PORT, TELEGRAM_BOT_TOKEN in your environment');
  expect(shown()).toContain(`@claudio_test_bot is already connected`);
});

test('a login that only this shell has is told', async () => {
  const made = await settled();
  const claude = join(made.userHome, 'claude');
  writeFileSync(
    claude,
    `#!/bin/sh\n[ "$1" = --version ] && echo '1.2.3 (Claude Code)' && exit 0\n[ -n "$ANTHROPIC_API_KEY" ] && echo '{"loggedIn":true}' && exit 0\necho '{"loggedIn":false}'\nexit 1\n`,
  );
  chmodSync(claude, 0o755);
  made.set({ CLAUDE_BIN: claude });
  const { context, shown } = made.script({ environment: { ANTHROPIC_API_KEY: 'not-a-key' } });
  expect(await install(context, {}), shown()).toBe(0);
  expect(shown()).toContain('logged in by what this shell has set');
  const without = made.script();
  expect(await install(without.context, {})).toBe(1);
  expect(without.shown()).toContain('Claude Code is not logged in');
});
