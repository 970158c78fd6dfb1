import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emptyEnvironment } from '../tests/environment.ts';
import { OWNER, startBotApi, type BotApiStandin } from '../src/playground/bot-api/bot-api.ts';
import { startServer, type ServerProcess } from './child.ts';
import { temporaryFolder } from './folder.ts';

const PROGRAM = fileURLToPath(new URL('../dist/src/bin.js', import.meta.url));
const BARE_HONO = fileURLToPath(new URL('bare-hono.js', import.meta.url));
const SECRET = 'bench-secret';

/** The headers of a delivery by Telegram, as cloudflared hands them on. */
export const HEADERS = {
  'content-type': 'application/json',
  'x-telegram-bot-api-secret-token': SECRET,
  'cf-connecting-ip': '149.154.167.197',
};

/** The built service in a home of its own, with a Bot API of its own. */
export interface BenchService extends AsyncDisposable {
  readonly process: ServerProcess;
  readonly origin: string;
  readonly api: BotApiStandin;
  /** Resolves when the service has recorded that a reply was taken. */
  nextSent(): Promise<unknown>;
}

/**
 * Starts the service; resolves when it listens and its webhook is registered.
 *
 * @param options.claude The path of the program that answers.
 * @param options.settings Over the defaults.
 */
export async function startService(options: {
  readonly claude: string;
  readonly modelUrl?: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Called with Claudio's home before the start. */
  readonly prepare?: (home: string) => void;
}): Promise<BenchService> {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(temporaryFolder());
  options.prepare?.(join(home.path, '.claudio'));
  const api = stack.adopt(await startBotApi(), (standin) => standin.close());
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const registered = api.nextCall(({ method }) => method === 'setWebhook');
  const server = stack.use(
    await startServer(
      [PROGRAM, 'start'],
      {
        ...emptyEnvironment({ home: home.path, baseUrl: options.modelUrl ?? origin }),
        CLAUDE_BIN: options.claude,
        PORT: String(port),
        TELEGRAM_BOT_TOKEN: api.token,
        TELEGRAM_CHAT_ID: String(OWNER.id),
        TELEGRAM_ALLOWED_USERS: String(OWNER.id),
        TELEGRAM_API_ROOT: api.root,
        WEBHOOK_URL: origin,
        WEBHOOK_SECRET: SECRET,
        MEMORY_ENABLED: '0',
        ...options.settings,
      },
      (line) => line.includes('"service.started"'),
    ),
  );
  await registered;
  const owned = stack.move();
  return {
    process: server,
    origin,
    api,
    nextSent: () => server.nextLine((line) => line.includes('"delivery.sent"')),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A bare Hono handler on @hono/node-server, in a process of its own. */
export interface BareHono extends AsyncDisposable {
  readonly process: ServerProcess;
  readonly origin: string;
}

export async function startBareHono(): Promise<BareHono> {
  let port = '';
  const server = await startServer([BARE_HONO], {}, (line) => {
    port = line;
    return true;
  });
  return {
    process: server,
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
