import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFailed, onTestFinished } from 'vitest';
import { packageRoot } from '../../src/platform/package.ts';
import { CLAUDE_PATH, emptyEnvironment, INSTANT_CLAUDE_PATH } from '../environment.ts';
import { OWNER, startBotApi, type BotApiStandin } from '../../src/playground/bot-api/bot-api.ts';
import { startModel, type ModelStandin } from '../standins/model/model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { freePort } from '../support/free-port.ts';

/** So much of its log is shown where a test fails. */
const LOG_TAIL = 40;

/** A line of the service's log. */
export type LogLine = { readonly event: string } & Readonly<Record<string, unknown>>;

/** The service as a process of its own. */
export interface RunningService {
  readonly url: string;
  readonly pid: number;
  readonly log: readonly LogLine[];
  /** Resolves with the first line that fits, one that is there or one to come. */
  logged(event: string, fits?: (line: LogLine) => boolean): Promise<LogLine>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when the process has ended. */
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** All that a service needs around it, kept over its restarts. */
export interface World {
  readonly api: BotApiStandin;
  readonly model: ModelStandin;
  readonly userHome: string;
  readonly home: string;
  readonly port: number;
  /** The environment of the service, for a test to change before a start. */
  readonly environment: Record<string, string>;
  /** Starts the service; resolves when it listens and its webhook is registered. */
  start(): Promise<RunningService>;
  /** Starts it and waits for nothing. */
  startUnregistered(): RunningService;
}

/**
 * The strict stand-ins and an empty home; everything is gone when the test has ended.
 *
 * @param options.claude `real` (the default), `instant`, or the path of another program.
 * @param options.pauseScale What the pauses between tries to deliver an update are multiplied by.
 */
export async function createWorld(
  options: { readonly claude?: string; readonly pauseScale?: number } = {},
): Promise<World> {
  const claude = options.claude ?? 'real';
  const userHome = temporaryFolder();
  const home = join(userHome, '.claudio');
  const api = await startBotApi(
    options.pauseScale === undefined ? {} : { pauseScale: options.pauseScale },
  );
  onTestFinished(() => api.close());
  const model = await startModel();
  onTestFinished(() => model.close());
  const port = await freePort();
  const environment: Record<string, string> = {
    ...emptyEnvironment({ home: userHome, baseUrl: model.url }),
    CLAUDE_BIN: { real: CLAUDE_PATH, instant: INSTANT_CLAUDE_PATH }[claude] ?? claude,
    PORT: String(port),
    TELEGRAM_BOT_TOKEN: api.token,
    TELEGRAM_CHAT_ID: String(OWNER.id),
    TELEGRAM_API_ROOT: api.root,
    WEBHOOK_URL: `http://127.0.0.1:${port}`,
    WEBHOOK_SECRET: 'e2e-secret',
    WEBHOOK_RETRY_DELAY: '1',
    LOG_LEVEL: 'debug',
    // Else a slow machine would send a message more. The tests of it turn it on.
    PROGRESS: 'off',
    // Else the model would be asked more than a test scripts. The tests of it turn it on.
    MEMORY_ENABLED: '0',
  };
  return {
    api,
    model,
    userHome,
    home,
    port,
    environment,
    startUnregistered: () => runService(environment, port),
    start: async () => {
      const registered = api.nextCall(({ method }) => method === 'setWebhook');
      const service = runService(environment, port);
      await Promise.race([
        Promise.all([service.logged('service.started'), registered]),
        service.exit.then(({ code, signal }) => {
          throw new Error(`the service ended: ${code ?? signal}\n${JSON.stringify(service.log)}`);
        }),
      ]);
      return service;
    },
  };
}

/** Runs the built program, with nothing in its environment but what is given. */
export function runService(environment: Record<string, string>, port: number): RunningService {
  const child = spawn(process.execPath, [join(packageRoot(), 'dist/src/bin.js'), 'start'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const log: LogLine[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    // One that is killed may leave half a line.
    if (line.startsWith('{') && !line.endsWith('}')) return;
    log.push(JSON.parse(line) as LogLine);
    for (const look of waiting) look();
  });
  const exit = once(child, 'exit').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
  }));
  onTestFailed(() => {
    process.stderr.write(
      `${log
        .slice(-LOG_TAIL)
        .map((line) => JSON.stringify(line))
        .join('\n')}\n`,
    );
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    log,
    exit,
    signal: (signal) => child.kill(signal),
    logged: (event, fits = () => true) =>
      new Promise((resolve) => {
        const look = () => {
          const found = log.find((line) => line.event === event && fits(line));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}
