import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { packageRoot } from '../../../src/platform/package.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { trySignal } from '../system/processes.ts';
import {
  encodeCert,
  newAccount,
  readAccount,
  secretOf,
  writeAccount,
  type Account,
  type Tunnel,
} from './account.ts';

/** How cloudflared was called once. */
export interface CloudflaredCall {
  readonly args: readonly string[];
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
}

/**
 * A strict cloudflared: an executable that does, refuses and says what the real one does, with an
 * account of its own in files beside it, and no network but its metrics on loopback.
 */
export interface CloudflaredStandin {
  /** The executable, for `CLOUDFLARED_BIN`. */
  readonly path: string;
  /** The folder that it lies in, for `PATH`. */
  readonly folder: string;
  /** All calls so far, the oldest first. */
  calls(): readonly CloudflaredCall[];
  /** The calls that ran a tunnel, a named or a quick one. */
  runs(): readonly CloudflaredCall[];
  /** Process ids of the tunnels that run now. */
  running(): readonly number[];
  /** Its connections to Cloudflare are lost: `/ready` says 503 until {@link comeBack}. */
  goDown(): void;
  comeBack(): void;
  /** What runs now is killed. */
  crash(): void;
  /** What a quick tunnel is called from its next start on; else each start makes a name up. */
  setQuickHostname(name: string): void;
  /** Each start of a tunnel ends at once with this on standard error; `null` ends that. */
  failAtStart(message: string | null): void;
  /** Whether its metrics answer nothing at all. */
  setSilent(on: boolean): void;
  /** Whether it takes no notice of TERM. */
  setDeaf(on: boolean): void;
  setVersion(version: string): void;
  account(): Account;
  changeAccount(change: (account: Account) => void): void;
  /** Adds a tunnel to the account, as if made on another machine. */
  addTunnel(name: string, connectionCount?: number): Tunnel;
  /** Writes what a login leaves in a user's home. @param zone The one that the cert is for. */
  logIn(userHome: string, zone?: string, apiToken?: string): void;
}

/** Halves the time that each call takes. */
const CACHE = join(packageRoot(), 'node_modules', '.cache', 'standins');
const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url));

/** Puts an executable named `cloudflared` into a folder of its own; what runs of it ends with the test. */
export function cloudflaredStandin(): CloudflaredStandin {
  const folder = temporaryFolder();
  const path = join(folder, 'cloudflared');
  const program = `${quoted(process.execPath)} ${quoted(PROGRAM)} "$0" "$@"`;
  writeFileSync(path, `#!/bin/sh\nNODE_COMPILE_CACHE=${quoted(CACHE)} exec ${program}\n`);
  chmodSync(path, 0o755);
  mkdirSync(join(folder, 'running'));
  writeAccount(folder, newAccount());
  const file = (name: string) => join(folder, name);
  const set = (name: string, content: string | null) => {
    if (content === null) rmSync(file(name), { force: true });
    else writeFileSync(file(name), content);
  };
  const running = () => readdirSync(file('running')).map(Number).filter(isAlive);
  const calls = (): CloudflaredCall[] =>
    existsSync(file('calls.jsonl'))
      ? readFileSync(file('calls.jsonl'), 'utf8')
          .split('\n')
          // What follows the last end of a line is not whole yet.
          .slice(0, -1)
          .map((line) => JSON.parse(line) as CloudflaredCall)
      : [];
  const runs = () =>
    calls().filter(
      ({ args }) => args.includes('run') || args.some((arg) => arg.startsWith('--url')),
    );
  // One that is just starting bears no mark yet.
  onTestFinished(() => {
    for (const { pid } of runs()) trySignal(pid, 'SIGKILL');
  });
  const changeAccount = (change: (account: Account) => void) => {
    const account = readAccount(folder);
    change(account);
    writeAccount(folder, account);
  };
  return {
    path,
    folder,
    calls,
    runs,
    running,
    goDown: () => set('down', ''),
    comeBack: () => set('down', null),
    crash: () => {
      for (const pid of running()) trySignal(pid, 'SIGKILL');
    },
    setQuickHostname: (name) => set('quick-hostname', name),
    failAtStart: (message) => set('failure', message),
    setSilent: (on) => set('silent', on ? '' : null),
    setDeaf: (on) => set('deaf', on ? '' : null),
    setVersion: (version) => set('version', version),
    account: () => readAccount(folder),
    changeAccount,
    addTunnel: (name, connectionCount = 0) => {
      const id = `00000000-0000-4000-8000-${String(readAccount(folder).tunnels.length).padStart(12, '0')}`;
      const tunnel = { id, name, secret: secretOf(id), connectionCount };
      changeAccount(({ tunnels }) => tunnels.push(tunnel));
      return tunnel;
    },
    logIn: (userHome, zone = 'example.com', apiToken) => {
      const account = readAccount(folder);
      mkdirSync(join(userHome, '.cloudflared'), { recursive: true });
      writeFileSync(
        join(userHome, '.cloudflared', 'cert.pem'),
        encodeCert({
          zoneID: zone,
          accountID: account.id,
          apiToken: apiToken ?? account.apiToken,
        }),
      );
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
