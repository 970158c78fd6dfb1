import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { packageRoot } from '../../src/platform/package.ts';
import { INSTANT_CLAUDE_PATH } from '../environment.ts';
import { OWNER, startBotApi } from '../../src/playground/bot-api/bot-api.ts';
import { cloudflaredStandin } from '../standins/cloudflared/standin.ts';
import { systemStandins } from '../standins/system/standins.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Real services are started several times over.
vi.setConfig({ testTimeout: 180_000 });

const PROGRAM = join(packageRoot(), 'dist/src/bin.js');
/** One that no other test has, which may run beside this one. */
const TOKEN = '1:test-token-of-install';
const HOST = 'made-up.trycloudflare.com';
/** Of nobody in the user database. */
const UNKNOWN_USER = 54_321;

/** A user's folder on a machine with systemd, cron, cloudflared and Claude Code. */
async function machine() {
  const api = await startBotApi({ token: TOKEN });
  onTestFinished(() => api.close());
  const system = systemStandins({ runs: true });
  const cloudflared = cloudflaredStandin();
  cloudflared.setQuickHostname(HOST);
  const userHome = temporaryFolder();
  const home = join(userHome, '.claudio');
  const port = await freePort();
  api.route(HOST, `http://127.0.0.1:${port}`);
  mkdirSync(home, { mode: 0o700 });
  const settings = {
    TELEGRAM_API_ROOT: api.root,
    CLAUDE_BIN: INSTANT_CLAUDE_PATH,
    CLOUDFLARED_BIN: cloudflared.path,
    PORT: String(port),
    PROGRESS: 'off',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}="${value}"\n`);
  writeFileSync(join(home, 'service.env'), lines.join(''), { mode: 0o600 });
  const env: Record<string, string> = { HOME: userHome, USER: 'someone', PATH: system.path };
  return { api, system, cloudflared, userHome, home, port, env };
}

interface Running {
  readonly pid: number;
  output(): string;
  /** Resolves when the output holds this. */
  says(wanted: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
  readonly exit: Promise<number | null>;
}

/** Starts the built program as a script does. */
function claudio(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  options: { readonly stdin?: string; readonly uid?: number } = {},
): Running {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...env },
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid }),
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      for (const look of waiting) look();
    });
  }
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    exit,
    signal: (name) => void child.kill(name),
    says: async (wanted) => {
      const found = Promise.withResolvers<RegExpExecArray>();
      const look = () => {
        const match = wanted.exec(output);
        if (match === null) return;
        waiting.delete(look);
        found.resolve(match);
      };
      waiting.add(look);
      look();
      const ended = exit.then((code): never => {
        throw new Error(`ended with ${code} before it said ${String(wanted)}:\n${output}`);
      });
      return await Promise.race([found.promise, ended]);
    },
  };
}

async function toItsEnd(...args: Parameters<typeof claudio>) {
  const running = claudio(...args);
  const code = await running.exit;
  return { code, output: running.output() };
}

/** Every file and link below a folder; of what systemd and npm-like tools share, empty folders may stay. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name, parentPath }) => join(parentPath, name))
    .toSorted();
}

test('from nothing to an answered message and back without a trace', async () => {
  const { api, system, cloudflared, userHome, home, env } = await machine();
  writeFileSync(join(userHome, '.bashrc'), '# mine\n');
  system.setCrontab('0 4 * * * /usr/bin/true\n');
  const everything: string[] = [];

  const setup = claudio(['telegram', 'setup', '--token-stdin', '--yes'], env, {
    stdin: `${TOKEN}\n`,
  });
  const [, word] = await setup.says(/start=([\da-f]{16})/u);
  const { stdout: table } = spawnSync('ps', ['axeww', '-o', 'args'], { encoding: 'utf8' });
  // A failure must not print what else runs on the machine.
  expect(table.includes('telegram setup')).toBe(true);
  expect(table.includes(TOKEN)).toBe(false);
  void api.deliver(api.updates.text(`/start ${word ?? ''}`));
  expect(await setup.exit, setup.output()).toBe(0);
  everything.push(setup.output());
  expect(setup.output()).toContain('`claudio install` sets up what is left');

  const first = await toItsEnd(['install', '--quick', '--yes'], env);
  everything.push(first.output);
  expect(first.code, first.output).toBe(0);
  expect(first.output).toContain('Send your bot a message: https://t.me/claudio_test_bot');
  const pid = system.pidOf('claudio.service');
  expect(pid).not.toBeNull();
  const webhook = await api.until('the webhook of the quick tunnel', () =>
    api.webhook?.url === `https://${HOST}/telegram/webhook` ? api.webhook : null,
  );
  await api.say('Is anybody there?');
  await api.message('the answer', ({ text }) => text === 'An instant answer.');

  const second = await toItsEnd(['install', '--quick', '--yes'], env);
  everything.push(second.output);
  expect(second.code, second.output).toBe(0);
  expect(second.output).toContain('Everything was set up already; nothing was changed.');
  expect(system.pidOf('claudio.service')).toBe(pid);

  const away = await toItsEnd(['uninstall', '--purge', '--yes'], env);
  everything.push(away.output);
  expect(away.code, away.output).toBe(0);
  expect(system.pidOf('claudio.service')).toBeNull();
  expect(cloudflared.running()).toEqual([]);
  expect(api.webhook).toBeNull();
  expect(existsSync(home)).toBe(false);
  expect(filesBelow(userHome)).toEqual([join(userHome, '.bashrc')]);
  expect(system.crontab()).toBe('0 4 * * * /usr/bin/true\n');
  expect(system.isLingering()).toBe(false);

  const secrets = [TOKEN, webhook.secretToken ?? TOKEN];
  const told = [...everything, system.journalOf('claudio.service'), JSON.stringify(system.calls())];
  for (const text of told) for (const secret of secrets) expect(text).not.toContain(secret);
});

