import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { tunnelCheck } from '../../../src/ops/tunnel/tunnel.ts';
import { createHttpClient, type HttpClient } from '../../../src/platform/http-client.ts';
import { createProcessTable } from '../../../src/platform/process/table.ts';
import { testClock } from '../../support/clock.ts';
import { freePort } from '../../support/free-port.ts';
import { reached, TOKEN, tunnelWorld } from './support.ts';

const QUICK = { TUNNEL_QUICK: '1' };
const NAMED = { TUNNEL_NAME: 'claudio', TUNNEL_HOSTNAME: 'claudio.example.com' };
/** Longer than any test: the state comes from an event, and not because time went by. */
const NEVER_MS = 3_600_000;

test('there is no tunnel where the settings name none', () => {
  const { create, cloudflared } = tunnelWorld({});
  expect(create()).toBeNull();
  expect(cloudflared.calls()).toEqual([]);
});

test('a quick tunnel comes up with the address that cloudflared was given', async () => {
  const world = tunnelWorld(QUICK);
  world.cloudflared.setQuickHostname('some-words.trycloudflare.com');
  const tunnel = world.start();
  expect(tunnel.kind).toBe('quick');
  expect(tunnel.state().kind).toBe('starting');
  const state = await reached(tunnel, 'ready');
  expect(state).toMatchObject({
    publicUrl: 'https://some-words.trycloudflare.com',
    connectionCount: 1,
  });
  // Without it cloudflared tries UDP alone.
  expect(world.cloudflared.runs()[0]?.args).toContain('--protocol=auto');
  expect(tunnelCheck(tunnel)).toMatchObject({
    ok: true,
    kind: 'quick',
    state: 'ready',
    publicUrl: 'https://some-words.trycloudflare.com',
    connectionCount: 1,
  });
});

test('a named tunnel is run by its id, with a configuration of our own and its credentials', async () => {
  const world = tunnelWorld(NAMED);
  const id = world.giveCredentials('claudio');
  const tunnel = world.start();
  const state = await reached(tunnel, 'ready');
  expect(state).toMatchObject({ publicUrl: 'https://claudio.example.com', connectionCount: 4 });
  const file = join(world.home, 'cloudflared.yml');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toContain(`tunnel: "${id}"`);
  const [run] = world.cloudflared.runs();
  expect(run?.args).toEqual([
    'tunnel',
    `--config=${file}`,
    '--no-autoupdate',
    expect.stringMatching(/^--metrics=127\.0\.0\.1:\d+$/u),
    '--grace-period=5s',
    'run',
  ]);
});

test('a home with spaces and quotes is no hindrance', async () => {
  const world = tunnelWorld(NAMED, `it's "my" home: #1 \\ ü`);
  world.giveCredentials('claudio');
  await reached(world.start(), 'ready');
});

test('the configuration of the person does not get in the way of a quick tunnel', async () => {
  const world = tunnelWorld(QUICK);
  world.cloudflared.logIn(world.userHome);
  writeFileSync(
    join(world.userHome, '.cloudflared', 'config.yml'),
    'tunnel: another\nthis is no YAML that anybody reads\n',
  );
  await reached(world.start(), 'ready');
});

test('cloudflared gets nothing of what Claudio knows, by environment or by argument', async () => {
  const world = tunnelWorld(NAMED);
  world.giveCredentials('claudio');
  world.environment['TUNNEL_TOKEN'] = 'made-up';
  const tunnel = world.start();
  await reached(tunnel, 'ready');
  const [run] = world.cloudflared.runs();
  expect(Object.keys(run?.env ?? {}).toSorted()).toEqual(
    expect.arrayContaining(['CLAUDIO_TUNNEL', 'HOME', 'PATH']),
  );
  expect(JSON.stringify(run)).not.toContain(TOKEN);
  expect(JSON.stringify(run)).not.toContain('made-up-webhook-secret');
  expect(Object.keys(run?.env ?? {}).filter((name) => name.startsWith('TUNNEL_'))).toEqual([]);
  await tunnel.close();
  const secret = world.cloudflared.account().tunnels[0]?.secret ?? '';
  expect(secret).not.toBe('');
  const said = readFileSync(join(world.home, 'cloudflared.log'), 'utf8');
  for (const text of [said, JSON.stringify(world.log.lines), run?.args.join(' ') ?? '']) {
    expect(text).not.toBe('');
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain(secret);
  }
});

test('what cloudflared says goes to a log of its own, for its owner only', async () => {
  const world = tunnelWorld(QUICK);
  const tunnel = world.start();
  await reached(tunnel, 'ready');
  await tunnel.close();
  const file = join(world.home, 'cloudflared.log');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toMatch(/INF Requesting new quick Tunnel/u);
});

