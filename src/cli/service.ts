import { formatDuration } from '../core/format.ts';
import { ClaudioError } from '../core/error.ts';
import { askHealth, type HealthAnswer } from '../ops/ask-health.ts';
import { waitForHealth } from '../ops/install/wait-for-health.ts';
import { createServiceManager } from '../ops/service/create.ts';
import { lastWords } from '../ops/service/last-words.ts';
import type { ServiceManager, ServiceState } from '../ops/service/service-manager.ts';
import { stopProcess } from '../ops/service/stop-process.ts';
import { stopLimitMs } from '../ops/service/unit.ts';
import { systemClock } from '../platform/clock.ts';
import {
  claudioHomePath,
  inspectConfiguration,
  type Environment,
  type Inspection,
} from '../platform/configuration/load.ts';
import { SETTING_NAMES } from '../platform/configuration/schema.ts';
import { createHttpClient, type HttpClient } from '../platform/http-client.ts';
import { portOwner } from '../platform/process/port-owner.ts';
import { createProcessTable } from '../platform/process/table.ts';
import { isSameFolder } from '../platform/files.ts';
import { EXIT, type CliContext } from './context.ts';

/** How long a service may take from its start to its first answer. */
const START_LIMIT_MS = 30_000;

/** What there is to stop or to restart. */
interface Standing {
  readonly configuration: Inspection;
  readonly http: HttpClient;
  /** The service manager with the unit of this home; `null` where there is no such unit. */
  readonly services: ServiceManager | null;
  readonly state: ServiceState | null;
  /** What the Claudio of this home says; `null` where none answers. */
  readonly report: HealthAnswer | null;
}

/**
 * Stops the service of this home, and one that was started by hand.
 *
 * @returns 0, also where nothing ran.
 */
export async function stop(context: CliContext): Promise<number> {
  const { ui } = context;
  return await withStanding(context, async (standing) => {
    const { services, state, report, configuration } = standing;
    const patience = patienceOf(configuration);
    let isStopped = false;
    if (services !== null && state?.wasStopped === false) {
      try {
        await ui.step(`Stopping the service; ${patience}`, () => services.stop());
        isStopped = true;
      } catch (error) {
        // Where the service manager cannot be reached, a service that answers can be all the same.
        if (!(error instanceof ClaudioError) || report === null) throw error;
      }
    }
    const left = await ownReport(standing);
    if (left !== null) {
      const owner = await portOwner(configuration.settings.PORT, process.platform);
      await ui.step(`Stopping Claudio (process ${left.pid ?? '?'}); ${patience}`, () =>
        stopProcess({
          pid: left.pid,
          owner,
          table: createProcessTable(),
          clock: systemClock,
          limitMs: stopLimitMs(configuration.settings),
        }),
      );
      isStopped = true;
    }
    if (!isStopped) {
      ui.say(`Claudio does not run on ${configuration.home}.`);
    } else {
      const again = services === null ? '`claudio start`' : '`claudio restart`';
      ui.done(`Claudio is stopped; ${again} starts it again`);
    }
    return EXIT.ok;
  });
}

/**
 * Restarts the service of this home, or starts it, and waits until it answers.
 *
 * @returns 0; 1 where it does not come up, or was started by hand; 69 where there is no service.
 * @throws ClaudioError `config.invalid` where it would not come up, `service.refused`
 */
export async function restart(context: CliContext): Promise<number> {
  const { ui } = context;
  return await withStanding(context, async (standing) => {
    const { services, state, report, configuration } = standing;
    if (report !== null && state?.isRunning !== true && !isSilent(state)) {
      ui.fail(
        `Claudio runs, but not as a service: somebody started it (process ${report.pid ?? '?'})`,
      );
      ui.say(
        services === null
          ? 'Press Ctrl-C where it runs and start it there again, or let `claudio install` make a service of it.'
          : 'Press Ctrl-C where it runs, or `claudio stop` here; then `claudio restart` starts the service.',
      );
      return EXIT.failed;
    }
    if (services === null) {
      ui.fail(`There is no service for ${configuration.home}`);
      ui.say('`claudio install` sets it up; `claudio start` runs Claudio in this terminal.');
      return EXIT.unavailable;
    }
    // A service that runs is better than a new one that would not.
    if (configuration.faults.length > 0) throw wrongConfiguration(configuration);
    const sinceMs = systemClock.now();
    const title =
      state?.isRunning === true
        ? `Restarting the service; ${patienceOf(configuration)}`
        : 'Starting the service';
    const awaited = await ui.step(title, async (tell) => {
      await services.restart();
      tell('Waiting for its first answer');
      return await waitForHealth({
        http: standing.http,
        clock: systemClock,
        port: configuration.settings.PORT,
        home: configuration.home,
        limitMs: START_LIMIT_MS,
        isRunning: async () => (await services.state()).isRunning,
      });
    });
    if (awaited.kind === 'answers') {
      ui.done(`The service runs and answers (Claudio ${awaited.report.version})`);
      return EXIT.ok;
    }
    ui.fail(
      awaited.kind === 'ended'
        ? 'The service ended again'
        : `The service does not answer: ${awaited.reason}`,
    );
    const words = await lastWords(context.host, services.name, configuration.home, sinceMs);
    if (words.length > 0) ui.block(words.join('\n'), 'What it said:');
    ui.say('`claudio doctor` looks for what is wrong; `claudio log` tells more.');
    return EXIT.failed;
  });
}

async function withStanding(
  { host, environment }: CliContext,
  work: (standing: Standing) => Promise<number>,
): Promise<number> {
  const home = claudioHomePath(environment);
  const http = createHttpClient();
  try {
    const services = createServiceManager(host);
    const state = (await services?.state()) ?? null;
    const isOwn = isSameFolder(state?.claudioHome ?? '', home);
    const own = isOwn ? { services, state } : { services: null, state: null };
    const configuration = inspectConfiguration(isOwn ? withoutSettings(environment) : environment);
    const report = await ownReport({ configuration, http });
    return await work({ configuration, http, report, ...own });
  } finally {
    await http.close();
  }
}

/** What a service sees: settings in the environment of this shell are none of its. */
function withoutSettings(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !SETTING_NAMES.includes(name)),
  );
}

/** Whether the service manager said nothing of its unit; asked to do something, it will say why. */
function isSilent(state: ServiceState | null): boolean {
  return state !== null && !state.isRunning && !state.wasStopped && !state.isEnabled;
}

async function ownReport({
  configuration: { home, settings },
  http,
}: Pick<Standing, 'configuration' | 'http'>): Promise<HealthAnswer | null> {
  const asked = await askHealth(http, settings.PORT);
  if (asked.kind !== 'answered') return null;
  return isSameFolder(asked.report.home ?? '', home) ? asked.report : null;
}

function patienceOf({ settings }: Inspection): string {
  return settings.SHUTDOWN_GRACE === 0
    ? 'running turns are not waited for'
    : `running turns may finish, for up to ${formatDuration(settings.SHUTDOWN_GRACE)}`;
}

function wrongConfiguration({ file, faults }: Inspection): ClaudioError {
  return new ClaudioError({
    code: 'config.invalid',
    message: `The service would not start with its settings:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    hint: `Nothing was restarted. Correct ${file} and try again.`,
  });
}
