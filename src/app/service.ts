import { join } from 'node:path';
import {
  claudioHome,
  loadConfiguration,
  type Environment,
} from '../platform/configuration/load.ts';
import { openDatabase } from '../platform/database/open.ts';
import { lockHome } from '../platform/home-lock.ts';
import { createHttpClient } from '../platform/http-client.ts';
import { openLog } from '../platform/log.ts';
import { packageVersion } from '../platform/package.ts';
import { compose } from './compose.ts';
import { ownSecrets } from './secrets.ts';

/** How long the last replies may take to go out when the service stops, beyond the turns themselves. */
const LAST_DELIVERIES_MS = 30_000;
const MAINTENANCE_EVERY_MS = 3_600_000;

/** The service, running. */
export interface Service {
  /** Resolves when it ought to be stopped and started again, because Claude asked for it. */
  readonly restartWanted: Promise<void>;
  /** The port that it listens on. */
  readonly port: number;
  /**
   * Stops in good order: no update is taken any more, running turns may finish within the configured
   * grace, their answers are sent; what waits stays for the next start.
   */
  stop(): Promise<void>;
  /**
   * Takes the configuration as it is now, where it is right: bots that are new, changed or gone, while
   * everything else goes on. Returns at once and never throws; the log tells what came of it.
   */
  reload(): void;
  /** Stops at once. Turns that run are found interrupted by the next start. May follow a `stop`. */
  stopNow(): Promise<void>;
}

/** The service, put together to see whether it would work. */
export interface Trial {
  readonly home: string;
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Starts the service on the home that the environment names. The home is taken before anything in it
 * is read or written.
 *
 * @throws ClaudioError `home.in-use`, `config.invalid`, `port.in-use`, `database.newer`
 */
export async function createService(environment: Environment): Promise<Service> {
  const { parts, settings, log, home, releaseAll } = await assemble(environment, false);
  try {
    log.info({ version: packageVersion(), port: parts.server.port, home }, 'service.started');
    await parts.recover();
    parts.start();
    const maintenance = setInterval(parts.maintain, MAINTENANCE_EVERY_MS);
    parts.maintain();

    let stopping: Promise<void> | undefined;
    const finish = async (): Promise<void> => {
      clearInterval(maintenance);
      await parts.close();
      await releaseAll();
    };
    const stop = async (): Promise<void> => {
      log.info({ graceMs: settings.SHUTDOWN_GRACE }, 'service.stopping');
      parts.refuseUpdates();
      await parts.drain(settings.SHUTDOWN_GRACE, LAST_DELIVERIES_MS);
      await finish();
      log.info('service.stopped');
    };
    return {
      port: parts.server.port,
      restartWanted: parts.restartWanted,
      reload: parts.reload,
      stop: () => (stopping ??= stop()),
      stopNow: async () => {
        log.warn('service.stopping-now');
        parts.refuseUpdates();
        await parts.abort();
        await (stopping ?? finish());
      },
    };
  } catch (error) {
    await releaseAll();
    throw error;
  }
}

/**
 * Puts the whole service together on a home, which is brought up to date by that, and listens; but takes
 * no update, starts no turn, sends nothing and opens no tunnel. So whatever comes of it can be undone.
 *
 * @throws as {@link createService} does.
 */
export async function createTrial(environment: Environment): Promise<Trial> {
  const { parts, home, releaseAll } = await assemble(environment, true);
  return {
    home,
    port: parts.server.port,
    stop: async () => {
      await parts.abort();
      await parts.close();
      await releaseAll();
    },
  };
}

async function assemble(environment: Environment, isTrial: boolean) {
  const home = claudioHome(environment);
  const lock = lockHome(home);
  const cleanup: (() => unknown)[] = [() => lock.release()];
  const releaseAll = async () => {
    for (const release of cleanup.toReversed()) await release();
  };
  try {
    const configuration = loadConfiguration(environment);
    const { settings } = configuration;
    const secrets = new Set(ownSecrets(configuration));
    const log = await openLog({
      file: join(home, 'claudio.log'),
      maxBytes: settings.LOG_MAX_SIZE,
      level: settings.LOG_LEVEL,
      secrets,
      // The output of a trial is its report.
      terminal: isTrial ? process.stderr : process.stdout,
    });
    for (const warning of configuration.warnings) log.warn({ warning }, 'config.warning');
    const database = openDatabase(join(home, 'claudio.db'));
    cleanup.push(() => database.close());
    const http = createHttpClient();
    cleanup.push(() => http.close());

    const parts = await compose({ configuration, database, http, log, secrets, isTrial });
    cleanup.push(() => parts.server.close());
    return { parts, settings, log, home, releaseAll };
  } catch (error) {
    await releaseAll();
    throw error;
  }
}