test('a lost connection is told with the time and with what cloudflared said, and its return too', async () => {
  const clock = testClock();
  const world = tunnelWorld(QUICK);
  const tunnel = world.start({ clock });
  await reached(tunnel, 'ready');
  const changes: string[] = [];
  tunnel.watch(() => changes.push(tunnel.state().kind));
  clock.advance(5000);
  world.cloudflared.goDown();
  await reached(tunnel, 'down');
  await vi.waitFor(
    () =>
      expect(tunnel.state()).toEqual({
        kind: 'down',
        sinceMs: clock.now(),
        reason: 'Serve tunnel error: timeout: no recent network activity',
        remedy: expect.stringContaining('port 7844'),
      }),
    10_000,
  );
  expect(tunnelCheck(tunnel)).toMatchObject({ ok: false, state: 'down' });
  clock.advance(1000);
  world.cloudflared.comeBack();
  expect(await reached(tunnel, 'ready')).toMatchObject({ sinceMs: clock.now() });
  expect(changes).toEqual(['down', 'ready']);
  // It was the same cloudflared all along: it connects again by itself.
  expect(world.cloudflared.runs()).toHaveLength(1);
});

test('nobody who stopped watching is told', async () => {
  const world = tunnelWorld(QUICK);
  const tunnel = world.start();
  let toldCount = 0;
  tunnel.watch(() => (toldCount += 1))();
  await reached(tunnel, 'ready');
  expect(toldCount).toBe(0);
});

test('a quick tunnel that died comes back with its new address, and that is told', async () => {
  const world = tunnelWorld(QUICK);
  world.cloudflared.setQuickHostname('one.trycloudflare.com');
  const tunnel = world.start();
  await reached(tunnel, 'ready');
  world.cloudflared.setQuickHostname('two.trycloudflare.com');
  world.cloudflared.crash();
  await reached(tunnel, 'ready', ({ publicUrl }) => publicUrl.includes('two'));
  expect(world.cloudflared.runs()).toHaveLength(2);
});

test('a crash loop is met with longer and longer pauses, and the state says down all the while', async () => {
  const world = tunnelWorld(NAMED);
  world.giveCredentials('claudio');
  world.cloudflared.failAtStart('2026-11-21T10:00:00Z ERR Something is broken connIndex=0');
  const failureCounts: number[] = [];
  const pauseMs = (count: number) => {
    failureCounts.push(count);
    return count < 4 ? 1 : NEVER_MS;
  };
  const tunnel = world.start({ times: { pauseMs } });
  const down = await reached(tunnel, 'down');
  await world.log.logged('tunnel.ended', 4);
  expect(failureCounts).toEqual([1, 2, 3, 4]);
  expect(tunnel.state()).toEqual({
    ...down,
    reason: 'Something is broken',
    remedy: expect.stringContaining(join(world.home, 'cloudflared.log')),
  });
  expect(world.cloudflared.runs()).toHaveLength(4);
  expect(world.log.lines.filter(({ event }) => event === 'tunnel.down')).toHaveLength(1);
});

test('after a time with a connection the next failure counts as the first', async () => {
  const world = tunnelWorld(QUICK);
  const failureCounts: number[] = [];
  const pauseMs = (count: number) => {
    failureCounts.push(count);
    return 1;
  };
  const clock = testClock();
  const client = createHttpClient();
  onTestFinished(() => client.close());
  let lookCount = 0;
  const http: HttpClient = {
    ...client,
    request: (request) => {
      if (request.url.endsWith('/ready')) lookCount += 1;
      return client.request(request);
    },
  };
  world.cloudflared.failAtStart('no good');
  const tunnel = world.start({ clock, http, times: { pauseMs, steadyAfterMs: 60_000 } });
  await world.log.logged('tunnel.ended', 2);
  world.cloudflared.failAtStart(null);
  await reached(tunnel, 'ready');
  const before = failureCounts.length;
  // Nearly a minute, and at once the next crash.
  clock.advance(59_000);
  world.cloudflared.crash();
  await world.log.logged('tunnel.ended', before + 1);
  expect(failureCounts.at(-1)).toBe(before + 1);
  await reached(tunnel, 'ready');
  clock.advance(61_000);
  const looksBefore = lookCount;
  await vi.waitFor(() => expect(lookCount).toBeGreaterThan(looksBefore + 1), 10_000);
  world.cloudflared.crash();
  await world.log.logged('tunnel.ended', before + 2);
  expect(failureCounts.at(-1)).toBe(1);
});

