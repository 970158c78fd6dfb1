import { join } from 'node:path';
import { createConsoleSessions } from '../console/sessions.ts';
import { ClaudioError, messageOf } from '../core/error.ts';
import { ENTER_PATH } from '../pages/entrance.tsx';
import type { Subscribe } from '../pages/live.ts';
import { systemClock } from '../platform/clock.ts';
import type { Environment } from '../platform/configuration/load.ts';
import { isDatabaseFault, openDatabase, type Database } from '../platform/database/open.ts';
import { watchDatabase } from '../platform/database/watch.ts';
import { within } from '../platform/process/within.ts';
import { createAudit } from '../policy/audit.ts';
import { chooseAgent, type AgentKind } from './agent.ts';
import { startBotApi, type BotApiStandin } from './bot-api/bot-api.ts';
import { writeEchoLauncher } from './echo/launcher.ts';
import { freePort } from './free-port.ts';
import { openThrowAwayHome, placeOfHomes, removeLeftovers } from './home.ts';
import { runServiceProcess, type LogLine, type ServiceState } from './service-process.ts';
import { randomSecret, serviceEnvironment } from './service-settings.ts';

export type { AgentKind } from './agent.ts';
export type { LogLine, ServiceState } from './service-process.ts';

/** The whole real service in a throw-away home, with a stand-in of the Bot API beside it. */
export interface Stage {
  readonly api: BotApiStandin;
  /** Absolute path of the throw-away `$CLAUDIO_HOME`. */
  readonly home: string;
  readonly agent: {
    readonly kind: AgentKind;
    /** Why it is the echo and what to do about it, in a sentence or two; `null` where it was asked for. */
    readonly remedy: string | null;
  };
  service(): ServiceState;
  /** The last 200 lines of the service's log, over all of its starts, oldest first. */
  log(): readonly LogLine[];
  /** `kill -9`; it is started again, as a service manager would. */
  kill(): void;
  /** The rows of the service, to be read; `null` before its first start has made them. */
  database(): Database | null;
  /** A link that leads into the console of this service. */
  consoleLink(): string;
  /** Tells of calls of the Bot API, of what is committed, and of how the service is. */
  readonly subscribe: Subscribe;
  /** Stops the service and removes the home. May be called twice. */
  close(): Promise<void>;
}

/** How soon the page shows what was committed. */
const LIVE_EVERY_MS = 100;
/** A machine that is busy may take its time. */
const START_LIMIT_MS = 60_000;
/** Telegram's pauses between tries to deliver, so much shorter that a person sees the next one. */
const PAUSE_SCALE = 0.25;

/**
 * Sets the stage. Resolves when the service listens and its webhook is registered. Nothing of the person's
 * own is read but what Claude Code needs to answer as them.
 *
 * @param options.agent Forces one; left out: Claude Code where it is there and logged in, else the echo.
 * @param options.tempDir Where the throw-away home is made: see {@link placeOfHomes} unless given.
 * @throws ClaudioError `playground.no-claude`, `playground.not-started`
 */
export async function createStage(options: {
  readonly agent?: AgentKind | undefined;
  readonly environment: Environment;
  readonly tempDir?: string;
}): Promise<Stage> {
  const { environment, tempDir = placeOfHomes(environment) } = options;
  const agent = await chooseAgent(options.agent, environment);
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const changed of listeners) changed();
  };
  const cleanup: (() => unknown)[] = [];
  let closing: Promise<void> | undefined;
  const releaseAll = async (): Promise<void> => {
    for (const release of cleanup.toReversed()) await release();
  };
  const close = (): Promise<void> => (closing ??= releaseAll());

  try {
    const api = await startBotApi({
      token: `1:${randomSecret()}`,
      bot: { username: 'claudio_playground_bot' },
      pauseScale: PAUSE_SCALE,
      tolerant: true,
    });
    cleanup.push(() => api.close(), api.subscribe(tell));
    const place = openThrowAwayHome(tempDir);
    cleanup.push(() => place.remove());
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const claudePath =
      agent.kind === 'claude' ? agent.programPath : writeEchoLauncher(place.folder);
    const rows = shareRows(join(place.home, 'claudio.db'), tell);
    cleanup.push(rows.close);
    const service = runServiceProcess({
      environment: serviceEnvironment({ environment, place, api, port, claudePath }),
      cwd: place.folder,
      url,
      changed: tell,
      onStarted: rows.open,
    });
    cleanup.push(() => service.leave());
    await Promise.all([whenReady(service.ready), removeLeftovers(tempDir)]);

    return {
      api,
      home: place.home,
      agent: { kind: agent.kind, remedy: agent.remedy },
      service: service.state,
      log: service.log,
      kill: service.kill,
      database: rows.database,
      consoleLink: () => {
        const open = rows.database();
        if (open === null) throw new Error('no database yet');
        const audit = createAudit({ database: open, clock: systemClock });
        const sessions = createConsoleSessions(open, systemClock, audit);
        return `${url}${ENTER_PATH}?key=${sessions.invite()}`;
      },
      subscribe: (changed) => {
        listeners.add(changed);
        return () => void listeners.delete(changed);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Looks at the database beside the service that owns it, from its first start on. */
function shareRows(path: string, changed: () => void) {
  let database: Database | null = null;
  let timer: NodeJS.Timeout | undefined;
  let endWatch: (() => void) | undefined;
  const open = (): void => {
    if (database !== null) return;
    try {
      database = openDatabase(path, 'share');
    } catch (error) {
      if (!isDatabaseFault(error)) throw error;
      // The service has it to itself for a moment.
      timer = setTimeout(open, LIVE_EVERY_MS);
      return;
    }
    const onChange = changed;
    endWatch = watchDatabase(database, {
      everyMs: LIVE_EVERY_MS,
      own: true,
      onChange,
      onFault: onChange,
    });
    changed();
  };
  return {
    open,
    database: (): Database | null => database,
    close: () => {
      clearTimeout(timer);
      endWatch?.();
      database?.close();
    },
  };
}

async function whenReady(ready: Promise<void>): Promise<void> {
  let why = `It was not ready after ${START_LIMIT_MS / 1000} s.`;
  try {
    if (await within(START_LIMIT_MS, ready)) return;
  } catch (error) {
    why = messageOf(error);
  }
  throw new ClaudioError({
    code: 'playground.not-started',
    message: `The service of the playground did not start. ${why}`,
    hint: 'Run `npm ci` in the folder of Claudio, and try again.',
  });
}
