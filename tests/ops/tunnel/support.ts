import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createTunnel, type TunnelParts } from '../../../src/ops/tunnel/create.ts';
import type { Tunnel, TunnelState } from '../../../src/ops/tunnel/tunnel.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { loadConfiguration } from '../../../src/platform/configuration/load.ts';
import { createHost } from '../../../src/platform/host.ts';
import { createHttpClient } from '../../../src/platform/http-client.ts';
import { credentialsOf } from '../../standins/cloudflared/account.ts';
import { cloudflaredStandin, type CloudflaredStandin } from '../../standins/cloudflared/standin.ts';
import { freePort } from '../../support/free-port.ts';
import { testLog, type TestLog } from '../../support/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A made-up token: no output, log or argument may ever hold it. */
export const TOKEN = '123456789:made-up-token-of-a-test-0000000000';

/** A home, a cloudflared and a service's environment. */
export interface TunnelWorld {
  readonly cloudflared: CloudflaredStandin;
  readonly userHome: string;
  readonly home: string;
  readonly environment: Record<string, string>;
  readonly log: TestLog;
  /** Starts the tunnel that the settings name; it is closed when the test has ended. */
  start(parts?: Partial<TunnelParts>): Tunnel;
  /** The same, without looking after its end. */
  create(parts?: Partial<TunnelParts>): Tunnel | null;
  /** Puts the credentials of a tunnel of the account into the home. */
  giveCredentials(name: string): string;
}

/** @param homeName What the home is called inside the user's. */
export function tunnelWorld(
  settings: Readonly<Record<string, string>>,
  homeName = '.claudio',
): TunnelWorld {
  const cloudflared = cloudflaredStandin();
  const userHome = temporaryFolder();
  const home = join(userHome, homeName);
  mkdirSync(home, { mode: 0o700 });
  const log = testLog();
  const environment: Record<string, string> = {
    HOME: userHome,
    CLAUDIO_HOME: home,
    PATH: '/usr/bin:/bin',
    TELEGRAM_BOT_TOKEN: TOKEN,
    TELEGRAM_CHAT_ID: '42',
    WEBHOOK_SECRET: 'made-up-webhook-secret',
    CLOUDFLARED_BIN: cloudflared.path,
    ...settings,
  };
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const create = (parts: Partial<TunnelParts> = {}) =>
    createTunnel({
      configuration: loadConfiguration(environment),
      port: 8421,
      host: createHost(environment),
      http,
      clock: systemClock,
      log: log.log,
      choosePort: freePort,
      ...parts,
      times: { eagerPollMs: 20, calmPollMs: 20, pauseMs: () => 5, ...parts.times },
    });
  return {
    cloudflared,
    userHome,
    home,
    environment,
    log,
    create,
    start: (parts) => {
      const tunnel = create(parts);
      if (tunnel === null) throw new Error('the settings name no tunnel');
      onTestFinished(() => tunnel.close());
      return tunnel;
    },
    giveCredentials: (name) => {
      const tunnel = cloudflared.addTunnel(name);
      const credentials = credentialsOf(cloudflared.account(), tunnel);
      writeFileSync(join(home, 'tunnel.json'), JSON.stringify(credentials), { mode: 0o600 });
      return tunnel.id;
    },
  };
}

/** Resolves with the first state of a kind, the present one or one to come, that fits. */
export function reached<K extends TunnelState['kind']>(
  tunnel: Tunnel,
  kind: K,
  fits: (state: Extract<TunnelState, { kind: K }>) => boolean = () => true,
): Promise<Extract<TunnelState, { kind: K }>> {
  return new Promise((resolve) => {
    const look = (): void => {
      const state = tunnel.state();
      if (!isOf(state, kind) || !fits(state)) return;
      unwatch();
      resolve(state);
    };
    const unwatch = tunnel.watch(look);
    look();
  });
}

function isOf<K extends TunnelState['kind']>(
  state: TunnelState,
  kind: K,
): state is Extract<TunnelState, { kind: K }> {
  return state.kind === kind;
}
