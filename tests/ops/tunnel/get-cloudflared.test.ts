import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { installCloudflared } from '../../../src/ops/tunnel/get-cloudflared.ts';
import { createHost, type Host } from '../../../src/platform/host.ts';
import { createHttpClient } from '../../../src/platform/http-client.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { person } from './person.ts';

/** The first packet of a keyring: a public key. */
const KEYRING = Buffer.concat([Buffer.from([0xc6, 0x01]), Buffer.alloc(400, 7)]);

/** A machine with these programs and no others, and a server with Cloudflare's packages. */
async function machine(
  programs: readonly string[],
  options: {
    readonly userId?: number;
    readonly platform?: NodeJS.Platform;
    readonly answer?: (path: string) => Buffer | string | null;
    /** Which program fails, and what it says. */
    readonly broken?: string;
    readonly sudo?: 'free' | 'asks for a password';
  } = {},
) {
  const folder = temporaryFolder();
  const bin = join(folder, 'bin');
  const root = join(folder, 'root');
  const calls = join(folder, 'calls');
  const temp = join(folder, 'temp');
  mkdirSync(bin);
  mkdirSync(temp);
  vi.stubEnv('TMPDIR', temp);
  onTestFinished(() => void vi.unstubAllEnvs());
  const cloudflared = `printf '#!/bin/sh\\n' > '${bin}/cloudflared'; /bin/chmod 755 '${bin}/cloudflared'`;
  const does: Readonly<Record<string, string>> = {
    sudo: `[ "$1" = -n ] || exit 9
${options.sudo === 'asks for a password' ? 'echo "sudo: a password is required" >&2; exit 1' : ''}
shift; exec "$@"`,
    // As the real one, but below a folder of the test's.
    install: `[ "$1 $2 $3" = "-D -m 0644" ] || exit 9
/bin/mkdir -p "$(/usr/bin/dirname '${root}'"$5")" && /bin/cp "$4" '${root}'"$5" && /bin/chmod 644 '${root}'"$5"`,
    'apt-get': `case "$*" in update) ;; 'install -y cloudflared') ${cloudflared} ;; *) exit 100 ;; esac`,
    dnf: `[ "$*" = 'install -y cloudflared' ] || exit 1; ${cloudflared}`,
    yum: `[ "$*" = 'install -y cloudflared' ] || exit 1; ${cloudflared}`,
    brew: `[ "$*" = 'install cloudflared' ] || exit 1; ${cloudflared}`,
    true: 'exit 0',
  };
  for (const program of [...programs, 'true', 'install']) {
    const work =
      program === options.broken
        ? 'echo "it is broken" >&2; exit 100'
        : (does[program] ?? 'exit 9');
    const file = join(bin, program);
    writeFileSync(file, `#!/bin/sh\necho "${program} $*" >> '${calls}'\n${work}\n`);
    chmodSync(file, 0o755);
  }
  const server = createServer(({ url = '' }, response) => {
    const body = (options.answer ?? (() => KEYRING))(url);
    response.writeHead(body === null ? 404 : 200).end(body ?? 'not found');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = createHttpClient();
  onTestFinished(() => http.close());

  const real = createHost({ HOME: folder, PATH: bin }, options.platform ?? 'linux');
  const host: Host = {
    ...real,
    userId: options.userId ?? 1000,
    // Not the programs of the machine that the test runs on.
    locate: (program) => (existsSync(join(bin, program)) ? join(bin, program) : null),
  };
  return {
    host,
    http,
    source,
    path: join(bin, 'cloudflared'),
    /** What was written to the machine's own folders. */
    file: (path: string) => join(root, path),
    isUntouched: () => !existsSync(root) && !existsSync(join(bin, 'cloudflared')),
    leftInTemp: () => readdirSync(temp),
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
  };
}

/** What Cloudflare serves as `cloudflared.repo`. */
function repository(source: string): string {
  return `[cloudflared-stable]\nbaseurl=${source}/cloudflared/rpm\nenabled=1\ngpgcheck=1\ngpgkey=${source}/cloudflare-ascii-pubkey.gpg\n`;
}

test('brew installs it where brew is, after a yes to the very command', async () => {
  const at = await machine(['brew', 'apt-get', 'sudo']);
  const ui = person(true);
  expect(await installCloudflared(at.host, ui, at.http, at.source)).toEqual({
    kind: 'installed',
    path: at.path,
  });
  expect(ui.questions).toEqual(['Install cloudflared now?']);
  expect(ui.seen.join('\n')).toContain('brew install cloudflared');
  expect(at.calls()).toEqual(['brew install cloudflared']);
});

test('apt gets the key of Cloudflare, its list, and installs the signed package', async () => {
  const at = await machine(['apt-get', 'sudo']);
  const ui = person(true);
  expect(await installCloudflared(at.host, ui, at.http, at.source)).toEqual({
    kind: 'installed',
    path: at.path,
  });
  const key = at.file('/usr/share/keyrings/cloudflare-main.gpg');
  expect(readFileSync(key)).toEqual(KEYRING);
  expect(statSync(key).mode & 0o777).toBe(0o644);
  expect(readFileSync(at.file('/etc/apt/sources.list.d/cloudflared.list'), 'utf8')).toBe(
    `deb [signed-by=/usr/share/keyrings/cloudflare-main.gpg] ${at.source}/cloudflared any main\n`,
  );
  const commands = at.calls().filter((call) => call.startsWith('sudo '));
  expect(commands).toEqual([
    'sudo -n true',
    expect.stringMatching(
      /^sudo -n install -D -m 0644 \S+\.gpg \/usr\/share\/keyrings\/cloudflare-main\.gpg$/u,
    ),
    expect.stringMatching(
      /^sudo -n install -D -m 0644 \S+\.list \/etc\/apt\/sources\.list\.d\/cloudflared\.list$/u,
    ),
    'sudo -n apt-get update',
    'sudo -n apt-get install -y cloudflared',
  ]);
  // What was shown is what was run.
  const shown = ui.seen.join('\n');
  for (const command of commands.slice(1)) expect(shown).toContain(command);
  expect(at.leftInTemp()).toEqual([]);
});

test('root needs no sudo', async () => {
  const at = await machine(['apt-get', 'brew'], { userId: 0 });
  const installed = await installCloudflared(at.host, person(true), at.http, at.source);
  expect(installed.kind).toBe('installed');
  expect(at.calls().filter((call) => /^(?:sudo|brew)/u.test(call))).toEqual([]);
  expect(at.calls()).toContain('apt-get install -y cloudflared');
});

test.each(['dnf', 'yum'])('%s installs it from the repository of Cloudflare', async (program) => {
  let source = '';
  const at = await machine([program, 'sudo'], { answer: () => repository(source) });
  source = at.source;
  const installed = await installCloudflared(at.host, person(true), at.http, source);
  expect(installed.kind).toBe('installed');
  expect(readFileSync(at.file('/etc/yum.repos.d/cloudflared.repo'), 'utf8')).toBe(
    repository(source),
  );
  expect(at.calls()).toContain(`sudo -n ${program} install -y cloudflared`);
});

test('a repository that is not signed, or lies elsewhere, is refused', async () => {
  let answer = '';
  const at = await machine(['dnf', 'sudo'], { answer: () => answer });
  for (const [base, check] of [
    ['https://elsewhere.example', 'gpgcheck=1'],
    [at.source, 'gpgcheck=0'],
  ]) {
    answer = `[x]\nbaseurl=${base}/cloudflared/rpm\n${check}\ngpgkey=${at.source}/k.gpg\n`;
    expect(await installCloudflared(at.host, person(true), at.http, at.source)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('is not what was expected'),
    });
  }
  expect(at.isUntouched()).toBe(true);
});

test.each([
  ['is not there', () => null, 'HTTP 404'],
  ['is a page instead', () => '<html>'.padEnd(400), 'is not what was expected'],
  ['is empty', () => '', 'is not what was expected'],
  ['is far too large', () => Buffer.alloc(300 * 1024, 0xc6), 'answer larger than'],
])('a key that %s is refused before anything is changed', async (_, answer, reason) => {
  const at = await machine(['apt-get', 'sudo'], { answer });
  expect(await installCloudflared(at.host, person(true), at.http, at.source)).toMatchObject({
    kind: 'failed',
    reason: expect.stringContaining(reason),
  });
  expect(at.isUntouched()).toBe(true);
  expect(at.leftInTemp()).toEqual([]);
});

test('a command that fails is told, with what it said', async () => {
  const at = await machine(['apt-get', 'sudo'], { broken: 'apt-get' });
  expect(await installCloudflared(at.host, person(true), at.http, at.source)).toEqual({
    kind: 'failed',
    reason: 'sudo -n apt-get update: exit code 100: it is broken',
  });
});

test.each([
  ['there is no sudo', ['apt-get'], undefined, true],
  ['sudo asks for a password', ['apt-get', 'sudo'], 'asks for a password', true],
  ['there is nobody to ask', ['apt-get', 'sudo'], undefined, null],
  ['the person says no', ['apt-get', 'sudo'], undefined, false],
] as const)('where %s, it only says how', async (_, programs, sudo, answer) => {
  const at = await machine(programs, sudo === undefined ? {} : { sudo });
  const ui = person(answer);
  expect(await installCloudflared(at.host, ui, at.http, at.source)).toEqual({ kind: 'told' });
  const told = ui.seen.join('\n');
  expect(told).toContain('sudo apt-get install cloudflared');
  expect(told).toContain(`${at.source}/cloudflare-main.gpg`);
  // Nothing that came from the network goes into a shell.
  expect(told).not.toMatch(/\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b/u);
  expect(at.isUntouched()).toBe(true);
});

// A Linux without a known package manager, a Mac without brew, and anything else.
test.each(['linux', 'darwin', 'freebsd'] as const)(
  'on %s without a way of its own it names the page with the downloads',
  async (platform) => {
    const at = await machine(platform === 'linux' ? [] : ['apt-get'], { platform });
    const ui = person(true);
    expect(await installCloudflared(at.host, ui, at.http, at.source)).toEqual({ kind: 'told' });
    expect(ui.seen.join('\n')).toContain('https://developers.cloudflare.com/');
    expect(at.calls()).toEqual([]);
  },
);
