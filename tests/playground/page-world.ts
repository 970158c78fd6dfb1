import type { Hono } from 'hono';
import { onTestFinished } from 'vitest';
import type { Database } from '../../src/platform/database/open.ts';
import { startBotApi, type BotApiStandin } from '../../src/playground/bot-api/bot-api.ts';
import { createPlayground } from '../../src/playground/playground.tsx';
import type { LogLine, ServiceState, Stage } from '../../src/playground/stage.ts';

const PORT = 4001;
export const ORIGIN = `http://127.0.0.1:${PORT}`;
export const KEY = 'the-key-of-the-link';

/** What a test can change of a stage without a service. */
export interface StageSettings {
  service: ServiceState;
  agent: Stage['agent'];
  database: Database | null;
  /** Where the page is served. */
  port: number;
  log: LogLine[];
}

/** The page on a stage where no service runs: the stand-in of the Bot API, and what the test says. */
export interface PageWorld {
  readonly api: BotApiStandin;
  readonly stage: Stage;
  readonly settings: StageSettings;
  readonly app: Hono;
  readonly ended: AbortController;
  readonly killCount: () => number;
  /** Tells the page that something has changed that the stand-in knows nothing of. */
  tell(): void;
  /** Asks as a browser that has come in. */
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** The page. */
  html(path?: string): Promise<string>;
  /** Posts a form from the page, as a browser without scripts. */
  post(
    path: string,
    fields: Readonly<Record<string, string | Blob | readonly Blob[]>>,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** Calls a method of the Bot API as the bot. */
  call(method: string, params: object): Promise<unknown>;
}

export async function pageWorld(): Promise<PageWorld> {
  const api = await startBotApi({ tolerant: true });
  onTestFinished(() => api.close());
  const settings: StageSettings = {
    service: {
      state: 'running',
      pid: 4711,
      url: 'http://127.0.0.1:4002',
      startCount: 1,
      lastEnd: null,
    },
    agent: { kind: 'echo', remedy: null },
    database: null,
    port: PORT,
    log: [],
  };
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const changed of listeners) changed();
  };
  onTestFinished(api.subscribe(tell));
  let killCount = 0;
  const stage: Stage = {
    api,
    home: '/nowhere',
    get agent() {
      return settings.agent;
    },
    service: () => settings.service,
    log: () => settings.log,
    kill: () => {
      killCount += 1;
    },
    database: () => settings.database,
    consoleLink: () => `${settings.service.url}/enter?key=of-the-console`,
    subscribe: (changed) => {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
    close: () => Promise.resolve(),
  };
  const ended = new AbortController();
  onTestFinished(() => ended.abort());
  const app = createPlayground({ stage, key: KEY, port: () => settings.port, ended: ended.signal });
  const cookie = await enter(app);

  const get: PageWorld['get'] = async (path, headers = {}) =>
    await app.request(`${ORIGIN}${path}`, {
      headers: { host: `127.0.0.1:${PORT}`, cookie, accept: 'text/html', ...headers },
    });
  return {
    api,
    stage,
    settings,
    app,
    ended,
    killCount: () => killCount,
    tell,
    get,
    html: async (path = '/') => await (await get(path)).text(),
    post: async (path, fields, headers = {}) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) {
        if (typeof value === 'string') body.append(name, value);
        else for (const file of [value].flat()) body.append(name, file);
      }
      return await app.request(`${ORIGIN}${path}`, {
        method: 'POST',
        body,
        headers: {
          host: `127.0.0.1:${PORT}`,
          origin: ORIGIN,
          cookie,
          accept: 'text/html',
          ...headers,
        },
      });
    },
    call: async (method, params) => {
      const answer = await fetch(`${api.root}/bot${api.token}/${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(params),
      });
      return await answer.json();
    },
  };
}

/** Follows the link. Returns the cookie of the session. */
export async function enter(app: Hono): Promise<string> {
  const answer = await app.request(`${ORIGIN}/enter?key=${KEY}`, {
    headers: { host: `127.0.0.1:${PORT}`, accept: 'text/html' },
  });
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}
