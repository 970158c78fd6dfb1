import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { setupNamedTunnel, setupQuickTunnel } from '../../../src/ops/tunnel/setup.ts';
import { inspectConfiguration } from '../../../src/platform/configuration/load.ts';
import { createHost } from '../../../src/platform/host.ts';
import { cloudflaredStandin } from '../../standins/cloudflared/standin.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { person, type ScriptedPerson } from './person.ts';
import { TOKEN } from './support.ts';

const WANTED = { name: 'claudio', hostname: 'claudio.example.com' };

function world(homeName = '.claudio') {
  const cloudflared = cloudflaredStandin();
  const userHome = temporaryFolder();
  const home = join(userHome, homeName);
  mkdirSync(home, { mode: 0o700 });
  const environment = { HOME: userHome, CLAUDIO_HOME: home, PATH: '/usr/bin:/bin' };
  const envFile = join(home, 'service.env');
  writeFileSync(envFile, `# mine\nTELEGRAM_BOT_TOKEN="${TOKEN}"\n`, { mode: 0o600 });
  return {
    cloudflared,
    userHome,
    home,
    envFile,
    credentials: join(home, 'tunnel.json'),
    set: (lines: string) => writeFileSync(envFile, lines),
    env: () => readFileSync(envFile, 'utf8'),
    setUp: (ui: ScriptedPerson, wanted = WANTED) =>
      setupNamedTunnel(
        {
          host: createHost(environment),
          ui,
          cloudflared: cloudflared.path,
          inspection: inspectConfiguration(environment),
          signal: new AbortController().signal,
        },
        wanted,
      ),
    quick: () => setupQuickTunnel(inspectConfiguration(environment)),
    /** The commands that were given to cloudflared, without their arguments. */
    commands: () =>
      cloudflared.calls().map(({ args }) =>
        args
          .filter((arg) => /^[a-z]+$/u.test(arg) && arg !== 'tunnel' && arg !== WANTED.name)
          .filter((arg) => arg !== 'json')
          .join(' '),
      ),
  };
}

/** All files below a folder with what is in them and when it was written. */
function everything(folder: string): readonly unknown[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, statSync(path).mode, readFileSync(path, 'utf8')];
    });
}

test('from nothing to a tunnel: login, tunnel, DNS record, configuration, settings', async () => {
  const at = world();
  const ui = person(true);
  expect(await at.setUp(ui)).toBe(true);

  expect(ui.seen.join('\n')).toContain('https://dash.cloudflare.com/argotunnel?');
  expect(ui.questions).toEqual([]);
  const { tunnels, records } = at.cloudflared.account();
  expect(tunnels.map(({ name }) => name)).toEqual(['claudio']);
  expect(records).toEqual({ 'claudio.example.com': tunnels[0]?.id });
  expect(statSync(at.credentials).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(at.credentials, 'utf8'))).toMatchObject({
    TunnelID: tunnels[0]?.id,
  });
  expect(statSync(join(at.home, 'cloudflared.yml')).mode & 0o777).toBe(0o600);
  expect(at.env()).toBe(
    `# mine\nTELEGRAM_BOT_TOKEN="${TOKEN}"\nTUNNEL_NAME="claudio"\nTUNNEL_HOSTNAME="claudio.example.com"\n`,
  );
  expect(readdirSync(at.home).toSorted()).toEqual([
    'cloudflared.yml',
    'service.env',
    'tunnel.json',
  ]);
  expect(at.commands()).toEqual([
    'login',
    'list',
    'create',
    'route dns',
    'ingress validate',
    'ingress rule',
    'ingress rule',
  ]);
});

test('run twice, it changes nothing the second time', async () => {
  const at = world();
  await at.setUp(person(true));
  const before = everything(at.userHome);
  const account = at.cloudflared.account();
  expect(before.length).toBeGreaterThan(3);

  const ui = person(null);
  expect(await at.setUp(ui)).toBe(false);
  expect(everything(at.userHome)).toEqual(before);
  expect(at.cloudflared.account()).toEqual(account);
});

