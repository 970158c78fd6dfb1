/**
 * cloudflared without Cloudflare: the commands, the refusals and the words of 2026.8.2
 * (https://github.com/cloudflare/cloudflared), against an account that is a file beside the executable.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  encodeCert,
  findTunnel,
  readAccount,
  readCert,
  secretOf,
  writeAccount,
  writeCredentials,
  type Account,
} from './account.ts';
import { parseFlags, UsageError } from './arguments.ts';
import { checkRules, matchRule, readConfig, type Config } from './config.ts';
import { runQuick, runTunnel } from './run.ts';
import { end, logLine } from './words.ts';

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/iu;
const LOGIN_URL = 'https://dash.cloudflare.com/argotunnel?aud=&callback=made-up';
/** The flags of `cloudflared tunnel` that the stand-in knows. */
const TUNNEL_FLAGS = {
  text: ['config', 'metrics', 'url', 'grace-period', 'origincert', 'loglevel', 'protocol'],
  yesNo: ['no-autoupdate'],
};

const [, , executable = '', ...argv] = process.argv;
const folder = dirname(executable);
const userHome = process.env['HOME'] ?? '';

delete process.env['NODE_COMPILE_CACHE'];
appendFileSync(
  join(folder, 'calls.jsonl'),
  `${JSON.stringify({ args: argv, env: process.env, pid: process.pid })}\n`,
);
refuseEnvironment();
try {
  await main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  // The usage goes to standard output, with the whole help, which is left out here.
  if (error instanceof UsageError) process.stdout.write(`Incorrect Usage: ${error.message}\n`);
  end(error.message);
}

/** cloudflared takes many of its flags from the environment: TUNNEL_NAME makes it create a tunnel. */
function refuseEnvironment(): void {
  const taken = Object.keys(process.env).filter(
    (name) => name.startsWith('TUNNEL_') || name === 'NO_AUTOUPDATE',
  );
  if (taken.length > 0) end(`the environment changes what cloudflared does: ${taken.join(', ')}`);
}

async function main(): Promise<void> {
  const version = existsSync(join(folder, 'version'))
    ? readFileSync(join(folder, 'version'), 'utf8')
    : '2026.8.2';
  if (['--version', '-v', '-V'].includes(argv[0] ?? '') || argv[0] === 'version') {
    process.stdout.write(`cloudflared version ${version} (built 2026-08-20-1002 UTC)\n`);
    return;
  }
  if (argv[0] !== 'tunnel') throw new UsageError(`No help topic for '${argv[0] ?? ''}'`);
  const { flags, rest } = parseFlags(argv.slice(1), TUNNEL_FLAGS);
  const [command, ...args] = rest;
  const config = () => loadConfig(flags['config']);
  switch (command) {
    case undefined:
      if (flags['url'] === undefined) {
        const { tunnel } = config() ?? { tunnel: null };
        throw new Error(
          tunnel === null
            ? 'You did not specify any valid additional argument to the cloudflared tunnel command.'
            : `use \`cloudflared tunnel run\` to start tunnel ${tunnel}`,
        );
      }
      return await runQuick({ folder, flags, config: config() });
    case 'run': {
      const { rest: names } = parseFlags(args, { text: ['credentials-file'], yesNo: [] });
      return await runTunnel({ folder, flags, config: config(), name: names[0] ?? null });
    }
    case 'login':
      parseFlags(args, { text: [], yesNo: [] });
      return await login();
    case 'list':
      return list(args);
    case 'create':
      return create(args);
    case 'token':
      return token(args);
    case 'route':
      return route(args);
    case 'ingress':
      return ingress(args, config());
    default:
      throw new UsageError(`No help topic for '${command}'`);
  }
}

function loadConfig(given: string | undefined): Config | null {
  const own = ['config.yml', 'config.yaml']
    .map((name) => join(userHome, '.cloudflared', name))
    .find((path) => existsSync(path));
  const file = given ?? own;
  if (file === undefined) return null;
  if (!existsSync(file)) throw new Error(`open ${file}: no such file or directory`);
  return readConfig(file);
}

