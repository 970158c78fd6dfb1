import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { backoffMs } from '../../outbox/backoff.ts';
import { random } from '../../platform/clock.ts';
import type { Configuration } from '../../platform/configuration/load.ts';
import type { Host } from '../../platform/host.ts';
import type { HttpClient } from '../../platform/http-client.ts';
import type { Logger } from '../../platform/log.ts';
import { openRotatingFile } from '../../platform/rotating-file.ts';
import { WEBHOOK_PATHS, writeConfig, type TunnelRoute } from './config-file.ts';
import { credentialsFile, readCredentials } from './credentials.ts';
import { freePort } from './free-port.ts';
import { locateCloudflared, missingCloudflared } from './locate.ts';
import { probeQuickUrl, probeReady } from './probe.ts';
import { GRACE_SECONDS, startCloudflared, stopLeftovers } from './process.ts';
import { superviseTunnel, type Launched, type TunnelTimes } from './supervise.ts';
import type { Tunnel } from './tunnel.ts';

const TIMES: TunnelTimes = {
  eagerPollMs: 2000,
  calmPollMs: 10_000,
  startLimitMs: 30_000,
  restartAfterMs: 180_000,
  steadyAfterMs: 60_000,
  pauseMs: (failureCount) => backoffMs(failureCount, random()),
};
const KEPT_LOG_COUNT = 5;

/** What a tunnel needs around it. */
export interface TunnelParts {
  readonly configuration: Configuration;
  /** Where the service listens on 127.0.0.1. */
  readonly port: number;
  readonly host: Host;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly webhookPaths?: readonly string[];
  readonly times?: Partial<TunnelTimes>;
  readonly choosePort?: () => Promise<number>;
}

/**
 * Starts the tunnel that the settings name, at once and in the background. Never throws: what is wrong
 * is the tunnel's state.
 *
 * @returns `null` where they name none.
 */
export function createTunnel(parts: TunnelParts): Tunnel | null {
  const { configuration, log } = parts;
  const { home, settings } = configuration;
  const { TUNNEL_NAME, TUNNEL_HOSTNAME, TUNNEL_QUICK } = settings;
  const hostname = TUNNEL_NAME === undefined ? undefined : TUNNEL_HOSTNAME;
  if (!TUNNEL_QUICK && hostname === undefined) return null;

  const logFile = join(home, 'cloudflared.log');
  const output = openRotatingFile(
    { path: logFile, maxBytes: settings.LOG_MAX_SIZE, keptCount: KEPT_LOG_COUNT },
    (error) => log.warn({ error: error.message }, 'tunnel.log-lost'),
  );

  const launch = async (): Promise<Launched> => {
    const path = locateCloudflared(parts.host, settings.CLOUDFLARED_BIN);
    if (path === null) {
      return { kind: 'impossible', trouble: missingCloudflared(settings.CLOUDFLARED_BIN) };
    }
    const named = TUNNEL_QUICK || hostname === undefined ? null : namedRoute(home, hostname);
    if (named?.kind === 'impossible') return named;
    const stoppedCount = await stopLeftovers(home, log);
    if (stoppedCount > 0) log.warn({ stoppedCount }, 'tunnel.leftovers-stopped');

    const config = writeConfig(home, {
      named: named?.route ?? null,
      port: parts.port,
      webhookPaths: parts.webhookPaths ?? WEBHOOK_PATHS,
    });
    const metricsPort = await (parts.choosePort ?? freePort)();
    const child = await startCloudflared({
      path,
      args: [
        'tunnel',
        // Else it would take the person's own ~/.cloudflared/config.yml, for a quick tunnel as well.
        `--config=${config}`,
        '--no-autoupdate',
        `--metrics=127.0.0.1:${metricsPort}`,
        `--grace-period=${GRACE_SECONDS}s`,
        // The rules of the configuration count before --url, which only says that it is a quick one.
        ...(named === null
          ? // Left to itself, a quick tunnel has no way where UDP is blocked.
            ['--protocol=auto', '--url', `http://127.0.0.1:${parts.port}`]
          : ['run']),
      ],
      home,
      userHome: parts.host.userHome,
      environment: parts.host.environment,
      output,
      log,
    });
    return {
      kind: 'running',
      run: {
        process: child,
        probe: (signal) => probeReady(parts.http, metricsPort, signal),
        publicUrl: (signal) =>
          named === null
            ? probeQuickUrl(parts.http, metricsPort, signal)
            : Promise.resolve(`https://${named.route.hostname}`),
      },
    };
  };

  return superviseTunnel({
    kind: TUNNEL_QUICK ? 'quick' : 'named',
    launch,
    logFile,
    times: { ...TIMES, ...parts.times },
    clock: parts.clock,
    log,
    onClosed: () => output.close(),
  });
}

type NamedRoute =
  | { readonly kind: 'route'; readonly route: NonNullable<TunnelRoute['named']> }
  | Extract<Launched, { kind: 'impossible' }>;

function namedRoute(home: string, hostname: string): NamedRoute {
  const file = credentialsFile(home);
  const credentials = readCredentials(file);
  if (credentials.kind === 'read') {
    const { tunnelId } = credentials;
    return { kind: 'route', route: { tunnelId, credentialsFile: file, hostname } };
  }
  const reason =
    credentials.kind === 'missing'
      ? `the credentials of the tunnel are missing: there is no ${file}`
      : credentials.reason;
  const remedy = '`claudio tunnel setup` fetches them again.';
  return { kind: 'impossible', trouble: { reason, remedy } };
}
