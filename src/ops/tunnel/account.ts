import { statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ClaudioError } from '../../core/error.ts';
import { parseJson } from '../../core/json.ts';
import type { Host, HostRunOptions } from '../../platform/host.ts';
import { describeRun, type RunOutcome } from '../../platform/process/run.ts';

/** A tunnel of the account, as `cloudflared tunnel list --output json` has it. */
export interface AccountTunnel {
  readonly id: string;
  readonly name: string;
  /** How many connections of a cloudflared, anywhere, it has now. */
  readonly connectionCount: number;
}

/** What became of leading a host name to a tunnel. */
export type Routed =
  /** The DNS record that leads to the tunnel now, `null` where cloudflared did not say. */
  | { readonly kind: 'routed'; readonly record: string | null }
  /** There is a record of that name already, and it leads elsewhere. */
  | { readonly kind: 'taken' };

/** The account at Cloudflare that somebody logged in to on this machine, through cloudflared. */
export interface CloudflareAccount {
  /** The tunnels of that name that are not deleted: one at most. @throws ClaudioError */
  find(name: string): Promise<AccountTunnel | null>;
  /** Makes a tunnel and writes its credentials into a new file. @throws ClaudioError */
  create(name: string, credentialsFile: string): Promise<void>;
  /** Writes the credentials of a tunnel into a new file. @throws ClaudioError */
  fetchCredentials(tunnelId: string, credentialsFile: string): Promise<void>;
  /** @throws ClaudioError */
  route(tunnelId: string, hostname: string, overwrite: boolean): Promise<Routed>;
}

const LIMIT_MS = 90_000;
/** cloudflared itself gives up after ten minutes. */
const LOGIN_LIMIT_MS = 11 * 60_000;
const LOGIN_URL = /^\s*(https:\/\/\S+)\s*$/mu;

// Connections are null where Go has a nil slice, and so is the list itself.
const listSchema = z
  .array(
    z.looseObject({
      id: z.uuid(),
      name: z.string(),
      connections: z.array(z.unknown()).nullish(),
    }),
  )
  .nullable();

/**
 * The account behind `cert.pem`.
 *
 * @param config A configuration file to use instead of the person's own ~/.cloudflared/config.yml.
 * Source: https://github.com/cloudflare/cloudflared/blob/master/cmd/cloudflared/tunnel/subcommands.go
 */
export function cloudflareAccount(host: Host, path: string, config: string): CloudflareAccount {
  const run = async (...args: readonly string[]): Promise<RunOutcome> =>
    await host.run(path, ['tunnel', `--config=${config}`, ...args], { limitMs: LIMIT_MS });
  return {
    find: async (name) => {
      const outcome = accepted(await run('list', '--name', name, '--output', 'json'));
      const parsed = listSchema.safeParse(parseJson(outcome.stdout));
      if (!parsed.success) throw refusal('cloudflared lists tunnels in another form than expected');
      const found = parsed.data?.find((tunnel) => tunnel.name === name);
      if (found === undefined) return null;
      return { id: found.id, name, connectionCount: found.connections?.length ?? 0 };
    },
    create: async (name, file) => {
      // Not with --output json: that prints the tunnel's token.
      accepted(await run('create', '--credentials-file', file, name));
    },
    fetchCredentials: async (tunnelId, file) => {
      accepted(await run('token', '--cred-file', file, tunnelId));
    },
    route: async (tunnelId, hostname, overwrite) => {
      const outcome = await run(
        'route',
        'dns',
        ...(overwrite ? ['--overwrite-dns'] : []),
        tunnelId,
        hostname,
      );
      if (!overwrite && outcome.kind === 'exited' && isTaken(outcome)) return { kind: 'taken' };
      const { stderr } = accepted(outcome);
      const [, added, standing] =
        /(?:Added CNAME (\S+) which|(\S+) (?:is already configured|updated) to route)/u.exec(
          stderr,
        ) ?? [];
      return { kind: 'routed', record: added ?? standing ?? null };
    },
  };
}

