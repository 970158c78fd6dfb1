import { readFileSync } from 'node:fs';
import { ClaudioError } from '../core/error.ts';
import { portInUse } from '../http/taken.ts';
import { askHealth } from '../ops/ask-health.ts';
import { areOnlySettings, lookAtNeeds } from '../ops/install/needs.ts';
import { setUpHealthCheck, setUpHome, setUpLink, setUpService } from '../ops/install/parts.ts';
import { runStep, type StepResult } from '../ops/install/step.ts';
import { waitForHealth } from '../ops/install/wait-for-health.ts';
import { createScheduler } from '../ops/schedule/create.ts';
import { createServiceManager, serviceUnit } from '../ops/service/create.ts';
import { lastWords } from '../ops/service/last-words.ts';
import type { ServiceManager } from '../ops/service/service-manager.ts';
import { systemClock } from '../platform/clock.ts';
import { inspectConfiguration, type Inspection } from '../platform/configuration/load.ts';
import { SETTING_NAMES } from '../platform/configuration/schema.ts';
import { lockHome } from '../platform/home-lock.ts';
import { createHttpClient, type HttpClient } from '../platform/http-client.ts';
import { isSameFolder } from '../platform/files.ts';
import { EXIT, type CliContext } from './context.ts';
import { setUpTelegram, setUpTunnel, setUpWorkDir, type InstallOptions } from './install-steps.ts';
import { installBot } from './install-bot.ts';
import { show, showFinding } from './show-step.ts';

const START_LIMIT_MS = 60_000;

/**
 * Sets everything up: looks what is needed, then does what is not done yet, step by step. Run again, it
 * changes nothing, or goes on where it was.
 *
 * @returns 1 where something is missing or did not work; 78 where the settings are to be corrected first.
 * @throws ClaudioError `install.under-way`, `cli.cancelled`, `config.invalid`, `home.unusable`
 */
export async function install(given: CliContext, options: InstallOptions): Promise<number> {
  if (options.bot !== undefined) return await installBot(given, options.bot, options);
  const context = asTheServiceSees(given);
  const { ui, host, environment } = context;
  ui.heading('Setting up Claudio');
  const inspection = inspectConfiguration(environment);
  const needsTunnel = options.tunnel !== false && !hasOwnAddress(inspection);
  const needs = await ui.step('Looking at what is needed', () =>
    lookAtNeeds(host, inspection, { needsTunnel }),
  );
  for (const need of needs) showFinding(ui, need);
  const missing = needs.filter(({ state }) => state === 'failed');
  if (missing.length > 0) {
    ui.fail('Nothing was done. Mend this first, and run `claudio install` again.');
    return areOnlySettings(missing) ? EXIT.config : EXIT.failed;
  }

  const homeResult = await runStep(() => setUpHome(environment));
  if (homeResult.kind === 'failed') {
    show(ui, homeResult);
    return EXIT.failed;
  }
  const lock = lockHome(inspection.home, 'install');
  const http = createHttpClient();
  try {
    return await setUp(context, options, http, homeResult);
  } finally {
    await http.close();
    lock.release();
  }
}

async function setUp(
  context: CliContext,
  options: InstallOptions,
  http: HttpClient,
  homeResult: StepResult,
): Promise<number> {
  const { ui, host, environment } = context;
  const { home, file } = inspectConfiguration(environment);
  const services = createServiceManager(host);
  const before = textOf(file);
  const results: StepResult[] = [];
  const step = async (work: () => StepResult | Promise<StepResult>): Promise<StepResult> => {
    const result = await runStep(work);
    show(ui, result);
    results.push(result);
    return result;
  };

  await step(() => homeResult);
  await step(() => setUpLink(host));
  await step(() => setUpTunnel(context, options));
  await step(() => setUpWorkDir(context));
  let username: string | null = null;
  const telegram = await step(async () => {
    const made = await setUpTelegram(context, http);
    username = made.username;
    return made.result;
  });
  // Connecting a bot begins the service, if there is one already, with all that is new so far.
  const known = telegram.kind === 'done' ? textOf(file) : before;
  const service = await step(() => setUpService(services, serviceUnit(host, home)));
  await step(() => setUpHealthCheck(createScheduler(host), serviceUnit(host, home)));
  if (services !== null && service.kind !== 'failed') {
    const isNew = service.kind === 'done' || textOf(file) !== known;
    await step(() => startService(context, http, services, isNew));
  }
  return close(context, results, username);
}

