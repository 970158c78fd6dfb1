import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createBots } from '../../src/app/bots.ts';
import { ownSecrets } from '../../src/app/secrets.ts';
import { createActs } from '../../src/console/acts.ts';
import { createConsole } from '../../src/console/console.tsx';
import { createHealthHistory } from '../../src/console/health-history.ts';
import { createConsoleSessions } from '../../src/console/sessions.ts';
import { createMask } from '../../src/core/mask.ts';
import { createMemoryStore } from '../../src/memory/store.ts';
import { createHealth, type CheckResult } from '../../src/http/health.ts';
import { loadConfiguration } from '../../src/platform/configuration/load.ts';
import { createAudit } from '../../src/policy/audit.ts';
import { createPolicy, POLICY_FILE } from '../../src/policy/policy-file.ts';
import { testLog } from '../support/log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { turnWorld } from '../support/turns.ts';

export const PORT = 8421;
export const HOST = `127.0.0.1:${PORT}`;
export const ORIGIN = `http://${HOST}`;

/** What a home needs to be complete. */
export const COMPLETE = {
  'service.env':
    'TELEGRAM_BOT_TOKEN="1:test-token"\nTELEGRAM_CHAT_ID="42"\nWEBHOOK_SECRET="test-secret"\n',
};

type Request = Omit<RequestInit, 'headers'> & {
  readonly headers?: Readonly<Record<string, string>>;
};

/** The console on a real database and a home of its own, asked without a socket. */
export function consoleWorld(
  options: {
    /** The files of the home, by their paths in it. */
    readonly files?: Readonly<Record<string, string>>;
    readonly environment?: Readonly<Record<string, string>>;
    readonly checks?: Readonly<Record<string, CheckResult>>;
    /** Whether the memory is on. */
    readonly hasMemory?: boolean;
  } = {},
) {
  const userHome = temporaryFolder();
  const home = join(userHome, '.claudio');
  const put = (path: string, content: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(home, path), content, { mode: 0o600 });
  };
  for (const [path, content] of Object.entries(options.files ?? COMPLETE)) put(path, content);
  const environment = { HOME: userHome, ...options.environment };
  const configuration = loadConfiguration(environment);
  const world = turnWorld();
  const { database, clock } = world;
  const { log, lines } = testLog();
  const mask = createMask(() => ownSecrets(configuration));
  const audit = createAudit({ database, clock, mask });
  const history = createHealthHistory(database, clock);
  let checks = options.checks ?? { database: { ok: true } };
  const health = createHealth({
    clock,
    version: '1.2.3',
    made: (report) => {
      // A look may come to its end behind that of the test.
      if (database.orm.$client.open) history.note(report);
    },
    checks: Object.fromEntries(
      Object.keys(checks).map((name) => [name, () => checks[name] ?? { ok: true }]),
    ),
  });
  const sessions = createConsoleSessions(database, clock, audit);
  const listeners = new Set<() => void>();
  const ended = new AbortController();
  const app = createConsole({
    ...world,
    memory:
      options.hasMemory === true ? createMemoryStore({ database, clock, vectors: null }) : null,
    bots: createBots(configuration),
    environment,
    settings: configuration.settings,
    home,
    log,
    mask,
    audit,
    policy: createPolicy({
      database,
      clock,
      path: join(home, POLICY_FILE),
      setting: configuration.settings.POLICY,
      onFault: () => undefined,
      onMended: () => undefined,
      audit,
    }),
    health,
    history,
    sessions,
    acts: createActs({ ...world, audit, wake: () => undefined }),
    port: () => PORT,
    subscribe: (changed) => {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
    ended: ended.signal,
  });

  const ask = (path: string, { headers, ...init }: Request = {}) =>
    Promise.resolve(
      app.request(`${ORIGIN}${path}`, { ...init, headers: { host: HOST, ...headers } }),
    );
  /** What a browser that came in sends along. */
  const enter = async (): Promise<string> => {
    const answer = await ask(`/enter?key=${sessions.invite()}`);
    return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  };
  return {
    app,
    database,
    clock,
    home,
    put,
    lines,
    history,
    health,
    sessions,
    audit,
    ended,
    listeners,
    ask,
    enter,
    /** The checks come out like this from now on. */
    setChecks: (next: Readonly<Record<string, CheckResult>>) => {
      checks = next;
      health.forget();
    },
    /** Something was committed. */
    changed: () => {
      for (const tell of listeners) tell();
    },
    /** A page, as who came in sees it. */
    page: async (path: string): Promise<string> => {
      const answer = await ask(path, { headers: { cookie: await enter() } });
      return await answer.text();
    },
  };
}

/** The events of a stream, one after the other. */
export function eventsOf(answer: Response) {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    /** Resolves with all that came so far as soon as that fits, or as soon as the stream is over. */
    until: async (fits: RegExp): Promise<{ readonly text: string; readonly isOver: boolean }> => {
      for (;;) {
        if (fits.test(text)) return { text, isOver: false };
        const next = await reader?.read();
        if (next?.done !== false) return { text, isOver: true };
        text += next.value;
      }
    },
    cancel: async () => await reader?.cancel(),
  };
}

/** What of a page can be read, without its markup. */
export function readable(html: string): string {
  return html
    .replaceAll(/<[^>]*>/gu, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/gu, ' ');
}
