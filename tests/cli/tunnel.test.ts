import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { tunnelSetup, tunnelStatus } from '../../src/cli/tunnel.ts';
import { freePort } from '../support/free-port.ts';
import { lockHome } from '../../src/platform/home-lock.ts';
import { cloudflaredStandin } from '../standins/cloudflared/standin.ts';
import { cliWorld } from '../support/cli.ts';
import { ENTER, terminal } from '../support/terminal.ts';

const NAMED = { TUNNEL_NAME: 'claudio', TUNNEL_HOSTNAME: 'claudio.example.com' };

async function world() {
  const cli = await cliWorld();
  const cloudflared = cloudflaredStandin();
  cli.set({ CLOUDFLARED_BIN: cloudflared.path, PORT: String(await freePort()) });
  const port = () => Number(/PORT="(\d+)"/u.exec(cli.env())?.[1]);
  return { ...cli, cloudflared, port };
}

/** Something that answers `GET /health` as a service would. */
async function service(port: number, home: string, checks: object): Promise<void> {
  const server = createServer((_, response) => {
    const report = { status: 'failing', version: '0.1.0', uptimeSeconds: 1, pid: 1, home, checks };
    response.writeHead(503).end(JSON.stringify(report));
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  expect((server.address() as AddressInfo).port).toBe(port);
  onTestFinished(() => void server.close());
}

test('a person sets a tunnel up: asked for the address only, and shown where to log in', async () => {
  const at = await world();
  const person = terminal([[/Which address/u, `Claudio.Example.com${ENTER}`]]);
  expect(await tunnelSetup(at.context(person), {})).toBe(0);
  expect(person.shown()).toContain('https://dash.cloudflare.com/argotunnel?');
  expect(person.shown()).toContain('The tunnel is set up.');
  expect(person.shown()).toContain('claudio restart');
  expect(at.env()).toContain('TUNNEL_NAME="claudio"\nTUNNEL_HOSTNAME="claudio.example.com"\n');
  expect(at.cloudflared.account().records).toHaveProperty(['claudio.example.com']);

  // The second time there is nothing to ask, to change or to restart.
  const before = at.env();
  const { context, shown } = at.script();
  expect(await tunnelSetup(context, {})).toBe(0);
  expect(shown()).not.toContain('claudio restart');
  expect(at.env()).toBe(before);
});

test('a script sets a tunnel up with options, once somebody has logged in', async () => {
  const at = await world();
  const options = { name: 'bridge', hostname: 'bridge.example.com' };
  await expect(tunnelSetup(at.script({ yes: true }).context, options)).rejects.toMatchObject({
    code: 'tunnel.not-logged-in',
  });
  at.cloudflared.logIn(at.userHome);
  expect(await tunnelSetup(at.script().context, options)).toBe(0);
  expect(at.env()).toContain('TUNNEL_NAME="bridge"\nTUNNEL_HOSTNAME="bridge.example.com"\n');
  await expect(tunnelSetup((await world()).script().context, {})).rejects.toMatchObject({
    code: 'cli.needs-answer',
    hint: expect.stringContaining('--hostname'),
  });
});

test('a throw-away address needs no login and no account', async () => {
  const at = await world();
  at.set({ ...NAMED, WEBHOOK_URL: 'https://claudio.example.com' });
  const { context, shown } = at.script();
  expect(await tunnelSetup(context, { quick: true })).toBe(0);
  expect(at.env()).toContain('TUNNEL_QUICK="1"');
  expect(at.env()).not.toMatch(/TUNNEL_NAME|TUNNEL_HOSTNAME|WEBHOOK_URL/u);
  expect(shown()).toContain('claudio restart');
  expect(at.cloudflared.calls().map(({ args }) => args)).toEqual([['--version']]);
});

test.each([
  [{ quick: true, hostname: 'a.example.com' }, /neither/u],
  [{ name: '-x', hostname: 'a.example.com' }, /^--name must begin/u],
  [{ name: '', hostname: 'a.example.com' }, /^--name must/u],
  [{ name: 'a b', hostname: 'a.example.com' }, /^--name must be 1 to 64/u],
  [{ name: '00000000-0000-4000-8000-000000000001' }, /^--name must .* no id/u],
  [{ hostname: 'https://a.example.com' }, /^--hostname must be a host name/u],
])('options that cannot be are told before anything is done: %j', async (options, message) => {
  const at = await world();
  await expect(tunnelSetup(at.script().context, options)).rejects.toMatchObject({
    code: 'cli.usage',
    message: expect.stringMatching(message),
  });
  expect(at.cloudflared.calls()).toEqual([]);
});

test('a cloudflared that is too old, missing or none at all is told with a remedy', async () => {
  const at = await world();
  at.cloudflared.setVersion('2022.3.0');
  await expect(tunnelSetup(at.script().context, { quick: true })).rejects.toMatchObject({
    code: 'tunnel.no-cloudflared',
    message: 'cloudflared 2022.3.0 is too old.',
    hint: expect.stringContaining('2023.3.0'),
  });
  const none = { CLOUDFLARED_BIN: join(at.userHome, 'nothing') };
  await expect(
    tunnelSetup(at.script({ environment: none }).context, { quick: true }),
  ).rejects.toMatchObject({ code: 'tunnel.no-cloudflared', hint: /CLOUDFLARED_BIN/u });
  const wrong = { CLOUDFLARED_BIN: '/bin/true' };
  await expect(
    tunnelSetup(at.script({ environment: wrong }).context, { quick: true }),
  ).rejects.toMatchObject({ message: expect.stringContaining('does not run as cloudflared') });
  // Builds of one's own are taken at their word.
  at.cloudflared.setVersion('DEV');
  expect(await tunnelSetup(at.script().context, { quick: true })).toBe(0);
});

test('where the environment wins over what was written, that is said', async () => {
  const at = await world();
  at.cloudflared.logIn(at.userHome);
  const { context, shown } = at.script({ environment: { WEBHOOK_URL: 'https://x.example.com' } });
  expect(await tunnelSetup(context, { hostname: 'claudio.example.com' })).toBe(0);
  expect(shown()).toContain('WEBHOOK_URL is set in your environment, which wins');
});

test('broken off while it waits for the login, it leaves no cloudflared behind', async () => {
  const at = await world();
  at.cloudflared.changeAccount((account) => {
    account.login = 'open';
  });
  const person = terminal();
  const setup = tunnelSetup(at.context(person), { hostname: 'claudio.example.com' });
  await person.sees('argotunnel');
  const login = at.cloudflared.calls().find(({ args }) => args.includes('login'));
  process.emit('SIGINT');
  await expect(setup).rejects.toMatchObject({ code: 'cli.cancelled' });
  await vi.waitFor(() => expect(() => process.kill(login?.pid ?? 0, 0)).toThrow('ESRCH'), 10_000);
});

test('while something else sets this home up, it is told to wait', async () => {
  const at = await world();
  const lock = lockHome(at.home, 'install');
  onTestFinished(() => lock.release());
  await expect(tunnelSetup(at.script().context, { quick: true })).rejects.toMatchObject({
    code: 'install.under-way',
  });
  expect(at.env()).not.toContain('TUNNEL_QUICK');
});

test('the status is that of the running service', async () => {
  const at = await world();
  at.set({ TUNNEL_QUICK: '1' });
  const tunnel = {
    ok: true,
    kind: 'quick',
    state: 'ready',
    since: '2026-11-21T10:00:00.000Z',
    publicUrl: 'https://some-words.trycloudflare.com',
    connectionCount: 1,
  };
  await service(at.port(), at.home, { tunnel });
  const text = at.script();
  expect(await tunnelStatus(text.context, {})).toBe(0);
  expect(text.shown()).toMatch(
    /^✔ tunnel +ready: https:\/\/some-words\.trycloudflare\.com, 1 connection$/mu,
  );
  const json = at.script();
  expect(await tunnelStatus(json.context, { json: true })).toBe(0);
  expect(JSON.parse(json.shown())).toMatchObject({
    tunnel,
    findings: [
      { name: 'service', state: 'ok' },
      { name: 'cloudflared', state: 'ok', text: `version 2026.8.2, ${at.cloudflared.path}` },
      { name: 'tunnel', state: 'ok' },
    ],
  });
});

test('a tunnel that is down is told with the reason and what to do', async () => {
  const at = await world();
  at.set(NAMED);
  await service(at.port(), at.home, {
    tunnel: { ok: false, state: 'down', reason: 'It rains', remedy: 'Take an umbrella.' },
  });
  const { context, shown } = at.script();
  expect(await tunnelStatus(context, {})).toBe(1);
  expect(shown()).toMatch(/✖ tunnel +down: claudio \(claudio\.example\.com\), It rains\n/u);
  expect(shown()).toMatch(/It rains\n.*→ Take an umbrella\./u);
  expect(shown()).toMatch(/✖ credentials +there is no .*tunnel\.json\n.*→ `claudio tunnel setup`/u);
});

test('while the service is down, the settings and the files are what there is', async () => {
  const at = await world();
  const none = at.script();
  expect(await tunnelStatus(none.context, {})).toBe(1);
  expect(none.shown()).toMatch(/tunnel +not set up\n.*→ `claudio tunnel setup`/u);

  at.cloudflared.logIn(at.userHome);
  await tunnelSetup(at.script().context, { hostname: 'claudio.example.com' });
  const { context, shown } = at.script();
  expect(await tunnelStatus(context, { json: true })).toBe(1);
  expect(JSON.parse(shown())).toMatchObject({
    tunnel: null,
    findings: [
      { name: 'service', state: 'failed', text: expect.stringContaining('not running') },
      { name: 'cloudflared', state: 'ok' },
      { name: 'credentials', state: 'ok' },
      { name: 'rules', state: 'ok' },
      { name: 'tunnel', text: 'claudio (claudio.example.com): runs with the service' },
    ],
  });
});

test('the service of another home does not stand in for this one', async () => {
  const at = await world();
  at.set(NAMED);
  await service(at.port(), '/another/home', { tunnel: { ok: true, state: 'ready' } });
  const { context, shown } = at.script();
  expect(await tunnelStatus(context, {})).toBe(1);
  expect(shown()).toContain('belongs to the Claudio of /another/home');
});

test('neither the settings nor the status show a secret', async () => {
  const at = await world();
  at.set({ TELEGRAM_BOT_TOKEN: '123456789:made-up-token-of-a-test-0000000000' });
  at.cloudflared.logIn(at.userHome);
  const setup = at.script();
  await tunnelSetup(setup.context, { hostname: 'claudio.example.com' });
  const status = at.script();
  await tunnelStatus(status.context, { json: true });
  const secret = at.cloudflared.account().tunnels[0]?.secret ?? '';
  expect(readFileSync(join(at.home, 'tunnel.json'), 'utf8')).toContain(secret);
  for (const text of [setup.shown(), status.shown(), JSON.stringify(at.cloudflared.calls())]) {
    expect(text).not.toBe('');
    expect(text).not.toContain('made-up-token');
    expect(text).not.toContain(secret);
  }
});
