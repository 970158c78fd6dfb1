import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { ClaudioError } from '../core/error.ts';
import { askHealth, type HealthAnswer } from '../ops/ask-health.ts';
import { reloadProcess } from '../ops/service/reload-process.ts';
import { systemClock } from '../platform/clock.ts';
import { inspectConfiguration } from '../platform/configuration/load.ts';
import { isSameFolder } from '../platform/files.ts';
import { createHttpClient, type HttpClient } from '../platform/http-client.ts';
import { packageVersion } from '../platform/package.ts';
import { portOwner } from '../platform/process/port-owner.ts';
import { createProcessTable } from '../platform/process/table.ts';
import { EXIT, type CliContext } from './context.ts';

const TAKEN_WITHIN_MS = 15_000;
const ASK_EVERY_MS = 250;

const webhookSchema = z.looseObject({
  bots: z.array(z.looseObject({ name: z.string(), ok: z.boolean() })).optional(),
});

/**
 * `claudio reload`: lets the service that runs take its bots as they are set up now. 69 where none runs.
 *
 * @throws ClaudioError `config.invalid` where it would not take them, `reload.refused`
 */
export async function reload(context: CliContext): Promise<number> {
  const { ui, environment } = context;
  const { faults } = inspectConfiguration(environment);
  if (faults.length > 0) {
    throw new ClaudioError({
      code: 'config.invalid',
      message: `The service would not take these settings:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
      hint: 'It goes on with those from before. Correct them and try again.',
    });
  }
  return await withHttp(async (http) => {
    const report = await ownReport(context, http);
    if (report === null) {
      ui.fail('The service does not run, and takes the settings when it starts');
      return EXIT.unavailable;
    }
    if (!(await signalled(context, report))) return EXIT.failed;
    ui.done('The service takes its bots anew; other settings wait for `claudio restart`');
    return EXIT.ok;
  });
}

/**
 * Lets the service that runs know of a bot that is new, and waits until it has taken it.
 *
 * @returns Whether one runs and was told.
 * @throws ClaudioError `reload.refused`
 */
export async function tellRunningService(context: CliContext, bot: string): Promise<boolean> {
  return await withHttp(async (http) => {
    const report = await ownReport(context, http);
    if (report === null || !(await signalled(context, report))) return false;
    const { ui } = context;
    const isTaken = await ui.step('Letting the service know; what runs goes on', () =>
      taken(context, http, bot),
    );
    if (isTaken) ui.done(`The service answers as the bot ${bot} too.`);
    else ui.warn(`The service has not taken the bot ${bot} yet: \`claudio log\` tells why.`);
    return true;
  });
}

/** The same for a bot that is gone, which is not waited for. */
export async function tellOfRemoval(context: CliContext): Promise<void> {
  await withHttp(async (http) => {
    const report = await ownReport(context, http);
    if (report !== null) await signalled(context, report);
  });
}

/** Whether the service of this home runs. */
export async function isUp(context: CliContext): Promise<boolean> {
  return await withHttp(async (http) => (await ownReport(context, http)) !== null);
}

async function withHttp<T>(work: (http: HttpClient) => Promise<T>): Promise<T> {
  const http = createHttpClient();
  try {
    return await work(http);
  } finally {
    await http.close();
  }
}

async function ownReport(
  { environment }: CliContext,
  http: HttpClient,
): Promise<HealthAnswer | null> {
  const { home, settings } = inspectConfiguration(environment);
  const asked = await askHealth(http, settings.PORT);
  if (asked.kind !== 'answered') return null;
  return isSameFolder(asked.report.home ?? '', home) ? asked.report : null;
}

/** An older service would take HUP for its end. @throws ClaudioError `reload.refused` */
async function signalled(
  { ui, environment }: CliContext,
  { pid, version }: HealthAnswer,
): Promise<boolean> {
  if (version !== packageVersion()) {
    ui.warn(
      `The service that runs is Claudio ${version}: \`claudio restart\` brings it up to date.`,
    );
    return false;
  }
  const { PORT } = inspectConfiguration(environment).settings;
  const owner = await portOwner(PORT, process.platform);
  await reloadProcess({ pid, owner, table: createProcessTable() });
  return true;
}

async function taken(context: CliContext, http: HttpClient, bot: string): Promise<boolean> {
  const startedAtMs = systemClock.elapsed();
  for (;;) {
    const report = await ownReport(context, http);
    const found = webhookSchema.safeParse(report?.checks['webhook']);
    const one = found.success ? found.data.bots?.find(({ name }) => name === bot) : undefined;
    if (one?.ok === true) return true;
    if (systemClock.elapsed() - startedAtMs > TAKEN_WITHIN_MS) return one !== undefined;
    await setTimeout(ASK_EVERY_MS);
  }
}