test('no argument, output or log of it holds a secret', async () => {
  const at = world();
  const ui = person(true);
  await at.setUp(ui);
  const secret = at.cloudflared.account().tunnels[0]?.secret ?? '';
  const { apiToken } = at.cloudflared.account();
  expect(at.cloudflared.calls().length).toBeGreaterThan(5);
  for (const text of [JSON.stringify(at.cloudflared.calls()), ui.seen.join('\n')]) {
    for (const hidden of [secret, apiToken, TOKEN]) {
      expect(hidden).not.toBe('');
      expect(text).not.toContain(hidden);
    }
  }
});

test('a home with spaces and quotes is no hindrance', async () => {
  const at = world(`it's "my" home: #1 \\ ü`);
  await at.setUp(person(true));
  expect(existsSync(at.credentials)).toBe(true);
  expect(await at.setUp(person(null))).toBe(false);
});

test('the own configuration of the person is neither used nor touched', async () => {
  const at = world();
  at.cloudflared.logIn(at.userHome);
  const own = join(at.userHome, '.cloudflared', 'config.yml');
  writeFileSync(own, 'this would break everything\n');
  await at.setUp(person(null));
  expect(readFileSync(own, 'utf8')).toBe('this would break everything\n');
});

test.each(['create', 'route dns', 'ingress validate'])(
  'broken off before «%s», it goes on from there',
  async (step) => {
    const at = world();
    at.cloudflared.logIn(at.userHome);
    // The steps one by one, and killed before this one.
    const killer = join(at.userHome, 'killer');
    writeFileSync(
      killer,
      `#!/bin/sh\ncase "$*" in *'${step}'*) kill -9 $$ ;; esac\nexec '${at.cloudflared.path}' "$@"\n`,
    );
    chmodSync(killer, 0o755);
    const real = at.cloudflared.path;
    Object.assign(at.cloudflared, { path: killer });
    await expect(at.setUp(person(null))).rejects.toMatchObject({
      code: expect.stringMatching(/^tunnel\./u),
    });
    expect(at.env()).not.toContain('TUNNEL');
    Object.assign(at.cloudflared, { path: real });
    expect(await at.setUp(person(null))).toBe(true);
    expect(at.cloudflared.account().tunnels).toHaveLength(1);
    expect(at.env()).toContain('TUNNEL_NAME="claudio"');
  },
);

test('credentials that a broken-off set-up left half-way are made anew', async () => {
  const at = world();
  at.cloudflared.logIn(at.userHome);
  writeFileSync(`${at.credentials}.new`, '{"half');
  await at.setUp(person(null));
  expect(existsSync(`${at.credentials}.new`)).toBe(false);
  expect(readFileSync(at.credentials, 'utf8')).toMatch(/^\{.*\}$/u);
});

test('a tunnel of that name that nobody uses is taken over', async () => {
  const at = world();
  at.cloudflared.logIn(at.userHome);
  const tunnel = at.cloudflared.addTunnel('claudio');
  const ui = person(null);
  await at.setUp(ui);
  expect(at.cloudflared.account().tunnels).toEqual([tunnel]);
  expect(JSON.parse(readFileSync(at.credentials, 'utf8'))).toMatchObject({
    TunnelID: tunnel.id,
    TunnelSecret: tunnel.secret,
  });
  expect(statSync(at.credentials).mode & 0o777).toBe(0o600);
});

test('a tunnel of that name that is in use elsewhere is taken over only after a yes', async () => {
  const at = world();
  at.cloudflared.logIn(at.userHome);
  at.cloudflared.addTunnel('claudio', 4);
  await expect(at.setUp(person(null))).rejects.toMatchObject({ code: 'cli.needs-answer' });
  await expect(at.setUp(person(false))).rejects.toMatchObject({ code: 'tunnel.name-taken' });
  expect(existsSync(at.credentials)).toBe(false);
  const ui = person(true);
  await at.setUp(ui);
  expect(ui.questions).toEqual([expect.stringContaining('elsewhere')]);
  // Once it is ours, its connections are our own.
  await at.setUp(person(null));
});