/** Starts the service, or restarts it where it would not know of what is new, and waits for it. */
async function startService(
  { ui, environment, host }: CliContext,
  http: HttpClient,
  services: ServiceManager,
  isNew: boolean,
): Promise<StepResult> {
  const { home, settings, faults } = inspectConfiguration(environment);
  if (faults.length > 0) {
    return {
      kind: 'failed',
      text: `The service is not started, because its settings are not complete:\n${faults
        .map((fault) => `  - ${fault}`)
        .join('\n')
        .replace(/\.$/u, '')}`,
      remedy: 'Complete them, and run `claudio install` again.',
    };
  }
  const { isRunning: runs } = await services.state();
  const asked = await askHealth(http, settings.PORT);
  const isOurs = asked.kind === 'answered' && isSameFolder(asked.report.home ?? '', home);
  if (asked.kind !== 'silent' && !isOurs) throw await portInUse(settings.PORT, null);
  if (isOurs && !runs) {
    return {
      kind: 'failed',
      text: `Claudio already runs on ${home}, started by hand (process ${asked.report.pid ?? '?'})`,
      remedy: 'Stop that one, and run `claudio install` again.',
    };
  }
  if (isOurs && !isNew) return { kind: 'already', text: 'The service already runs' };
  const sinceMs = systemClock.now();
  const awaited = await ui.step('Starting the service', async () => {
    if (!runs) await services.start();
    else if (isNew) await services.restart();
    return await waitForHealth({
      http,
      clock: systemClock,
      port: settings.PORT,
      home,
      limitMs: START_LIMIT_MS,
      isRunning: () => isRunning(services),
    });
  });
  if (awaited.kind === 'answers') return { kind: 'done', text: 'The service runs and answers' };
  const words = await lastWords(host, services.name, home, sinceMs);
  if (words.length > 0) ui.block(words.join('\n'), 'What the service said:');
  return {
    kind: 'failed',
    text:
      awaited.kind === 'ended'
        ? 'The service ended again'
        : `The service does not answer: ${awaited.reason}`,
    remedy: '`claudio log` and `claudio doctor` tell why.',
  };
}

function close(
  { ui, environment }: CliContext,
  results: readonly StepResult[],
  username: string | null,
): number {
  const { file } = inspectConfiguration(environment);
  const where = `Settings: ${file}\nHow it is: claudio status`;
  if (results.some(({ kind }) => kind === 'failed')) {
    ui.block(where, 'Not everything is set up yet: see what is marked above.');
    return EXIT.failed;
  }
  const hasWayIn = results.every(({ kind }) => kind !== 'left-out');
  const title = !hasWayIn
    ? 'Claudio is set up, but for the tunnel.'
    : results.every(({ kind }) => kind === 'already')
      ? 'Everything was set up already; nothing was changed.'
      : 'Claudio is set up.';
  const link =
    username === null || !hasWayIn ? '' : `Send your bot a message: https://t.me/${username}\n`;
  ui.block(`${link}${where}`, title);
  return EXIT.ok;
}

/**
 * The same context without the settings that only this shell has: the service gets its own from the
 * file, so what it will do is to be looked at without them.
 */
function asTheServiceSees(context: CliContext): CliContext {
  const { environment: given, ui, host } = context;
  const hidden = SETTING_NAMES.filter((name) => (given[name] ?? '') !== '');
  if (hidden.length > 0) {
    ui.warn(
      `${hidden.join(', ')} in your environment: the service does not see that. Settings that are to hold belong into service.env (\`claudio config set\`).`,
    );
  }
  const environment = Object.fromEntries(
    Object.entries(given).filter(([name]) => !SETTING_NAMES.includes(name)),
  );
  return { ...context, environment, host: { ...host, environment } };
}

/** An address that leads here without a tunnel of Claudio's. */
function hasOwnAddress({ settings }: Inspection): boolean {
  return settings.WEBHOOK_URL !== undefined && settings.TUNNEL_NAME === undefined;
}

async function isRunning(services: ServiceManager | null): Promise<boolean> {
  return (await services?.state())?.isRunning === true;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new ClaudioError({
      code: 'home.unusable',
      message: `The settings in ${file} cannot be read.`,
      hint: 'Make the file yours and readable for you (chown, chmod 600).',
      cause: error,
    });
  }
}
