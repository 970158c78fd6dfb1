import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Route } from '../../src/playground/bot-api/delivery.ts';
import { cloudflaredStandin, type CloudflaredStandin } from '../standins/cloudflared/standin.ts';
import { createWorld, type World } from './service.ts';

/** A world whose service runs a quick tunnel of its own. */
export interface TunnelWorld extends World {
  readonly cloudflared: CloudflaredStandin;
  /** Where the service is, behind the tunnel. */
  readonly origin: Route;
  /** The tunnel is called this from its next start on, and Telegram finds it there. */
  callTunnel(hostname: string): void;
  /** Makes the home look as if the service had stopped in the middle of an outage that it had told of. */
  rememberOutage(): void;
  isOutageRemembered(): boolean;
}

export async function createTunnelWorld(
  options?: Parameters<typeof createWorld>[0],
): Promise<TunnelWorld> {
  const world = await createWorld(options);
  const cloudflared = cloudflaredStandin();
  const origin: Route = `http://127.0.0.1:${world.port}`;
  delete world.environment['WEBHOOK_URL'];
  Object.assign(world.environment, { TUNNEL_QUICK: '1', CLOUDFLARED_BIN: cloudflared.path });
  const callTunnel = (hostname: string) => {
    cloudflared.setQuickHostname(hostname);
    world.api.route(hostname, origin);
  };
  callTunnel('first.trycloudflare.com');
  const file = join(world.home, '.tunnel_down_since');
  return {
    ...world,
    cloudflared,
    origin,
    callTunnel,
    rememberOutage: () => {
      mkdirSync(world.home, { recursive: true, mode: 0o700 });
      writeFileSync(file, '2026-01-15T12:00:00.000Z\n');
    },
    isOutageRemembered: () => existsSync(file),
  };
}
