import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { readAccount, type Credentials } from './account.ts';
import { checkRules, type Config } from './config.ts';
import { end, logLine } from './words.ts';

interface Run {
  readonly folder: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly config: Config | null;
}

/** `cloudflared tunnel run`. */
export async function runTunnel(run: Run & { readonly name: string | null }): Promise<void> {
  const reference = run.name ?? run.config?.tunnel ?? null;
  if (reference === null) {
    end(
      '"cloudflared tunnel run" requires the ID or name of the tunnel to run as the last command line argument or in the configuration file.',
      255,
    );
  }
  const file = run.config?.credentialsFile ?? '';
  if (!existsSync(file)) {
    end(`Tunnel credentials file '${file}' doesn't exist or is not a file`);
  }
  const text = readFileSync(file, 'utf8');
  if (!text.startsWith('{')) {
    logLine('ERR', `The credentials file at ${file} contained invalid JSON.`);
    end('Invalid JSON when parsing tunnel credentials file');
  }
  const { TunnelID, TunnelSecret } = JSON.parse(text) as Credentials;
  logLine('INF', 'Starting tunnel', { tunnelID: TunnelID });
  const tunnel = readAccount(run.folder).tunnels.find(({ id }) => id === TunnelID);
  const refusal = () => {
    if (tunnel === undefined) return 'Unauthorized: Tunnel not found';
    return tunnel.secret === TunnelSecret ? null : 'Unauthorized: Invalid tunnel secret';
  };
  await serve(run, '', refusal());
}

/** `cloudflared tunnel --url URL`: the address is another one at each start. */
export async function runQuick(run: Run): Promise<void> {
  const { folder } = run;
  logLine('INF', 'Requesting new quick Tunnel on trycloudflare.com...');
  const file = join(folder, 'quick-hostname');
  const hostname = existsSync(file)
    ? readFileSync(file, 'utf8')
    : `made-up-${process.pid}.trycloudflare.com`;
  logLine('INF', `|  https://${hostname}  |`);
  await serve(run, hostname, null);
}

async function serve(run: Run, quickHostname: string, refusal: string | null): Promise<void> {
  const { folder, flags, config } = run;
  const failure = join(folder, 'failure');
  if (existsSync(failure)) end(readFileSync(failure, 'utf8'));
  if (config !== null && config.ingress.length > 0) checkRules(config.ingress);
  const isDown = () => refusal !== null || existsSync(join(folder, 'down'));
  let wasDown = true;
  const server = createServer(({ url }, response) => {
    if (existsSync(join(folder, 'silent'))) return;
    if (url === '/ready') {
      if (isDown() && !wasDown) {
        logLine('ERR', 'Serve tunnel error', {
          error: '"timeout: no recent network activity"',
          connIndex: '0',
        });
      }
      wasDown = isDown();
      const status = wasDown ? 503 : 200;
      const readyConnections = wasDown ? 0 : quickHostname === '' ? 4 : 1;
      response.writeHead(status).end(
        JSON.stringify({
          status,
          readyConnections,
          connectorId: '00000000-0000-4000-8000-000000000000',
        }),
      );
    } else if (url === '/quicktunnel') {
      response.end(`{"hostname":"${quickHostname}"}`);
    } else {
      response.writeHead(404).end('404 page not found\n');
    }
  });
  await listen(server, flags['metrics'] ?? '');
  if (refusal !== null) {
    logLine('ERR', 'Register tunnel error from server side', {
      error: `"${refusal}"`,
      connIndex: '0',
    });
  }
  const mark = join(folder, 'running', String(process.pid));
  process.on('SIGTERM', () => {
    if (existsSync(join(folder, 'deaf'))) return;
    logLine('INF', 'Initiating graceful shutdown due to signal terminated ...');
    rmSync(mark, { force: true });
    process.exit(0);
  });
  writeFileSync(mark, '');
}

async function listen(server: Server, address: string): Promise<void> {
  const [host = '', port = ''] = address.split(':');
  if (host !== '127.0.0.1') end(`metrics on ${address} would be open to others`);
  try {
    server.listen(Number(port), host);
    await once(server, 'listening');
  } catch {
    const fault = `failed to bind to address (${address}): listen tcp ${address}: bind: address already in use`;
    logLine('ERR', 'Error opening metrics server listener', { error: `"${fault}"` });
    end(`Error opening metrics server listener: ${fault}`);
  }
  logLine('INF', `Starting metrics server on ${address}/metrics`);
}