async function login(): Promise<void> {
  const path = join(userHome, '.cloudflared', 'cert.pem');
  if (existsSync(path)) {
    logLine('ERR', `You have an existing certificate at ${path} which login would overwrite.`);
    return;
  }
  process.stderr.write(
    `Please open the following URL and log in with your Cloudflare account:\n\n${LOGIN_URL}\n\nLeave cloudflared running to download the cert automatically.\n`,
  );
  const account = readAccount(folder);
  // For as long as the real one waits.
  if (account.login === 'open') await setTimeout(10 * 60_000);
  if (account.login === 'refused') {
    logLine('ERR', 'Failed to write the certificate.', { error: '"Failed to fetch resource"' });
    throw new Error('Failed to fetch resource');
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const cert = { zoneID: 'example.com', accountID: account.id, apiToken: account.apiToken };
  writeFileSync(path, encodeCert(cert), { mode: 0o600 });
  logLine('INF', 'You have successfully logged in.');
}

/** Who is logged in; `before` is what cloudflared wraps the fault in. */
function logIn(before: string): { readonly account: Account; readonly zone: string } {
  const path = join(userHome, '.cloudflared', 'cert.pem');
  if (!existsSync(path)) {
    logLine(
      'ERR',
      'Cannot determine default origin certificate path. No file cert.pem in [~/.cloudflared]. You need to specify the origin certificate path by specifying the origincert option in the configuration file, or set TUNNEL_ORIGIN_CERT environment variable',
      { originCertPath: '' },
    );
    throw new Error(`${before}Error locating origin cert: client didn't specify origincert path`);
  }
  const cert = readCert(path);
  if (cert === null)
    throw new Error(`${before}Error decoding origin cert: missing token in the certificate`);
  return { account: readAccount(folder), zone: cert.zoneID };
}

function isRefused(account: Account): boolean {
  return readCert(join(userHome, '.cloudflared', 'cert.pem'))?.apiToken !== account.apiToken;
}

function list(args: readonly string[]): void {
  const { flags } = parseFlags(args, { text: ['output', 'o', 'name', 'n'], yesNo: [] });
  const { account } = logIn('');
  if (isRefused(account)) {
    throw new Error('Error Parsing page 1: REST request failed: unauthorized');
  }
  const name = flags['name'] ?? flags['n'];
  const found = account.tunnels.filter((tunnel) => name === undefined || tunnel.name === name);
  if ((flags['output'] ?? flags['o']) !== 'json') throw new Error('only JSON is known here');
  const shown = found.map(({ id, name: called, connectionCount }) => ({
    id,
    name: called,
    created_at: '2026-01-02T03:04:05Z',
    deleted_at: '0001-01-01T00:00:00Z',
    connections: Array.from({ length: connectionCount }, (_, index) => ({
      colo_name: 'fra01',
      id: randomUUID(),
      is_pending_reconnect: false,
      origin_ip: '203.0.113.9',
      opened_at: `2026-01-02T03:04:0${index}Z`,
    })),
  }));
  // A nil slice of Go.
  process.stdout.write(`${shown.length === 0 ? 'null' : JSON.stringify(shown, null, 2)}\n`);
}

function create(args: readonly string[]): void {
  const { flags, rest } = parseFlags(args, {
    text: ['credentials-file', 'cred-file', 'output', 'o', 'secret', 's'],
    yesNo: [],
  });
  const [name = ''] = rest;
  if (rest.length !== 1) {
    throw new Error(
      '"cloudflared tunnel create" requires exactly 1 argument, the name of tunnel to create.',
    );
  }
  const { account } = logIn(
    "failed to create tunnel: couldn't create client to talk to Cloudflare Tunnel backend: ",
  );
  const call = 'failed to create tunnel: Create Tunnel API call failed: ';
  if (isRefused(account)) throw new Error(`${call}unauthorized`);
  if (UUID.test(name)) throw new Error(`${call}you cannot use UUIDs as tunnel names`);
  if (account.tunnels.some((tunnel) => tunnel.name === name)) {
    throw new Error(`${call}tunnel with name already exists`);
  }
  const id = randomUUID();
  const tunnel = { id, name, secret: secretOf(id), connectionCount: 0 };
  const file =
    flags['credentials-file'] ?? flags['cred-file'] ?? join(userHome, '.cloudflared', `${id}.json`);
  if (existsSync(file)) {
    throw new Error(
      `failed to create tunnel: Your tunnel '${name}' was created with ID ${id}. However, cloudflared couldn't write tunnel credentials to ${file}.\nThe file-writing error is: ${file} already exists\nThe tunnel was deleted, because the tunnel can't be run without the credentials file`,
    );
  }
  writeCredentials(file, account, tunnel);
  writeAccount(folder, { ...account, tunnels: [...account.tunnels, tunnel] });
  process.stdout.write(
    `Tunnel credentials written to ${file}. Keep this file secret. To revoke these credentials, delete the tunnel.\n\nCreated tunnel ${name} with id ${id}\n`,
  );
}

function token(args: readonly string[]): void {
  const { flags, rest } = parseFlags(args, { text: ['credentials-file', 'cred-file'], yesNo: [] });
  const [wanted = ''] = rest;
  if (rest.length !== 1) {
    throw new Error(
      '"cloudflared tunnel token" requires exactly 1 argument, the name or UUID of tunnel to fetch the credentials token for.',
    );
  }
  const { account } = logIn('');
  if (isRefused(account)) throw new Error('unauthorized');
  const tunnel = findTunnel(account, wanted);
  if (tunnel === undefined) throw new Error('not found');
  const file = flags['credentials-file'] ?? flags['cred-file'];
  if (file === undefined) {
    process.stdout.write(`${Buffer.from(JSON.stringify(tunnel)).toString('base64')}\n`);
    return;
  }
  if (existsSync(file)) {
    throw new Error(
      `error writing token credentials to JSON file in path ${file}: ${file} already exists`,
    );
  }
  writeCredentials(file, account, tunnel);
}

function route(args: readonly string[]): void {
  if (args[0] !== 'dns') throw new UsageError(`No help topic for '${args[0] ?? ''}'`);
  const { flags, rest } = parseFlags(args.slice(1), { text: [], yesNo: ['overwrite-dns', 'f'] });
  const [wanted = '', hostname = ''] = rest;
  if (rest.length !== 2) {
    throw new Error(
      'This command expects the format "cloudflared tunnel route dns <tunnel name/id> <hostname>"',
    );
  }
  const { account, zone } = logIn('');
  if (isRefused(account))
    throw new Error('Failed to add route: code: 10000, reason: Authentication error');
  const tunnel = findTunnel(account, wanted);
  if (tunnel === undefined) throw new Error('not found');
  // A name outside the cert's zone is taken for one inside it.
  const record =
    hostname === zone || hostname.endsWith(`.${zone}`) ? hostname : `${hostname}.${zone}`;
  const standing = account.records[record];
  const where = { tunnelID: tunnel.id };
  if (standing === tunnel.id) {
    logLine('INF', `${record} is already configured to route to your tunnel`, where);
    return;
  }
  if (standing !== undefined && flags['overwrite-dns'] === undefined && flags['f'] === undefined) {
    throw new Error(
      'Failed to add route: code: 1003, reason: An A, AAAA, or CNAME record with that host already exists.',
    );
  }
  writeAccount(folder, { ...account, records: { ...account.records, [record]: tunnel.id } });
  logLine('INF', `Added CNAME ${record} which will route to this tunnel`, where);
}

function ingress(args: readonly string[], config: Config | null): void {
  if (config === null) {
    throw new Error(
      'No configuration file was found. Please create one, or use the --config flag to specify its filepath.',
    );
  }
  try {
    checkRules(config.ingress);
  } catch (error) {
    throw new Error(`Validation failed: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
  const [command, url = ''] = args;
  if (command === 'validate') {
    process.stdout.write('Validating rules from the file\nOK\n');
    return;
  }
  if (command !== 'rule') throw new UsageError(`No help topic for '${command ?? ''}'`);
  const number = matchRule(config.ingress, new URL(url));
  const rule = config.ingress[number];
  const shown = [
    ...(rule?.hostname ? [`\thostname: ${rule.hostname}`] : []),
    ...(rule?.path ? [`\tpath: ${rule.path}`] : []),
    `\tservice: ${rule?.service ?? ''}`,
  ];
  process.stdout.write(`Using rules from the file\nMatched rule #${number}\n${shown.join('\n')}\n`);
}