test('without a connection for long, cloudflared is started anew', async () => {
  const clock = testClock();
  const world = tunnelWorld(QUICK);
  const tunnel = world.start({ clock, times: { restartAfterMs: 180_000 } });
  await reached(tunnel, 'ready');
  world.cloudflared.goDown();
  await reached(tunnel, 'down');
  clock.advance(180_000);
  await world.log.logged('tunnel.ended');
  world.cloudflared.comeBack();
  await reached(tunnel, 'ready');
  expect(world.cloudflared.runs()).toHaveLength(2);
});

test('a cloudflared that answers nothing is down, and in the end started anew', async () => {
  const clock = testClock();
  const world = tunnelWorld(QUICK);
  const tunnel = world.start({ clock, times: { restartAfterMs: 180_000 } });
  await reached(tunnel, 'ready');
  world.cloudflared.setSilent(true);
  await reached(tunnel, 'down');
  clock.advance(180_000);
  await world.log.logged('tunnel.ended');
  world.cloudflared.setSilent(false);
  await reached(tunnel, 'ready');
});

test('a start that takes too long counts as down', async () => {
  const clock = testClock();
  const world = tunnelWorld(QUICK);
  world.cloudflared.goDown();
  const tunnel = world.start({ clock });
  await vi.waitFor(() => expect(world.cloudflared.running()).toHaveLength(1), 10_000);
  expect(tunnel.state().kind).toBe('starting');
  expect(tunnelCheck(tunnel)).toMatchObject({ ok: false, state: 'starting' });
  clock.advance(30_000);
  expect(await reached(tunnel, 'down')).toMatchObject({
    reason: 'cloudflared has no connection to Cloudflare',
  });
});

test('a metrics port that somebody took meanwhile is replaced by the next', async () => {
  const world = tunnelWorld(QUICK);
  const somebody = createServer().listen(0, '127.0.0.1');
  await once(somebody, 'listening');
  onTestFinished(() => void somebody.close());
  const taken = (somebody.address() as AddressInfo).port;
  const chosen: number[] = [];
  const choosePort = async () => {
    chosen.push(chosen.length === 0 ? taken : await freePort());
    return chosen.at(-1) ?? 0;
  };
  const tunnel = world.start({ choosePort, times: { pauseMs: () => NEVER_MS } });
  await reached(tunnel, 'ready');
  expect(chosen).toHaveLength(2);
  expect(world.log.lines.filter(({ event }) => event === 'tunnel.down')).toEqual([]);
});

test.each([
  ['missing', 'not there at all', 'CLOUDFLARED_BIN'],
  ['not executable', '', 'CLOUDFLARED_BIN'],
])('a cloudflared that is %s is told with a remedy', async (_, content, remedy) => {
  const world = tunnelWorld(QUICK);
  const path = join(world.userHome, 'no-cloudflared');
  if (content === '') writeFileSync(path, '', { mode: 0o600 });
  world.environment['CLOUDFLARED_BIN'] = path;
  const down = await reached(world.start({ times: { pauseMs: () => NEVER_MS } }), 'down');
  expect(down.reason).toContain(path);
  expect(down.remedy).toContain(remedy);
});

test('a cloudflared that is not installed is told with a remedy, and used once it is there', async () => {
  const world = tunnelWorld(QUICK);
  delete world.environment['CLOUDFLARED_BIN'];
  const folder = join(world.userHome, 'bin');
  world.environment['PATH'] = folder;
  const tunnel = world.start();
  const down = await reached(tunnel, 'down');
  expect(down).toMatchObject({
    reason: 'cloudflared is not installed',
    remedy: expect.stringContaining('claudio tunnel setup'),
  });
  mkdirSync(folder);
  writeFileSync(join(folder, 'cloudflared'), `#!/bin/sh\nexec ${world.cloudflared.path} "$@"\n`, {
    mode: 0o700,
  });
  await reached(tunnel, 'ready');
});

test('a program that is no cloudflared is told', async () => {
  const world = tunnelWorld(QUICK);
  const path = join(world.userHome, 'broken');
  writeFileSync(path, '#!/no/such/interpreter\n', { mode: 0o700 });
  world.environment['CLOUDFLARED_BIN'] = path;
  const down = await reached(world.start({ times: { pauseMs: () => NEVER_MS } }), 'down');
  expect(down.reason).toMatch(/^cloudflared could not be started: /u);
});