test('Ctrl-C while it waits for /start starts the service again and ends with 130', async () => {
  const { api, system, home, port, env } = await machine();
  writeFileSync(
    join(home, 'service.env'),
    `TELEGRAM_BOT_TOKEN="${TOKEN}"\nTELEGRAM_CHAT_ID="${OWNER.id}"\nWEBHOOK_URL="http://127.0.0.1:${port}"\n`,
    { flag: 'a' },
  );
  const installed = await toItsEnd(['install', '--yes'], env);
  expect(installed.code, installed.output).toBe(0);
  const pid = system.pidOf('claudio.service');

  const setup = claudio(['telegram', 'setup', '--yes'], env);
  await setup.says(/start=[\da-f]{16}/u);
  await api.call('a poll', ({ method }) => method === 'getUpdates');
  expect(system.pidOf('claudio.service')).toBeNull();
  void api.say('while it rests');
  setup.signal('SIGINT');
  expect(await setup.exit, setup.output()).toBe(130);
  expect(system.pidOf('claudio.service')).not.toBe(pid);
  await api.message('the answer', ({ text }) => text === 'An instant answer.');
});

test('two installs at once: one does it, the other ends with 75', async () => {
  const { env } = await machine();
  const setup = claudio(['telegram', 'setup', '--token-stdin', '--yes'], env, { stdin: TOKEN });
  await setup.says(/start=[\da-f]{16}/u);
  const other = await toItsEnd(['install', '--yes'], env);
  expect(other.code, other.output).toBe(75);
  expect(other.output).toContain('under way');
  setup.signal('SIGTERM');
  expect(await setup.exit).toBe(130);
});

test('where Telegram cannot be reached, the exit code is 69', async () => {
  const { api, env } = await machine();
  await api.close();
  const setup = await toItsEnd(['telegram', 'setup', '--token-stdin'], env, { stdin: TOKEN });
  expect(setup.code).toBe(69);
  expect(setup.output).toMatch(/Telegram cannot be reached: .*\nSee that this machine is online/u);
  expect(setup.output).not.toContain(TOKEN);
});

test('a chat is given with --chat-id, also that of a group', async () => {
  const { api, env } = await machine();
  const group = ['telegram', 'setup', '--token-stdin', '--yes', '--chat-id', '-100123'];
  const setup = await toItsEnd(group, env, { stdin: TOKEN });
  expect(setup.code, setup.output).toBe(0);
  expect(api.sentMessages(-100_123)).toHaveLength(1);
  const wrong = await toItsEnd(['telegram', 'setup', '--chat-id', 'me'], env);
  expect(wrong.output).toContain('It must be a whole number');
});

test('a home that is read-only, and no HOME at all, are answered by a sentence', async () => {
  const { env, userHome } = await machine();
  const isRoot = process.getuid?.() === 0;
  const place = join(userHome, 'read-only');
  mkdirSync(place);
  chmodSync(userHome, 0o755);
  chmodSync(place, 0o555);
  const other = isRoot ? { uid: UNKNOWN_USER } : {};
  const readOnly = await toItsEnd(
    ['install', '--yes'],
    { ...env, CLAUDIO_HOME: `${place}/x` },
    other,
  );
  expect(readOnly.code, readOnly.output).toBe(1);
  expect(readOnly.output).toContain(`${place} cannot be written to`);
  expect(readOnly.output).toContain('Nothing was done.');

  const relative = await toItsEnd(['install', '--yes'], { ...env, HOME: 'nowhere' });
  expect(relative.code).toBe(78);
  expect(relative.output).toContain('HOME must be the absolute path of your home folder.');
  if (!isRoot) return;
  const none = await toItsEnd(['install', '--yes'], { PATH: env['PATH'] ?? '' }, other);
  expect(none.code, none.output).toBe(78);
});