/** Whether somebody logged in on this machine: there is a `cert.pem` where cloudflared looks for it. */
export function isLoggedIn(host: Host): boolean {
  const folders = [
    ...['.cloudflared', '.cloudflare-warp', 'cloudflare-warp'].map((name) =>
      join(host.userHome, name),
    ),
    '/etc/cloudflared',
    '/usr/local/etc/cloudflared',
  ];
  return folders.some(
    (folder) => (statSync(join(folder, 'cert.pem'), { throwIfNoEntry: false })?.size ?? 0) > 0,
  );
}

/**
 * Runs `cloudflared tunnel login`, which waits for a person with a browser, for up to ten minutes.
 *
 * @param onUrl Gets the address to open, once.
 * @throws ClaudioError
 */
export async function logIn(
  host: Host,
  path: string,
  signal: AbortSignal,
  onUrl: (url: string) => void,
): Promise<void> {
  let said = '';
  let isTold = false;
  const onErrorOutput: HostRunOptions['onErrorOutput'] = (chunk) => {
    if (isTold) return;
    said += new TextDecoder().decode(chunk);
    const url = LOGIN_URL.exec(said)?.[1];
    if (url === undefined) return;
    isTold = true;
    onUrl(url);
  };
  const outcome = await host.run(path, ['tunnel', 'login'], {
    limitMs: LOGIN_LIMIT_MS,
    signal,
    onErrorOutput,
  });
  if (outcome.kind === 'exited' && outcome.code === 0 && isLoggedIn(host)) return;
  throw new ClaudioError({
    code: 'tunnel.not-logged-in',
    message: `The login at Cloudflare did not come to an end (${describeRun(outcome)}).`,
    hint: 'Run `claudio tunnel setup` again, open the address it shows, and choose your domain there.',
  });
}

function isTaken({ stderr }: { readonly stderr: string }): boolean {
  return /code: 1003\b|record.*already exists/iu.test(stderr);
}

type Accepted = Extract<RunOutcome, { kind: 'exited' }>;

/** @throws ClaudioError where cloudflared did not do what it was asked. */
function accepted(outcome: RunOutcome): Accepted {
  if (outcome.kind === 'exited' && outcome.code === 0) return outcome;
  const said = outcome.kind === 'not-started' ? outcome.reason : outcome.stderr;
  if (/locating origin cert|origin certificate|decoding origin cert/iu.test(said)) {
    throw new ClaudioError({
      code: 'tunnel.not-logged-in',
      message: 'Nobody is logged in to Cloudflare on this machine, or the login is damaged.',
      hint: 'Move ~/.cloudflared/cert.pem away if it is there, and run `claudio tunnel setup` again.',
    });
  }
  if (/unauthorized|Authentication error|code: 10000\b/iu.test(said)) {
    throw new ClaudioError({
      code: 'tunnel.wrong-account',
      message: 'Cloudflare does not take the login that is on this machine.',
      hint: 'Move ~/.cloudflared/cert.pem away and run `claudio tunnel setup` again: it logs in anew.',
    });
  }
  if (/no such host|dial (?:tcp|udp)|deadline exceeded|Client\.Timeout|i\/o timeout/iu.test(said)) {
    throw new ClaudioError({
      code: 'cloudflare.unreachable',
      message: 'Cloudflare cannot be reached.',
      hint: 'See that this machine is online, and run `claudio tunnel setup` again: it goes on where it was.',
    });
  }
  if (/tunnel with name already exists/iu.test(said)) {
    throw new ClaudioError({
      code: 'tunnel.name-taken',
      message: 'The account has a tunnel of that name already, and it cannot be taken over.',
      hint: 'Choose another name with --name.',
    });
  }
  throw refusal(`cloudflared did not do it: ${describeRun(outcome)}`);
}

function refusal(message: string): ClaudioError {
  return new ClaudioError({
    code: 'tunnel.refused',
    message: `${message}.`,
    hint: 'Update cloudflared and try again; what was done so far stays.',
  });
}