test.each([
  ['missing', null, /credentials of the tunnel are missing/u],
  ['not JSON', 'rubbish', /does not hold the credentials/u],
  ['empty', '{}', /does not hold the credentials/u],
])('credentials that are %s are told with a remedy', async (_, content, reason) => {
  const world = tunnelWorld(NAMED);
  if (content !== null) writeFileSync(join(world.home, 'tunnel.json'), content);
  const down = await reached(world.start({ times: { pauseMs: () => NEVER_MS } }), 'down');
  expect(down.reason).toMatch(reason);
  expect(down.remedy).toContain('claudio tunnel setup');
  expect(world.cloudflared.runs()).toEqual([]);
});

test('credentials that Cloudflare no longer takes are told with a remedy', async () => {
  const clock = testClock();
  const world = tunnelWorld(NAMED);
  world.giveCredentials('claudio');
  world.cloudflared.changeAccount((account) => (account.tunnels = []));
  const tunnel = world.start({ clock });
  await vi.waitFor(() => expect(world.cloudflared.running()).toHaveLength(1), 10_000);
  clock.advance(30_000);
  const down = await reached(tunnel, 'down');
  expect(down.reason).toBe(
    'Register tunnel error from server side: Unauthorized: Tunnel not found',
  );
  expect(down.remedy).toContain('claudio tunnel setup');
});

test('credentials that go away are told when cloudflared must start anew', async () => {
  const world = tunnelWorld(NAMED);
  world.giveCredentials('claudio');
  const tunnel = world.start();
  await reached(tunnel, 'ready');
  rmSync(join(world.home, 'tunnel.json'));
  world.cloudflared.crash();
  await vi.waitFor(
    () =>
      expect(tunnel.state()).toMatchObject({
        kind: 'down',
        reason: expect.stringContaining('credentials of the tunnel are missing'),
      }),
    10_000,
  );
});

test('a home that cannot be written to is told, and nothing is thrown', async () => {
  const world = tunnelWorld(QUICK);
  const tunnel = world.start({
    choosePort: () => Promise.reject(new Error('EMFILE: too many open files')),
    times: { pauseMs: () => NEVER_MS },
  });
  expect(await reached(tunnel, 'down')).toMatchObject({ reason: 'EMFILE: too many open files' });
});

test('closing leaves nothing behind, not even of one that takes no notice of TERM', async () => {
  const world = tunnelWorld(QUICK);
  const tunnel = world.start();
  await reached(tunnel, 'ready');
  const [pid = 0] = world.cloudflared.running();
  await tunnel.close();
  expect(await createProcessTable().find(pid)).toBeNull();
  expect(readFileSync(join(world.home, 'cloudflared.log'), 'utf8')).toContain('graceful shutdown');
  await tunnel.close();

  world.cloudflared.setDeaf(true);
  const deaf = world.start();
  await reached(deaf, 'ready');
  const [deafPid = 0] = world.cloudflared.running();
  await deaf.close();
  expect(await createProcessTable().find(deafPid)).toBeNull();
});

test('closing in the middle of a start or of a pause ends it at once', async () => {
  const world = tunnelWorld(QUICK);
  const starting = world.start();
  await starting.close();
  expect(world.cloudflared.running()).toEqual([]);

  world.cloudflared.failAtStart('no good');
  const pausing = world.start({ times: { pauseMs: () => NEVER_MS } });
  await world.log.logged('tunnel.ended');
  await pausing.close();
});

test('a cloudflared that a killed service left behind is stopped before the next one starts', async () => {
  const world = tunnelWorld(QUICK);
  const first = world.start();
  await reached(first, 'ready');
  const env = world.cloudflared.runs()[0]?.env ?? {};
  await first.close();
  // One more of it, as if its service had been killed, and one of another home.
  const port = await freePort();
  const args = ['tunnel', `--metrics=127.0.0.1:${port}`, '--url', 'http://127.0.0.1:1'];
  const left = spawn(world.cloudflared.path, args, { env, stdio: 'ignore' });
  const others = spawn('/bin/sleep', ['60'], {
    env: { CLAUDIO_TUNNEL: '0000000000000000-1' },
    stdio: 'ignore',
  });
  onTestFinished(() => void left.kill('SIGKILL'));
  onTestFinished(() => void others.kill('SIGKILL'));
  const isGone = once(left, 'exit');
  await vi.waitFor(() => expect(world.cloudflared.running()).toContain(left.pid), 10_000);

  const second = world.start();
  await isGone;
  await reached(second, 'ready');
  expect(world.log.lines.find(({ event }) => event === 'tunnel.leftovers-stopped')).toMatchObject({
    stoppedCount: 1,
  });
  expect(others.exitCode).toBeNull();
  expect(await createProcessTable().find(others.pid ?? 0)).not.toBeNull();
});
