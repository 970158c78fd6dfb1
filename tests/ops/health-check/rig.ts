import { once } from 'node:events';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createOwnerChat } from '../../../src/app/owner-chat.ts';
import { checkHealth } from '../../../src/ops/health-check/check.ts';
import type { Observation } from '../../../src/ops/health-check/observation.ts';
import { createServiceManager } from '../../../src/ops/service/create.ts';
import type { ServiceManager } from '../../../src/ops/service/service-manager.ts';
import { inspectConfiguration } from '../../../src/platform/configuration/load.ts';
import type { Host } from '../../../src/platform/host.ts';
import { createHttpClient } from '../../../src/platform/http-client.ts';
import { startBotApi, type BotApiStandin } from '../../../src/playground/bot-api/bot-api.ts';
import { systemStandins, type SystemStandins } from '../../standins/system/standins.ts';
import { testClock, type TestClock } from '../../support/clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { freePort } from '../../support/free-port.ts';

export const MINUTE_MS = 60_000;

type Checks = Readonly<
  Record<string, { readonly ok: boolean } & Readonly<Record<string, unknown>>>
>;

/** What the health check works with, around a service that need not be there. */
export interface HealthRig {
  readonly api: BotApiStandin;
  readonly host: Host;
  readonly system: SystemStandins;
  readonly services: ServiceManager;
  readonly clock: TestClock;
  readonly home: string;
  readonly spareFolder: string;
  /** For a test to change before a run. */
  readonly environment: Record<string, string>;
  /** What it said besides its findings. */
  readonly complaints: string[];
  /** For a test to replace: what becomes of an update that was cut off. */
  finishUpdate: () => Promise<string | null>;
  /** Runs it once. */
  run(): Promise<readonly Observation[]>;
  /** Runs it once, and returns what it found of one thing. */
  runFor(name: string): Promise<Observation | undefined>;
  /** The messages in the chat, as they are read. */
  told(): readonly string[];
  /** Lets something answer `GET /health` from now on; `null`: nothing does. */
  answer(
    report:
      | { readonly checks?: Checks; readonly home?: string; readonly uptimeSeconds?: number }
      | 'odd'
      | null,
  ): Promise<void>;
  /** Installs a unit that runs a shell script; each start is a line of `starts()`. */
  install(script: string, home?: string): Promise<void>;
  starts(): number;
}

export async function healthRig(): Promise<HealthRig> {
  const api = await startBotApi();
  onTestFinished(() => api.close());
  // Before them: what they run in it is stopped first.
  const userHome = temporaryFolder();
  const system = systemStandins({ runs: true });
  const home = join(userHome, '.claudio');
  mkdirSync(home, { mode: 0o700 });
  const host = system.host({ userHome });
  const services = createServiceManager(host);
  if (services === null) throw new Error('there is no service manager');
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const port = await freePort();
  const environment: Record<string, string> = {
    HOME: userHome,
    PORT: String(port),
    TELEGRAM_BOT_TOKEN: api.token,
    TELEGRAM_CHAT_ID: '1001',
    TELEGRAM_API_ROOT: api.root,
    DISK_USAGE_THRESHOLD: '100',
  };
  const clock = testClock(new Date(2026, 0, 15, 3, 10).getTime());
  const complaints: string[] = [];
  const spareFolder = join(temporaryFolder(), 'spare');
  let server: Server | null = null;
  const close = async (): Promise<void> => {
    const before = server;
    server = null;
    if (before === null) return;
    before.close();
    before.closeAllConnections();
    await once(before, 'close');
  };
  onTestFinished(close);

  const rig: HealthRig = {
    api,
    host,
    system,
    services,
    clock,
    home,
    spareFolder,
    environment,
    complaints,
    finishUpdate: () => Promise.resolve(null),
    run: async () => {
      const configuration = inspectConfiguration(environment);
      const { TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID, TELEGRAM_API_ROOT } = configuration.settings;
      const isKnown = TELEGRAM_BOT_TOKEN !== undefined && TELEGRAM_CHAT_ID !== undefined;
      const settings = isKnown ? { TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID, TELEGRAM_API_ROOT } : null;
      const log = { debug: () => undefined };
      return await checkHealth({
        host,
        clock,
        http,
        configuration,
        services,
        tell: settings === null ? null : createOwnerChat({ settings, http, clock, log }).tell,
        spareFolder,
        complain: (sentence) => complaints.push(sentence),
        finishUpdate: () => rig.finishUpdate(),
        askAgainMs: 0,
      });
    },
    runFor: async (name) => (await rig.run()).find((one) => one.name === name),
    told: () => api.sentMessages().map(({ text }) => text ?? ''),
    answer: async (report) => {
      await close();
      if (report === null) return;
      server = createServer((_, response) => {
        if (report === 'odd') return void response.writeHead(404).end('not here');
        const { checks = {}, uptimeSeconds = 60 } = report;
        const status = Object.values(checks).every(({ ok }) => ok) ? 'ok' : 'failing';
        response.writeHead(status === 'ok' ? 200 : 503, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({
            status,
            version: '1.0.0',
            uptimeSeconds,
            pid: 1,
            checks,
            home: report.home ?? home,
          }),
        );
      }).listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    install: async (script, unitHome = home) => {
      const program = join(userHome, 'program');
      writeFileSync(program, `#!/bin/sh\necho >> ${join(userHome, 'starts')}\n${script}\n`);
      chmodSync(program, 0o755);
      appendFileSync(join(userHome, 'starts'), '');
      await services.install({
        nodePath: program,
        programPath: '/unused',
        root: userHome,
        path: '/usr/bin:/bin',
        claudioHome: unitHome,
        stopLimitMs: 120_000,
      });
    },
    starts: () => readFileSync(join(userHome, 'starts'), 'utf8').length,
  };
  return rig;
}