test('credentials that Cloudflare has replaced are fetched again', async () => {
  const at = world();
  await at.setUp(person(true));
  at.cloudflared.changeAccount((account) => {
    account.tunnels = account.tunnels.map((tunnel) => ({ ...tunnel, secret: 'bWFkZSB1cCAy' }));
  });
  expect(await at.setUp(person(null))).toBe(true);
  expect(readFileSync(at.credentials, 'utf8')).toContain('bWFkZSB1cCAy');
  expect(await at.setUp(person(null))).toBe(false);
});

test('credentials that are gone are fetched again', async () => {
  const at = world();
  await at.setUp(person(true));
  const before = readFileSync(at.credentials, 'utf8');
  rmSync(at.credentials);
  expect(await at.setUp(person(null))).toBe(true);
  expect(readFileSync(at.credentials, 'utf8')).toBe(before);
});

test('a home that came from another machine needs no login to stay as it is', async () => {
  const at = world();
  await at.setUp(person(true));
  rmSync(join(at.userHome, '.cloudflared'), { recursive: true });
  const ui = person(null);
  expect(await at.setUp(ui)).toBe(false);
  expect(ui.seen.join('\n')).toContain('Nobody is logged in');
  // Another host name does.
  await expect(
    at.setUp(person(null), { ...WANTED, hostname: 'other.example.com' }),
  ).rejects.toMatchObject({ code: 'tunnel.not-logged-in' });
});

test('without a login and without anybody to log in, it says how', async () => {
  const at = world();
  await expect(at.setUp(person(null))).rejects.toMatchObject({
    code: 'tunnel.not-logged-in',
    hint: expect.stringContaining('`cloudflared tunnel login`'),
  });
  expect(at.cloudflared.calls()).toEqual([]);
});

test('a login that does not come to an end is told', async () => {
  const at = world();
  at.cloudflared.changeAccount((account) => (account.login = 'refused'));
  await expect(at.setUp(person(true))).rejects.toMatchObject({
    code: 'tunnel.not-logged-in',
    message: expect.stringContaining('Failed to fetch resource'),
  });
});

test.each([
  ['that Cloudflare no longer takes', 'tunnel.wrong-account'],
  ['that is damaged', 'tunnel.not-logged-in'],
])('a login %s is told with a remedy', async (how, code) => {
  const at = world();
  at.cloudflared.logIn(at.userHome, 'example.com', 'another-made-up-token');
  if (how.endsWith('damaged')) {
    writeFileSync(join(at.userHome, '.cloudflared', 'cert.pem'), 'rubbish');
  }
  await expect(at.setUp(person(true))).rejects.toMatchObject({
    code,
    hint: expect.stringContaining('~/.cloudflared/cert.pem'),
  });
});

test('a tunnel that is not in the account any more is made anew only after a yes', async () => {
  const at = world();
  await at.setUp(person(true));
  const before = readFileSync(at.credentials, 'utf8');
  at.cloudflared.changeAccount((account) => {
    account.tunnels = [];
    account.records = {};
  });
  await expect(at.setUp(person(false))).rejects.toMatchObject({ code: 'tunnel.wrong-account' });
  expect(readFileSync(at.credentials, 'utf8')).toBe(before);
  expect(await at.setUp(person(true))).toBe(true);
  expect(readFileSync(at.credentials, 'utf8')).not.toBe(before);
});

test('a host name of another domain than the login is for is told, with the record that was made', async () => {
  const at = world();
  at.cloudflared.logIn(at.userHome, 'example.org');
  await expect(at.setUp(person(true))).rejects.toMatchObject({
    code: 'tunnel.wrong-zone',
    message: expect.stringContaining('claudio.example.com.example.org'),
    hint: expect.stringContaining('~/.cloudflared/cert.pem'),
  });
  expect(at.env()).not.toContain('TUNNEL');
  // The second time the record stands already, and is no better for that.
  await expect(at.setUp(person(true))).rejects.toMatchObject({ code: 'tunnel.wrong-zone' });
});

