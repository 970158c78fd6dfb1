import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createScheduler } from '../../../src/ops/schedule/create.ts';
import { createServiceManager } from '../../../src/ops/service/create.ts';
import type { Site } from '../../../src/ops/status/site.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { inspectConfiguration } from '../../../src/platform/configuration/load.ts';
import { createHttpClient } from '../../../src/platform/http-client.ts';
import { INSTANT_CLAUDE_PATH } from '../../environment.ts';
import { startBotApi, type BotApiStandin } from '../../../src/playground/bot-api/bot-api.ts';
import { systemStandins, type SystemStandins } from '../../standins/system/standins.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** An installation that can be looked at, without a service. */
export interface SiteRig {
  readonly api: BotApiStandin;
  readonly system: SystemStandins;
  readonly userHome: string;
  readonly home: string;
  readonly environment: Record<string, string>;
  /** Writes `service.env`, over what is there. */
  settings(content: string): void;
  /** The installation as the files and the environment are now. */
  site(changes?: Partial<Site>): Site;
}

/** @param options.folder The name of the user's home in a temporary folder. */
export async function siteRig(options: { readonly folder?: string } = {}): Promise<SiteRig> {
  const userHome = join(temporaryFolder(), options.folder ?? 'someone');
  const home = join(userHome, '.claudio');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const api = await startBotApi();
  onTestFinished(() => api.close());
  const system = systemStandins();
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const environment: Record<string, string> = {
    HOME: userHome,
    PATH: '/usr/bin:/bin',
    // Nobody listens there.
    PORT: '1',
    CLAUDE_BIN: INSTANT_CLAUDE_PATH,
    TELEGRAM_BOT_TOKEN: api.token,
    TELEGRAM_CHAT_ID: '1001',
    TELEGRAM_API_ROOT: api.root,
  };
  return {
    api,
    system,
    userHome,
    home,
    environment,
    settings: (content) => writeFileSync(join(home, 'service.env'), content, { mode: 0o600 }),
    site: (changes = {}) => {
      const host = system.host({ userHome, environment, platform: 'linux' });
      return {
        host,
        clock: systemClock,
        http,
        configuration: inspectConfiguration(environment),
        services: createServiceManager(host),
        scheduler: createScheduler(host),
        ...changes,
      };
    },
  };
}

/** Answers `GET /health` on a port of its own, as a service would. @returns The port. */
export async function healthServer(report: object): Promise<number> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(report));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
