import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startBotApi, type BotApiStandin } from '../../src/playground/bot-api/bot-api.ts';
import { createWorld, type World } from './service.ts';

/** A further bot on Telegram: a stand-in of its own, behind the address that all of them share. */
export interface FurtherBot {
  readonly api: BotApiStandin;
  /** Writes its `bot.env`: token and owner, and what is given besides. */
  writeSettings(more?: Readonly<Record<string, string>>): void;
  readonly folder: string;
}

/** A world in which Telegram has several bots, each a stand-in of its own, at one address. */
export interface BotsWorld extends World {
  /** @param id A number; that of `main` is 1. */
  addBot(name: string, id: number, owner: number): Promise<FurtherBot>;
}

/** See {@link createWorld}. The bot of its `api` is `main`, from the environment. */
export async function createBotsWorld(
  options: Parameters<typeof createWorld>[0] = {},
): Promise<BotsWorld> {
  const world = await createWorld(options);
  const roots = new Map([['1', world.api.root]]);
  world.environment['TELEGRAM_API_ROOT'] = await startFront((bot) => roots.get(bot));
  return {
    ...world,
    addBot: async (name, id, owner) => {
      const api = await startBotApi({
        token: `${id}:test-token`,
        bot: { id, username: `${name}_test_bot` },
      });
      onTestFinished(() => api.close());
      roots.set(String(id), api.root);
      const folder = join(world.home, 'bots', name);
      return {
        api,
        folder,
        writeSettings: (more = {}) => {
          const settings = {
            TELEGRAM_BOT_TOKEN: api.token,
            TELEGRAM_CHAT_ID: String(owner),
            ...more,
          };
          mkdirSync(folder, { recursive: true });
          const lines = Object.entries(settings).map(([key, value]) => `${key}="${value}"\n`);
          writeFileSync(join(folder, 'bot.env'), lines.join(''));
        },
      };
    },
  };
}

/** Passes each call on to the stand-in of the bot whose token it carries. @returns Its address. */
async function startFront(rootOf: (bot: string) => string | undefined): Promise<string> {
  const pass = (incoming: IncomingMessage, answer: ServerResponse): void => {
    const bot = /^\/(?:file\/)?bot(\d+):/u.exec(incoming.url ?? '')?.[1] ?? '';
    const root = rootOf(bot);
    if (root === undefined) {
      answer.writeHead(401, { 'content-type': 'application/json' });
      answer.end('{"ok":false,"error_code":401,"description":"Unauthorized"}');
      return;
    }
    const { method, headers } = incoming;
    const passed = request(`${root}${incoming.url ?? ''}`, { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    incoming.pipe(passed);
  };
  const server = createServer(pass).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