test('a DNS record that leads elsewhere is replaced only after a yes', async () => {
  const at = world();
  at.cloudflared.logIn(at.userHome);
  at.cloudflared.changeAccount(({ records }) => (records['claudio.example.com'] = 'elsewhere'));
  await expect(at.setUp(person(null))).rejects.toMatchObject({ code: 'cli.needs-answer' });
  await expect(at.setUp(person(false))).rejects.toMatchObject({ code: 'tunnel.dns-taken' });
  expect(at.cloudflared.account().records).toEqual({ 'claudio.example.com': 'elsewhere' });
  expect(at.env()).not.toContain('TUNNEL');
  const ui = person(true);
  await at.setUp(ui);
  expect(ui.questions).toEqual([
    'claudio.example.com has a DNS record that leads elsewhere. Replace it?',
  ]);
  const { records, tunnels } = at.cloudflared.account();
  expect(records).toEqual({ 'claudio.example.com': tunnels[0]?.id });
});

test.each([
  [
    'Error Parsing page 1: REST request failed: Get "https://api.cloudflare.com/client/v4/x": dial tcp: lookup api.cloudflare.com: no such host',
    'cloudflare.unreachable',
  ],
  [
    'failed to create tunnel: Create Tunnel API call failed: tunnel with name already exists',
    'tunnel.name-taken',
  ],
  ['something that nobody knows', 'tunnel.refused'],
])('what cloudflared refuses with «%s» becomes %s', async (said, code) => {
  const at = world();
  at.cloudflared.logIn(at.userHome);
  const refusing = join(at.userHome, 'refusing');
  writeFileSync(refusing, `#!/bin/sh\necho '${said}' >&2\nexit 1\n`, { mode: 0o755 });
  Object.assign(at.cloudflared, { path: refusing });
  await expect(at.setUp(person(true))).rejects.toMatchObject({ code });
});

test('a configuration that cloudflared refuses is told, and the settings stay as they were', async () => {
  const at = world();
  at.cloudflared.logIn(at.userHome);
  const refusing = join(at.userHome, 'refusing');
  writeFileSync(
    refusing,
    `#!/bin/sh\ncase "$*" in *ingress*) echo 'Validation failed: made up' >&2; exit 1 ;; esac\nexec '${at.cloudflared.path}' "$@"\n`,
    { mode: 0o755 },
  );
  Object.assign(at.cloudflared, { path: refusing });
  await expect(at.setUp(person(true))).rejects.toMatchObject({
    code: 'tunnel.config-refused',
    message: expect.stringContaining('made up'),
  });
  expect(at.env()).not.toContain('TUNNEL');
});

test('a named tunnel takes the place of a quick one and of another address', async () => {
  const at = world();
  at.cloudflared.logIn(at.userHome);
  at.set('TUNNEL_QUICK="1"\nWEBHOOK_URL="https://old.example.com"\nPORT="9000"\n');
  await at.setUp(person(null));
  expect(at.env()).toBe(
    'PORT="9000"\nTUNNEL_NAME="claudio"\nTUNNEL_HOSTNAME="claudio.example.com"\n',
  );
  expect(readFileSync(join(at.home, 'cloudflared.yml'), 'utf8')).toContain('127.0.0.1:9000');
  // The same address in other words stays.
  at.set(`${at.env()}WEBHOOK_URL="https://claudio.example.com/"\n`);
  expect(await at.setUp(person(null))).toBe(false);
});

test('a quick tunnel takes the place of everything else, and only once', () => {
  const at = world();
  at.set('TUNNEL_NAME="a"\nTUNNEL_HOSTNAME="a.example.com"\nWEBHOOK_URL="https://a.example.com"\n');
  expect(at.quick()).toBe(true);
  expect(at.env()).toBe('TUNNEL_QUICK="1"\n');
  expect(at.quick()).toBe(false);
  expect(at.cloudflared.calls()).toEqual([]);
});
