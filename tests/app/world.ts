import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { WayInTimes } from '../../src/app/compose-way-in.ts';
import { compose } from '../../src/app/compose.ts';
import { credentialsFile } from '../../src/ops/tunnel/credentials.ts';
import { freePort } from '../support/free-port.ts';
import { loadConfiguration } from '../../src/platform/configuration/load.ts';
import { openDatabase } from '../../src/platform/database/open.ts';
import { createHttpClient } from '../../src/platform/http-client.ts';
import { emptyEnvironment, INSTANT_CLAUDE_PATH } from '../environment.ts';
import { OWNER, startBotApi, type BotApiStandin } from '../../src/playground/bot-api/bot-api.ts';
import type { Route } from '../../src/playground/bot-api/delivery.ts';
import { cloudflaredStandin, type CloudflaredStandin } from '../standins/cloudflared/standin.ts';
import { testLog, type TestLog } from '../support/log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/**
 * Minutes are seconds here, with room for a machine that is busy when the tunnel starts. Nothing is told
 * unless a test says when.
 */
const QUICK_TIMES = {
  limits: { fallBackAfterMs: 2500, steadyMs: 150, tellAfterMs: 3_600_000, quietMs: 0 },
  tunnel: { eagerPollMs: 20, calmPollMs: 20, pauseMs: () => 20 },
} satisfies WayInTimes;
const FIRST_HOST = 'first.trycloudflare.com';

const reportSchema = z.looseObject({
  checks: z.record(z.string(), z.looseObject({ ok: z.boolean() })),
});

/** A composed service within the process of the test, put together as the real one is. */
export interface TestService extends TestLog {
  /** The checks of `GET /health`. */
  checks(): Promise<z.infer<typeof reportSchema>['checks']>;
  /** Stops in good order; resolves with how long that took, in milliseconds. */
  stop(): Promise<number>;
}

/** All that a service with a tunnel needs around it, kept over its restarts. */
export interface TunnelWorld {
  readonly api: BotApiStandin;
  readonly cloudflared: CloudflaredStandin;
  readonly home: string;
  /** The first address of the tunnel, as Telegram is told it. */
  readonly address: string;
  /** Where the service is, behind the tunnel. */
  readonly origin: Route;
  /** Whether there is the file that remembers an outage. */
  isOutageRemembered(): boolean;
  start(limits?: NonNullable<WayInTimes['limits']>): Promise<TestService>;
  /** The tunnel loses its connection, and with that Telegram its way here. */
  goDown(): void;
  comeBack(): void;
  /** Gives the service a tunnel of the account in place of the quick one, from its next start on. */
  nameTunnel(hostname: string): void;
}

/** A world whose tunnel is a quick one, named `first.trycloudflare.com` to begin with. */
export async function tunnelWorld(environment: Record<string, string> = {}): Promise<TunnelWorld> {
  const userHome = temporaryFolder();
  const home = join(userHome, '.claudio');
  const api = await startBotApi();
  onTestFinished(() => api.close());
  const cloudflared = cloudflaredStandin();
  const port = await freePort();
  const origin: Route = `http://127.0.0.1:${port}`;
  cloudflared.setQuickHostname(FIRST_HOST);
  api.route(FIRST_HOST, origin);

  const settings: Record<string, string> = { TUNNEL_QUICK: '1', ...environment };

  const start: TunnelWorld['start'] = async (limits = {}) => {
    const configuration = loadConfiguration({
      ...emptyEnvironment({ home: userHome, baseUrl: 'http://127.0.0.1:9' }),
      CLAUDE_BIN: INSTANT_CLAUDE_PATH,
      PORT: String(port),
      TELEGRAM_BOT_TOKEN: api.token,
      TELEGRAM_CHAT_ID: String(OWNER.id),
      TELEGRAM_API_ROOT: api.root,
      WEBHOOK_SECRET: 'test-secret',
      WEBHOOK_RETRY_DELAY: '1',
      CLOUDFLARED_BIN: cloudflared.path,
      PROGRESS: 'off',
      ...settings,
    });
    const database = openDatabase(join(home, 'claudio.db'));
    const http = createHttpClient();
    const log = testLog();
    const parts = await compose({
      configuration,
      database,
      http,
      log: log.log,
      times: { ...QUICK_TIMES, limits: { ...QUICK_TIMES.limits, ...limits } },
    });
    await parts.recover();
    parts.start();
    let stopping: Promise<number> | undefined;
    const stop = async (): Promise<number> => {
      const startedAtMs = performance.now();
      parts.refuseUpdates();
      await parts.drain(10_000, 10_000);
      await parts.close();
      await parts.server.close();
      await http.close();
      database.close();
      return performance.now() - startedAtMs;
    };
    const service: TestService = {
      ...log,
      checks: async () => {
        const answer = await fetch(`${origin}/health`);
        return reportSchema.parse(await answer.json()).checks;
      },
      stop: () => (stopping ??= stop()),
    };
    onTestFinished(async () => void (await service.stop()));
    return service;
  };

  return {
    api,
    cloudflared,
    home,
    address: `https://${FIRST_HOST}/telegram/webhook`,
    origin,
    isOutageRemembered: () => existsSync(join(home, '.tunnel_down_since')),
    start,
    goDown: () => {
      cloudflared.goDown();
      api.route(FIRST_HOST, 'down');
    },
    comeBack: () => {
      cloudflared.comeBack();
      api.route(FIRST_HOST, origin);
    },
    nameTunnel: (hostname) => {
      const { id, secret } = cloudflared.addTunnel('claudio');
      const credentials = {
        TunnelID: id,
        TunnelSecret: secret,
        AccountTag: cloudflared.account().id,
      };
      mkdirSync(home, { recursive: true });
      writeFileSync(credentialsFile(home), JSON.stringify(credentials));
      Object.assign(settings, {
        TUNNEL_QUICK: '0',
        TUNNEL_NAME: 'claudio',
        TUNNEL_HOSTNAME: hostname,
      });
    },
  };
}
